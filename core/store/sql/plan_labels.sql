SELECT p.prompt_id, p.chosen_id, p.rejected_id, s.name AS source
FROM data.pairs AS p JOIN data.sources AS s USING (source_id)
WHERE p.tie_kind IS NULL AND ($rows IS NULL OR p.row_id < $rows)
ORDER BY p.row_id
