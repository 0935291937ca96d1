-- The two responses of some pairs, of those that are here.
SELECT
    pair_id, least(chosen_id, rejected_id) AS first_id, greatest(chosen_id, rejected_id) AS second_id
FROM data.pairs
WHERE pair_id IN (SELECT unnest($pairs::BIGINT[]))
GROUP BY ALL
