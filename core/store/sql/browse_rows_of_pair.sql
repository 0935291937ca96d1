SELECT row_id FROM data.pairs
WHERE pair_id = $pair_id
ORDER BY row_id
