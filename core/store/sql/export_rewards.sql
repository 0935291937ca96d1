-- The rewards that one run gave to both answers of each row, dense in row_id.
SELECT c.reward AS reward_chosen, r.reward AS reward_rejected
FROM data.pairs AS p
LEFT JOIN (SELECT response_id, reward FROM live.scores WHERE run_id = $run_id) AS c
    ON c.response_id = p.chosen_id
LEFT JOIN (SELECT response_id, reward FROM live.scores WHERE run_id = $run_id) AS r
    ON r.response_id = p.rejected_id
ORDER BY p.row_id
