SELECT c.reward AS chosen, r.reward AS rejected
FROM data.pairs AS p
LEFT JOIN (SELECT response_id, reward FROM live.scores WHERE run_id = $run_id) AS c
    ON c.response_id = p.chosen_id
LEFT JOIN (SELECT response_id, reward FROM live.scores WHERE run_id = $run_id) AS r
    ON r.response_id = p.rejected_id
WHERE p.row_id >= $first AND p.row_id < $after
ORDER BY p.row_id
