-- Responses to score in the order in which they lie on the disk, those of a prompt together.
SELECT r.response_id, r.prompt_id, (p.n_chars + r.n_chars)::BIGINT AS chars
FROM data.responses AS r JOIN data.prompts AS p USING (prompt_id)
WHERE $rows IS NULL OR r.response_id IN (
    SELECT unnest([chosen_id, rejected_id]) FROM data.pairs WHERE row_id < $rows
)
ORDER BY min(r.rowid) OVER (PARTITION BY r.prompt_id), r.response_id
