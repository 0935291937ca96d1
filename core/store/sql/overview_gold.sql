-- How often the sign of a margin names the side that gold names.
SELECT
    count(*) AS n,
    count(*) FILTER (WHERE ("{signal}" > 0) = (gold_agrees = 1)) AS k
FROM sig.signals
WHERE "{signal}" <> 0 AND gold_agrees IS NOT NULL AND TRUE /* filter */
