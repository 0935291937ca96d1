-- The scores of one run that are new or differ from those stored; the last of an import counts.
SELECT response_id, arg_max(value, seq) AS reward
FROM staged_scores AS s
WHERE run = $run AND value IS NOT NULL
GROUP BY response_id
ORDER BY response_id
