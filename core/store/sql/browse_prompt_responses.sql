SELECT response_id, left(live.flat(text, messages), $preview) AS preview
FROM data.responses
WHERE rowid IN (
    SELECT rowid FROM data.responses
    WHERE response_id IN (SELECT unnest($response_ids::BIGINT []))
)
