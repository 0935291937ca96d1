SELECT annotator, aspect, winner_id, tie_kind, strength, reason
FROM data.source_votes
WHERE pair_id = $pair_id
ORDER BY source_id, annotator, aspect
