-- The embedding of each prompt of a run; its responses all hold the same one.
SELECT r.prompt_id, any_value(v.prompt_embedding) AS vector
FROM live.vectors AS v JOIN data.responses AS r USING (response_id)
WHERE v.run_id = $run_id AND v.prompt_embedding IS NOT NULL
GROUP BY r.prompt_id
ORDER BY r.prompt_id
