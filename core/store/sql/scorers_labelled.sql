SELECT count(*) AS n FROM sig.signals WHERE NOT tie AND TRUE /* filter */
