SELECT
    min("{x}") FILTER (WHERE "{y}" IS NOT NULL)::DOUBLE AS x_low,
    max("{x}") FILTER (WHERE "{y}" IS NOT NULL)::DOUBLE AS x_high,
    min("{y}") FILTER (WHERE "{x}" IS NOT NULL)::DOUBLE AS y_low,
    max("{y}") FILTER (WHERE "{x}" IS NOT NULL)::DOUBLE AS y_high,
    count(*) FILTER (WHERE "{x}" IS NOT NULL AND "{y}" IS NOT NULL) AS known,
    count(*) AS total
FROM sig.signals
WHERE TRUE /* filter */
