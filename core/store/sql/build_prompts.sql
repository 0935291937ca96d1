INSERT INTO prompts
SELECT
    id, hash, messages, text,
    coalesce(json_array_length(messages), 1),
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
