-- Mean and population deviation of both margins over the rows that have both, of the whole store.
SELECT
    avg(abs("{implicit}"::DOUBLE)) AS implicit_mean,
    stddev_pop(abs("{implicit}"::DOUBLE)) AS implicit_deviation,
    avg("{explicit}"::DOUBLE) AS explicit_mean,
    stddev_pop("{explicit}"::DOUBLE) AS explicit_deviation
FROM sig.signals
WHERE "{implicit}" IS NOT NULL AND "{explicit}" IS NOT NULL
