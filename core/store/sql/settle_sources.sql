SELECT DISTINCT sources.name AS source, pairs.pair_id
FROM data.pairs AS pairs
JOIN data.sources AS sources USING (source_id)
WHERE pairs.pair_id IN (SELECT unnest($pair_ids::BIGINT[]))
ORDER BY source, pairs.pair_id
