-- Every row of the pairs of some rows, with what tells whose label it has.
SELECT p.row_id, p.source_id, p.pair_id, p.chosen_id, p.tie_kind IS NOT NULL AS tie
FROM data.pairs AS p
WHERE p.pair_id IN (
    SELECT pair_id FROM data.pairs WHERE row_id IN (SELECT unnest($row_ids::BIGINT[]))
)
ORDER BY p.row_id
