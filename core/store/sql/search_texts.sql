SELECT
    p.row_id, live.flat(q.text, q.messages) AS prompt, live.flat(c.text, c.messages) AS chosen,
    live.flat(r.text, r.messages) AS rejected
FROM data.pairs AS p
JOIN data.prompts AS q USING (prompt_id)
JOIN data.responses AS c ON c.response_id = p.chosen_id
JOIN data.responses AS r ON r.response_id = p.rejected_id
