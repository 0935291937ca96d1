SELECT pair_id, CASE WHEN tie_kind IS NULL THEN chosen_id END AS chosen_id
FROM data.pairs
WHERE pair_id IN (SELECT unnest($pair_ids::BIGINT[]))
ORDER BY row_id
