SELECT
    pairs.row_id,
    pairs.pair_id,
    sources.name AS source,
    pairs.source_id,
    pairs.split,
    pairs.row,
    pairs.prompt_id,
    pairs.chosen_id,
    pairs.rejected_id,
    pairs.label_kind,
    pairs.tie_kind,
    pairs.strength,
    pairs.chosen_model,
    pairs.rejected_model,
    pairs.extra
FROM data.pairs
INNER JOIN data.sources ON pairs.source_id = sources.source_id
WHERE pairs.row_id = $row_id
