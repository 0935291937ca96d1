-- Rows that are more than one question and one answer, and what their turns hold besides a role
-- and a text: `unwritable` is a turn without a text or with a tool call, `more` are further keys,
-- `answers` are several turns of an answer.
WITH contents AS (
    SELECT 'prompt' AS kind, prompt_id AS id, messages FROM data.prompts
    WHERE messages IS NOT NULL
    UNION ALL
    SELECT 'response' AS kind, response_id AS id, messages FROM data.responses
    WHERE messages IS NOT NULL
),
looked AS (
    SELECT
        kind, id, json_array_length(messages) AS n_turns,
        flatten(json_keys(messages, '$[*]')) AS keys, json_type(messages, '$[*].content') AS types
    FROM contents
),
held AS (
    SELECT
        kind, id, kind = 'response' AND n_turns > 1 AS answers, len(keys) > 2 * n_turns AS more,
        len(list_filter(types, lambda t: t = 'VARCHAR')) < n_turns
        OR list_has_any(keys, ['tool_calls', 'function_call']) AS unwritable
    FROM looked
),
used AS (
    SELECT row_id, 'prompt' AS kind, prompt_id AS id FROM data.pairs
    UNION ALL
    SELECT row_id, 'response' AS kind, chosen_id AS id FROM data.pairs
    UNION ALL
    SELECT row_id, 'response' AS kind, rejected_id AS id FROM data.pairs
)
SELECT
    row_id, bool_or(unwritable) AS unwritable, bool_or(more) AS more, bool_or(answers) AS answers
FROM used JOIN held USING (kind, id)
GROUP BY row_id
