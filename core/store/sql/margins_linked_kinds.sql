SELECT
    "{category}"::VARCHAR AS kind,
    count(*) AS n
FROM sig.signals
GROUP BY kind
ORDER BY n DESC, kind NULLS LAST
