-- Every prompt.
SELECT prompt_id FROM data.prompts ORDER BY prompt_id
