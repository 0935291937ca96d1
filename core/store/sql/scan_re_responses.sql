INSERT INTO found
SELECT
    response_id,
    false
FROM data.responses
WHERE rowid BETWEEN $first AND $last AND regexp_matches(live.flat(text, messages), $text)
