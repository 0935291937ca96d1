-- The texts of one pair by the responses that stand left and right: nothing of its label.
-- Ids to positions on the narrow columns first, then texts by position, as for previews.
WITH asked AS MATERIALIZED (
    SELECT prompt_id FROM data.pairs
    WHERE
        pair_id = $pair_id
        AND list_sort([chosen_id, rejected_id])
        = list_sort([$left_id::BIGINT, $right_id::BIGINT])
    LIMIT 1
),

answers AS MATERIALIZED (
    SELECT response_id, messages, text FROM data.responses
    WHERE rowid IN (
        SELECT rowid FROM data.responses
        WHERE response_id IN ($left_id::BIGINT, $right_id::BIGINT)
    )
),

prompts AS MATERIALIZED (
    SELECT messages, text FROM data.prompts
    WHERE rowid IN (
        SELECT rowid FROM data.prompts WHERE prompt_id IN (SELECT prompt_id FROM asked)
    )
)

SELECT
    prompts.messages AS prompt_messages,
    prompts.text AS prompt_text,
    lefts.messages AS left_messages,
    lefts.text AS left_text,
    rights.messages AS right_messages,
    rights.text AS right_text
FROM asked
LEFT JOIN prompts ON true
INNER JOIN answers AS lefts ON lefts.response_id = $left_id::BIGINT
INNER JOIN answers AS rights ON rights.response_id = $right_id::BIGINT
LIMIT 1
