INSERT INTO responses
SELECT
    id, hash, prompt_id, messages, text,
    coalesce(
        length(text),
        list_sum(
            list_transform(
                from_json(messages, '[{"content": "VARCHAR"}]'), lambda m: length(m.content)
            )
        ),
        0
    )
FROM fresh
