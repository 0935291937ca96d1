-- Each other prompt once, by the nearest of its vectors and the first row that has it, among the
-- $most nearest of all.
WITH best AS (
    SELECT response_id, similarity
    FROM compared
    WHERE isfinite(similarity)
    ORDER BY similarity DESC
    LIMIT $most
),

near AS (
    SELECT
        responses.prompt_id,
        best.response_id,
        best.similarity
    FROM best
    INNER JOIN data.responses ON best.response_id = responses.response_id
    WHERE responses.prompt_id <> $prompt_id
)

SELECT
    pairs.row_id,
    near.response_id,
    near.similarity
FROM near
INNER JOIN data.pairs
    ON
        near.prompt_id = pairs.prompt_id
        AND ($any_answer::BOOLEAN OR near.response_id IN (pairs.chosen_id, pairs.rejected_id))
WHERE pairs.row_id IN (SELECT row_id FROM sig.signals WHERE TRUE /* filter */)
QUALIFY
    row_number() OVER (
        PARTITION BY near.prompt_id ORDER BY near.similarity DESC, pairs.row_id ASC
    ) = 1
ORDER BY near.similarity DESC, pairs.row_id ASC
LIMIT $size
