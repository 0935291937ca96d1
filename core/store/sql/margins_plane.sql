-- Rows per cell of the plane; rows further out than the plane reaches stand in its outermost cells.
WITH placed AS (
    SELECT
        (abs("{implicit}"::DOUBLE) - $x_mean) * $x_scale AS x,
        -- The stored column has seven digits: what is 0 but for them is to be 0.
        round(("{explicit}"::DOUBLE - $y_mean) * $y_scale + $slope * x, 5) AS y
    FROM sig.signals
    WHERE "{implicit}" IS NOT NULL AND "{explicit}" IS NOT NULL AND TRUE /* filter */
)

SELECT
    greatest(least(floor((x - $x_low) * $x_cells), $bins - 1), 0)::BIGINT AS x_bin,
    greatest(least(floor((y - $y_low) * $y_cells), $bins - 1), 0)::BIGINT AS y_bin,
    count(*) AS n
FROM placed
GROUP BY x_bin, y_bin
