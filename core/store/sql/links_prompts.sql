-- Every prompt as it is compared: all that is said; and of those with more than one turn, or
-- another turn than one of a user, what a user says first and whether it stays the only question.
WITH turned AS (
    SELECT
        prompt_id, text,
        from_json(messages, '[{"role": "VARCHAR", "content": "VARCHAR"}]') AS turns
    FROM data.prompts
)
SELECT
    prompt_id,
    coalesce(
        text,
        array_to_string(list_transform(turns, lambda t: coalesce(t.content, '')), chr(10) || chr(10)),
        ''
    ) AS text,
    coalesce(list_filter(turns, lambda t: t.role = 'user')[1].content, '') AS opening,
    turns IS NOT NULL AS turned,
    coalesce(
        len(list_filter(turns, lambda t: t.role = 'user')) = 1
        AND len(list_filter(turns, lambda t: t.role = 'assistant')) = 0,
        false
    ) AS once
FROM turned
