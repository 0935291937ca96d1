SELECT prompt_embedding AS vector
FROM live.vectors
WHERE
    run_id = $run_id
    AND response_id IN (SELECT response_id FROM data.responses WHERE prompt_id = $id)
    AND prompt_embedding IS NOT NULL
LIMIT 1
