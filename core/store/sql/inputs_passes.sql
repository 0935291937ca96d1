WITH run AS (
    SELECT response_id, passes FROM live.scores WHERE run_id = $run_id
)
SELECT c.passes AS chosen, r.passes AS rejected
FROM data.pairs AS p
LEFT JOIN run AS c ON c.response_id = p.chosen_id
LEFT JOIN run AS r ON r.response_id = p.rejected_id
WHERE p.row_id >= $first AND p.row_id < $after
ORDER BY p.row_id
