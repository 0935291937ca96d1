-- One line per row of content; sorted, they are what the fingerprint is taken over: rows
-- and everything that came with them, so that votes added later make a new fingerprint too.
SELECT
    'p' || chr(31) || s.name || chr(31) || p.split || chr(31) || p."row" || chr(31)
    || hex(p.content_hash) || chr(31) || hex(c.content_hash) || chr(31)
    || coalesce(p.tie_kind, '') AS line
FROM pairs AS p JOIN sources AS s USING (source_id)
JOIN responses AS c ON c.response_id = p.chosen_id
UNION ALL
SELECT
    'v' || chr(31) || s.name || chr(31) || v.pair_id || chr(31) || coalesce(v.annotator, '')
    || chr(31) || coalesce(v.aspect, '') || chr(31) || coalesce(v.winner_id::VARCHAR, '')
    || chr(31) || coalesce(v.tie_kind, '') || chr(31) || coalesce(v.strength::VARCHAR, '')
    || chr(31) || coalesce(v.seconds::VARCHAR, '') || chr(31) || coalesce(v.reason, '')
FROM source_votes AS v JOIN sources AS s USING (source_id)
UNION ALL
SELECT
    'g' || chr(31) || s.name || chr(31) || g.pair_id || chr(31)
    || coalesce(g.winner_id::VARCHAR, '') || chr(31) || coalesce(g.tie_kind, '')
FROM gold AS g JOIN sources AS s USING (source_id)
UNION ALL
SELECT
    'r' || chr(31) || s.name || chr(31) || r.response_id || chr(31) || coalesce(r.rater, '')
    || chr(31) || coalesce(r.aspect, '') || chr(31) || r.value::VARCHAR || chr(31)
    || r.leaks_label::VARCHAR
FROM ratings AS r JOIN sources AS s USING (source_id)
ORDER BY line
