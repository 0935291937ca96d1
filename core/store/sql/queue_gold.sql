-- Pairs of some sources about which gold is of one mind, each by its first row, in an order that
-- depends on content alone. A label counts where all rows that have one agree.
WITH gold AS (
    SELECT
        pair_id, any_value(winner_id) AS winner_id,
        CASE WHEN any_value(winner_id) IS NULL THEN coalesce(any_value(tie_kind), 'tie') END AS tie_kind
    FROM data.gold
    GROUP BY pair_id
    HAVING count(DISTINCT coalesce(winner_id, -1)) = 1 AND count(DISTINCT tie_kind) <= 1
)
SELECT
    p.pair_id,
    arg_min(p.row_id, (s.name, p.split, p."row", p.row_id)) AS row_id,
    arg_min(p.chosen_id, (s.name, p.split, p."row", p.row_id)) AS chosen_id,
    any_value(g.winner_id) AS winner_id,
    any_value(g.tie_kind) AS tie_kind,
    CASE
        WHEN count(DISTINCT p.chosen_id) FILTER (WHERE p.tie_kind IS NULL) = 1
            THEN any_value(p.chosen_id) FILTER (WHERE p.tie_kind IS NULL)
    END AS label_id
FROM gold AS g
JOIN data.pairs AS p USING (pair_id)
JOIN data.sources AS s USING (source_id)
WHERE list_contains($sources::VARCHAR[], s.name)
GROUP BY p.pair_id
ORDER BY min((s.name, p.split, p."row", p.pair_id)), p.pair_id
