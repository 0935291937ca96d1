-- A prompt's rows, in order, but for $hidden; texts are fetched for the responses that are shown.
SELECT
    pairs.row_id,
    pairs.pair_id,
    sources.name AS source,
    pairs.split,
    pairs.row,
    pairs.chosen_id,
    pairs.rejected_id,
    pairs.chosen_model,
    pairs.rejected_model,
    pairs.tie_kind
FROM data.pairs
INNER JOIN data.sources ON pairs.source_id = sources.source_id
WHERE
    pairs.prompt_id = (SELECT prompt_id FROM data.pairs WHERE row_id = $row_id)
    AND NOT list_contains($hidden::BIGINT[], pairs.row_id)
ORDER BY pairs.row_id
LIMIT $size
