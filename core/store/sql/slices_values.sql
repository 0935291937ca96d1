-- What each value of a column says, the most frequent ones. Of the columns $sided the sign tells, of
-- $averaged the mean.
SELECT
    "{slice}" AS slice,
    count(*) AS n,
    count(COLUMNS(lambda c: list_contains($sided, c) OR list_contains($averaged, c)))
        AS "known_\0",
    coalesce(count_if(COLUMNS(lambda c: list_contains($sided, c)) > 0), 0)::BIGINT AS "positive_\0",
    coalesce(count_if(COLUMNS(lambda c: list_contains($sided, c)) = 0), 0)::BIGINT AS "zero_\0",
    avg(COLUMNS(lambda c: list_contains($averaged, c))::DOUBLE) AS "mean_\0",
    stddev_samp(COLUMNS(lambda c: list_contains($averaged, c))::DOUBLE) AS "deviation_\0",
    sum(count(*)) OVER ()::BIGINT AS total
FROM sig.signals
WHERE TRUE /* filter */
GROUP BY "{slice}"
ORDER BY n DESC, slice
LIMIT $most
