-- Signatures of prompts: each part holds one on the first response of its prompts, all are equal.
SELECT r.prompt_id AS id, any_value(t.prompt_signature) AS signature
FROM live.texts AS t JOIN data.responses AS r USING (response_id)
WHERE t.run_id = $run_id
GROUP BY r.prompt_id
ORDER BY r.prompt_id
