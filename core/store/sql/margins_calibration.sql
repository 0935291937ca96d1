-- Fine bins of a signal: rows whose label the witness speaks about, and those it agrees with.
SELECT
    least(floor(("{signal}"::DOUBLE - $low) * $scale), $bins - 1)::BIGINT AS bin,
    count(*) AS n,
    count(*) FILTER (WHERE "{witness}" > 0.5) AS k,
    sum("{signal}"::DOUBLE) AS total
FROM sig.signals
WHERE
    "{signal}" IS NOT NULL AND "{witness}" <> 0.5
    -- Votes that made the label are no witness of it.
    AND (NOT $by_votes::BOOLEAN OR label_kind <> 'majority')
    AND TRUE /* filter */
GROUP BY bin
ORDER BY bin
