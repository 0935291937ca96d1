SELECT response_id, policy_token_logps, ref_token_logps, token_ends
FROM live.scores
WHERE run_id = $run_id AND response_id IN ($chosen_id, $rejected_id)
