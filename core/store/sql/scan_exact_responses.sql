INSERT INTO found
SELECT
    response_id,
    false
FROM data.responses
WHERE rowid BETWEEN $first AND $last AND contains(live.flat(text, messages), $text)
