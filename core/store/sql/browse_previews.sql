SELECT
    pairs.row_id,
    pairs.pair_id,
    pairs.row,
    pairs.tie_kind,
    left(live.flat(prompts.text, prompts.messages), $preview) AS prompt,
    left(live.flat(chosen.text, chosen.messages), $preview) AS chosen,
    left(live.flat(rejected.text, rejected.messages), $preview) AS rejected
FROM data.pairs
INNER JOIN data.prompts ON pairs.prompt_id = prompts.prompt_id
INNER JOIN data.responses AS chosen ON pairs.chosen_id = chosen.response_id
INNER JOIN data.responses AS rejected ON pairs.rejected_id = rejected.response_id
WHERE pairs.row_id IN (SELECT unnest($row_ids))
