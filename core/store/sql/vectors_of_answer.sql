SELECT embedding AS vector
FROM live.vectors
WHERE run_id = $run_id AND response_id = $id AND embedding IS NOT NULL
LIMIT 1
