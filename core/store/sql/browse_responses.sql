-- Ids to positions on the narrow column first, then texts by position, as for previews.
SELECT response_id, messages, text FROM data.responses
WHERE rowid IN (
    SELECT rowid FROM data.responses
    WHERE response_id IN ($chosen_id::BIGINT, $rejected_id::BIGINT)
)
