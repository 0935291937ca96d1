SELECT prompt_id, text AS prompt_text, messages AS prompt_messages
FROM data.prompts
WHERE rowid IN (
    SELECT rowid FROM data.prompts WHERE prompt_id IN (SELECT unnest($ids::BIGINT[]))
)
