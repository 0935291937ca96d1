-- Texts by id; going from ids to positions and from those to the texts reads a quarter of the time.
SELECT response_id, prompt_id, text AS response_text, messages AS response_messages
FROM data.responses
WHERE rowid IN (
    SELECT rowid FROM data.responses WHERE response_id IN (SELECT unnest($ids::BIGINT[]))
)
