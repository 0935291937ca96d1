-- The deviation of every run's margin within some sources; one column per margin, by its name.
SELECT source, stddev_pop(COLUMNS('^(explicit_margin_.*)$')) AS '\1'
FROM sig.signals
WHERE source IN (SELECT unnest($sources))
GROUP BY source
