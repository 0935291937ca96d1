-- What a queue holds of some rows' pairs, in the order of $rows; the smaller response id is first,
-- so that the order tells nothing.
WITH wanted AS (
    SELECT unnest($rows::BIGINT[]) AS row_id, generate_subscripts($rows::BIGINT[], 1) AS place
)
SELECT
    p.pair_id, p.chosen_id,
    least(p.chosen_id, p.rejected_id) AS first_id,
    greatest(p.chosen_id, p.rejected_id) AS second_id,
    s.name AS source,
    q.n_chars + c.n_chars + r.n_chars AS n_chars
FROM wanted AS w
JOIN data.pairs AS p USING (row_id)
JOIN data.sources AS s USING (source_id)
JOIN data.prompts AS q ON q.prompt_id = p.prompt_id
JOIN data.responses AS c ON c.response_id = p.chosen_id
JOIN data.responses AS r ON r.response_id = p.rejected_id
ORDER BY w.place
