SELECT
    pair_id, any_value(prompt_id) AS prompt_id, min(least(chosen_id, rejected_id)) AS first_id,
    max(greatest(chosen_id, rejected_id)) AS second_id
FROM data.pairs
WHERE pair_id IN (SELECT unnest($ids::BIGINT[]))
GROUP BY pair_id
