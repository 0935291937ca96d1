SELECT
    s.name, s.format, s.origin, s.revision, s.licence, count(p.row_id) AS pairs,
    count(p.tie_kind) AS ties
FROM data.sources AS s LEFT JOIN data.pairs AS p USING (source_id)
GROUP BY ALL
ORDER BY s.name
