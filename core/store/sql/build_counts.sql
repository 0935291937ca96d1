-- What the import found, counted over its own rows and what stands in the store.
WITH earlier AS (
    SELECT DISTINCT pair_id, chosen_id FROM pairs
    WHERE row_id < $first_row_id AND tie_kind IS NULL
),
ours AS (
    SELECT
        pair_id, chosen_id, tie_kind,
        row_number() OVER (PARTITION BY pair_id, chosen_id, tie_kind IS NULL ORDER BY seq) AS copy
    FROM staged
),
opposed AS (
    SELECT pair_id FROM pairs WHERE tie_kind IS NULL GROUP BY pair_id
    HAVING count(DISTINCT chosen_id) > 1
)
SELECT
    count(*) AS n_rows,
    count(*) FILTER (WHERE o.tie_kind IS NULL AND (o.copy > 1 OR e.pair_id IS NOT NULL))
        AS duplicates,
    count(*) FILTER (WHERE o.tie_kind IS NULL AND x.pair_id IS NOT NULL) AS contradictions,
    count(*) FILTER (WHERE o.tie_kind IS NOT NULL) AS ties
FROM ours AS o
LEFT JOIN earlier AS e ON e.pair_id = o.pair_id AND e.chosen_id = o.chosen_id
LEFT JOIN opposed AS x ON x.pair_id = o.pair_id
