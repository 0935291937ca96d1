SELECT
    coalesce("{slice}"::VARCHAR, 'none') AS slice,
    least(floor(("{signal}"::DOUBLE - $low) * $scale), $bins - 1)::BIGINT AS bin,
    count(*) AS n
FROM sig.signals
WHERE "{signal}" IS NOT NULL AND TRUE /* filter */
GROUP BY slice, bin
