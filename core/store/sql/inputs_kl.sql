WITH run AS (
    SELECT response_id, klsum, policy_mixp_logps, policy_mixm_logps
    FROM live.scores WHERE run_id = $run_id
)
SELECT
    c.klsum AS klsum_chosen, r.klsum AS klsum_rejected,
    c.policy_mixp_logps AS policy_mixp_chosen, r.policy_mixp_logps AS policy_mixp_rejected,
    c.policy_mixm_logps AS policy_mixm_chosen, r.policy_mixm_logps AS policy_mixm_rejected
FROM data.pairs AS p
LEFT JOIN run AS c ON c.response_id = p.chosen_id
LEFT JOIN run AS r ON r.response_id = p.rejected_id
WHERE p.row_id >= $first AND p.row_id < $after
ORDER BY p.row_id
