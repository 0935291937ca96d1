INSERT INTO found
SELECT
    prompt_id,
    true
FROM data.prompts
WHERE rowid BETWEEN $first AND $last AND contains(live.flat(text, messages), $text)
