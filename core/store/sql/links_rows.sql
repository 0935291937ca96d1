-- The prompt of every row.
SELECT prompt_id FROM data.pairs ORDER BY row_id
