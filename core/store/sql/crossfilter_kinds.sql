SELECT
    "{category}"::VARCHAR AS kind,
    count(*) AS n
FROM sig.signals
WHERE TRUE /* filter */
GROUP BY kind
