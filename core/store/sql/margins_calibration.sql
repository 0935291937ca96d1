-- Fine bins of a signal: rows whose label the witness speaks about, and those it agrees with.
SELECT
    least(floor(("{signal}"::DOUBLE - $low) * $scale), $bins - 1)::BIGINT AS bin,
    count(*) AS n,
    count(*) FILTER (WHERE "{witness}" > 0.5) AS k,
    sum("{signal}"::DOUBLE) AS total
FROM sig.signals
WHERE "{signal}" IS NOT NULL AND "{witness}" <> 0.5 AND TRUE /* filter */
GROUP BY bin
ORDER BY bin
