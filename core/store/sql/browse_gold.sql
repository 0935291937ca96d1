-- The row's own source speaks first.
SELECT winner_id, tie_kind
FROM data.gold
WHERE pair_id = $pair_id
ORDER BY source_id <> $source_id, source_id
LIMIT 1
