-- Rows whose prompt is not one user turn, or with a response that is not one assistant turn.
WITH turns AS (
    SELECT response_id FROM data.responses
    WHERE messages IS NOT NULL
)
SELECT row_id
FROM data.pairs
WHERE
    prompt_id IN (SELECT prompt_id FROM data.prompts WHERE messages IS NOT NULL)
    OR chosen_id IN (SELECT response_id FROM turns)
    OR rejected_id IN (SELECT response_id FROM turns)
