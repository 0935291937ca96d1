SELECT row_id FROM data.pairs
WHERE pair_id IN (SELECT unnest($pair_ids::BIGINT[]))
ORDER BY row_id
