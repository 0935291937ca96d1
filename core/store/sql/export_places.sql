-- Where some rows come from, where their texts lie in the file and how long these are, in the
-- order of $rows.
WITH wanted AS (
    SELECT unnest($rows::BIGINT[]) AS row_id, generate_subscripts($rows::BIGINT[], 1) AS place
)
SELECT
    format('{:016x}', p.pair_id) AS pair_id, s.name AS source, p.split AS source_split, p."row",
    p.chosen_id, p.rejected_id, p.chosen_model, p.rejected_model, p.strength,
    q.rowid AS prompt_at, c.rowid AS chosen_at, r.rowid AS rejected_at,
    q.n_chars + c.n_chars + r.n_chars AS n_chars
FROM wanted AS w
JOIN data.pairs AS p USING (row_id)
JOIN data.sources AS s USING (source_id)
JOIN data.prompts AS q ON q.prompt_id = p.prompt_id
JOIN data.responses AS c ON c.response_id = p.chosen_id
JOIN data.responses AS r ON r.response_id = p.rejected_id
ORDER BY w.place
