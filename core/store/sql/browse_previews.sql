-- Ids to positions on the narrow columns first, then texts by position: four times faster at 1 M
-- rows than reading text and id in one scan, which decompresses whole vectors.
WITH picked AS MATERIALIZED (
    SELECT row_id, pair_id, "row", tie_kind, prompt_id, chosen_id, rejected_id
    FROM data.pairs
    WHERE row_id IN (SELECT unnest($row_ids))
),

asked AS MATERIALIZED (
    SELECT prompt_id, left(live.flat(text, messages), $preview) AS preview
    FROM data.prompts
    WHERE rowid IN (
        SELECT rowid FROM data.prompts WHERE prompt_id IN (SELECT prompt_id FROM picked)
    )
),

answers AS MATERIALIZED (
    SELECT response_id, left(live.flat(text, messages), $preview) AS preview
    FROM data.responses
    WHERE rowid IN (
        SELECT rowid FROM data.responses
        WHERE response_id IN (
            SELECT chosen_id FROM picked UNION ALL SELECT rejected_id FROM picked
        )
    )
)

SELECT
    picked.row_id,
    picked.pair_id,
    picked.row,
    picked.tie_kind,
    asked.preview AS prompt,
    chosen.preview AS chosen,
    rejected.preview AS rejected
FROM picked
INNER JOIN asked ON picked.prompt_id = asked.prompt_id
INNER JOIN answers AS chosen ON picked.chosen_id = chosen.response_id
INNER JOIN answers AS rejected ON picked.rejected_id = rejected.response_id
