-- The share of a judge's two orders that chose a side: 1 the first response, 0 the second, half a
-- tie; an order that could not be read is left out.
WITH said AS (
    SELECT
        pair_id,
        list_avg(
            list_transform(
                list_filter([first_order, second_order], lambda o: o IS NOT NULL),
                lambda o: CASE o WHEN 'first' THEN 1.0 WHEN 'second' THEN 0.0 ELSE 0.5 END
            )
        ) AS first_share
    FROM live.judged WHERE run_id = $run_id
),
sides AS (
    SELECT
        p.row_id,
        CASE WHEN p.chosen_id < p.rejected_id THEN s.first_share ELSE 1 - s.first_share END AS chosen
    FROM data.pairs AS p LEFT JOIN said AS s USING (pair_id)
    WHERE p.row_id >= $first AND p.row_id < $after
)
SELECT chosen, 1 - chosen AS rejected FROM sides ORDER BY row_id
