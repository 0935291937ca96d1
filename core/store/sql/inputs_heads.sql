WITH said AS (
    SELECT response_id, COLUMNS('^reward_[a-z0-9_]+$') FROM live.scores WHERE run_id = $run_id
),
chosen AS (SELECT response_id, COLUMNS('^(reward_.+)$') AS '\1_chosen' FROM said),
rejected AS (SELECT response_id, COLUMNS('^(reward_.+)$') AS '\1_rejected' FROM said)
SELECT chosen.* EXCLUDE (response_id), rejected.* EXCLUDE (response_id)
FROM data.pairs
LEFT JOIN chosen ON chosen.response_id = pairs.chosen_id
LEFT JOIN rejected ON rejected.response_id = pairs.rejected_id
WHERE pairs.row_id >= $first AND pairs.row_id < $after
ORDER BY pairs.row_id
