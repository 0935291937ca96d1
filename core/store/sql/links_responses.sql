-- Answers of at least $least characters, by a hash of what they say, and the prompts they stand
-- under.
SELECT hash(coalesce(text, messages)) AS key, prompt_id
FROM data.responses
WHERE n_chars >= $least
