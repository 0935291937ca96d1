-- The row's own source speaks first.
SELECT
    pairs.row_id,
    CASE arg_min(coalesce(gold.winner_id, -1), (gold.source_id <> pairs.source_id, gold.source_id))
        WHEN any_value(pairs.chosen_id) THEN 'chosen'
        WHEN any_value(pairs.rejected_id) THEN 'rejected'
        ELSE coalesce(any_value(gold.tie_kind), 'tie')
    END AS gold
FROM data.pairs
INNER JOIN data.gold ON pairs.pair_id = gold.pair_id
WHERE pairs.row_id IN (SELECT unnest($row_ids))
GROUP BY pairs.row_id
