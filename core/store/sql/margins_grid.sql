SELECT
    least(floor(("{x}"::DOUBLE - $x_low) * $x_scale), $bins - 1)::BIGINT AS x_bin,
    least(floor(("{y}"::DOUBLE - $y_low) * $y_scale), $bins - 1)::BIGINT AS y_bin,
    count(*) AS n
FROM sig.signals
WHERE "{x}" IS NOT NULL AND "{y}" IS NOT NULL AND TRUE /* filter */
GROUP BY x_bin, y_bin
