WITH run AS (
    SELECT response_id, policy_logps, ref_logps, n_tokens FROM live.scores WHERE run_id = $run_id
)
SELECT
    c.policy_logps AS policy_chosen, r.policy_logps AS policy_rejected,
    c.ref_logps AS ref_chosen, r.ref_logps AS ref_rejected,
    c.n_tokens::DOUBLE AS chosen_tokens, r.n_tokens::DOUBLE AS rejected_tokens
FROM data.pairs AS p
LEFT JOIN run AS c ON c.response_id = p.chosen_id
LEFT JOIN run AS r ON r.response_id = p.rejected_id
WHERE p.row_id >= $first AND p.row_id < $after
ORDER BY p.row_id
