-- The texts of some rows and where they come from, in the order of $rows.
WITH wanted AS (
    SELECT unnest($rows::BIGINT[]) AS row_id, generate_subscripts($rows::BIGINT[], 1) AS place
)
SELECT
    format('{:016x}', p.pair_id) AS pair_id, s.name AS source, p.split AS source_split, p."row",
    q.text AS prompt_text, q.messages AS prompt_messages,
    c.text AS chosen_text, c.messages AS chosen_messages,
    r.text AS rejected_text, r.messages AS rejected_messages
FROM wanted AS w
JOIN data.pairs AS p USING (row_id)
JOIN data.sources AS s USING (source_id)
JOIN data.prompts AS q ON q.prompt_id = p.prompt_id
JOIN data.responses AS c ON c.response_id = p.chosen_id
JOIN data.responses AS r ON r.response_id = p.rejected_id
ORDER BY w.place
