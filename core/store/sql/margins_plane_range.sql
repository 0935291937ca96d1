-- How far the plane reaches and how many rows lie in each of its quadrants.
WITH placed AS (
    SELECT
        (abs("{implicit}"::DOUBLE) - $x_mean) * $x_scale AS x,
        -- The stored column has seven digits: what is 0 but for them is to be 0.
        round(("{explicit}"::DOUBLE - $y_mean) * $y_scale + $slope * x, 5) AS y
    FROM sig.signals
    WHERE TRUE /* filter */
)

SELECT
    min(x) FILTER (WHERE y IS NOT NULL) AS x_low,
    max(x) FILTER (WHERE y IS NOT NULL) AS x_high,
    min(y) AS y_low,
    max(y) AS y_high,
    count(*) FILTER (WHERE x < 0 AND y >= 0) AS high_potential,
    count(*) FILTER (WHERE x >= 0 AND y >= 0) AS already_learned,
    count(*) FILTER (WHERE x < 0 AND y < 0) AS ambiguous,
    count(*) FILTER (WHERE x >= 0 AND y < 0) AS contradiction,
    count(*) FILTER (WHERE abs(x) > $reach OR abs(y) > $reach) AS beyond,
    count(*) AS total
FROM placed
