-- What each range of a signal says: its number is how many of the four ends a value reaches. Of the
-- columns $sided the sign tells, of $averaged the mean.
SELECT
    ("{slice}" >= $first::REAL)::INTEGER + ("{slice}" >= $second::REAL)::INTEGER
    + ("{slice}" >= $third::REAL)::INTEGER + ("{slice}" > $above::REAL)::INTEGER AS slice,
    count(*) AS n,
    count(COLUMNS(lambda c: list_contains($sided, c) OR list_contains($averaged, c)))
        AS "known_\0",
    coalesce(count_if(COLUMNS(lambda c: list_contains($sided, c)) > 0), 0)::BIGINT AS "positive_\0",
    coalesce(count_if(COLUMNS(lambda c: list_contains($sided, c)) = 0), 0)::BIGINT AS "zero_\0",
    avg(COLUMNS(lambda c: list_contains($averaged, c))::DOUBLE) AS "mean_\0",
    stddev_samp(COLUMNS(lambda c: list_contains($averaged, c))::DOUBLE) AS "deviation_\0"
FROM sig.signals
WHERE TRUE /* filter */
GROUP BY slice
ORDER BY slice NULLS LAST
