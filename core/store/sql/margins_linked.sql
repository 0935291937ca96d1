-- Rows per cell of two signals, whose sums along the axes are their histograms, and rows per kind:
-- one scan, 110 ms at 10 M rows under a filter where a scan for each panel takes 400 ms.
WITH binned AS (
    SELECT
        CASE WHEN "{x}" IS NOT NULL
            THEN least(floor(("{x}"::DOUBLE - $x_low) * $x_scale), $bins - 1)::UTINYINT
        END AS x_bin,
        CASE WHEN "{y}" IS NOT NULL
            THEN least(floor(("{y}"::DOUBLE - $y_low) * $y_scale), $bins - 1)::UTINYINT
        END AS y_bin,
        "{category}"::VARCHAR AS kind
    FROM sig.signals
    WHERE TRUE /* filter */
)

SELECT
    x_bin,
    y_bin,
    kind,
    grouping(kind) = 0 AS of_kind,
    count(*) AS n
FROM binned
GROUP BY GROUPING SETS ((x_bin, y_bin), (kind))
