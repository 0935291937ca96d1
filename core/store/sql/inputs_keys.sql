SELECT p.row_id, s.name AS source, p.split, p.tie_kind IS NOT NULL AS tie, p.label_kind
FROM data.pairs AS p JOIN data.sources AS s USING (source_id)
ORDER BY p.row_id
