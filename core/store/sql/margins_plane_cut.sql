-- The potential of the last row that is kept when $at of the rows lie below it, and the rows that
-- reach it: more than asked for where several have just that potential.
WITH scores AS MATERIALIZED (
    SELECT
        ("{explicit}"::DOUBLE - $y_mean) * $y_scale
        + $weight * ((abs("{implicit}"::DOUBLE) - $x_mean) * $x_scale) AS score
    FROM sig.signals
    WHERE "{implicit}" IS NOT NULL AND "{explicit}" IS NOT NULL AND TRUE /* filter */
),

last_kept AS (SELECT quantile_disc(score, $at) AS cut FROM scores)

SELECT last_kept.cut, count(*) FILTER (WHERE scores.score >= last_kept.cut) AS kept
FROM scores CROSS JOIN last_kept
GROUP BY last_kept.cut
