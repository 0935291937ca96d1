-- Content hashes of some rows, as hexadecimal digits: of the pair and of its two answers.
SELECT
    p.row_id, lower(hex(p.content_hash)) AS pair, lower(hex(c.content_hash)) AS chosen,
    lower(hex(r.content_hash)) AS rejected
FROM (SELECT unnest($rows::BIGINT[]) AS row_id) AS w
JOIN data.pairs AS p USING (row_id)
JOIN data.responses AS c ON c.response_id = p.chosen_id
JOIN data.responses AS r ON r.response_id = p.rejected_id
ORDER BY p.row_id
