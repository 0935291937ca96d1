-- The first words of the prompts of some pairs, and of some answers.
WITH asked AS MATERIALIZED (
    SELECT DISTINCT pair_id, prompt_id FROM data.pairs
    WHERE pair_id IN (SELECT unnest($pair_ids::BIGINT[]))
),

prompts AS MATERIALIZED (
    SELECT prompt_id, left(live.flat(text, messages), $preview) AS preview FROM data.prompts
    WHERE rowid IN (
        SELECT rowid FROM data.prompts WHERE prompt_id IN (SELECT prompt_id FROM asked)
    )
)

SELECT asked.pair_id AS id, true AS is_prompt, prompts.preview
FROM asked
INNER JOIN prompts ON asked.prompt_id = prompts.prompt_id
UNION ALL
SELECT response_id AS id, false AS is_prompt, left(live.flat(text, messages), $preview) AS preview
FROM data.responses
WHERE rowid IN (
    SELECT rowid FROM data.responses
    WHERE response_id IN (SELECT unnest($response_ids::BIGINT[]))
)
