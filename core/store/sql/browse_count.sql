SELECT count(*) AS total, count(*) FILTER (WHERE TRUE /* filter */) AS matching
FROM sig.signals
