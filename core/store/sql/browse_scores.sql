-- Runs without rewards (log-probabilities, embeddings) have nothing to show here.
SELECT
    run_id,
    any_value(reward) FILTER (WHERE response_id = $chosen_id) AS chosen,
    any_value(reward) FILTER (WHERE response_id = $rejected_id) AS rejected
FROM live.scores
WHERE response_id IN ($chosen_id, $rejected_id)
GROUP BY run_id
HAVING count(reward) > 0
ORDER BY run_id
