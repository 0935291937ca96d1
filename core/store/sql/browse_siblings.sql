WITH near AS (
    SELECT row_id, pair_id, source_id, split, "row", chosen_id, rejected_id, tie_kind
    FROM data.pairs
    WHERE
        (prompt_id = $prompt_id OR pair_id = $pair_id)
        AND row_id <> $row_id
        AND NOT list_contains($hidden::BIGINT[], row_id)
    ORDER BY pair_id <> $pair_id, row_id
    LIMIT $size
)

SELECT
    near.row_id,
    near.pair_id,
    sources.name AS source,
    near.split,
    near.row,
    near.chosen_id,
    near.tie_kind,
    left(live.flat(responses.text, responses.messages), $preview) AS preview
FROM near
INNER JOIN data.sources ON near.source_id = sources.source_id
INNER JOIN data.responses ON near.chosen_id = responses.response_id
ORDER BY near.pair_id <> $pair_id, near.row_id
