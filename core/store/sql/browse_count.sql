SELECT count(*) AS matching FROM sig.signals
WHERE TRUE /* filter */
