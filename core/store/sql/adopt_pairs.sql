SELECT DISTINCT pair_id FROM data.pairs ORDER BY pair_id
