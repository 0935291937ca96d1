-- What the import found, over its own rows and what stands in the store. A tie is a judgement of its
-- own: the same pair as a tie again is a duplicate, a tie beside a label is no contradiction.
WITH earlier AS (
    SELECT DISTINCT pair_id, CASE WHEN tie_kind IS NULL THEN chosen_id END AS winner_id
    FROM pairs
    WHERE row_id < $first_row_id
),
ours AS (
    SELECT *, row_number() OVER (PARTITION BY pair_id, winner_id ORDER BY seq) AS copy
    FROM (
        SELECT
            seq, pair_id, tie_kind, CASE WHEN tie_kind IS NULL THEN chosen_id END AS winner_id
        FROM staged
    )
),
opposed AS (
    SELECT pair_id FROM pairs WHERE tie_kind IS NULL GROUP BY pair_id
    HAVING count(DISTINCT chosen_id) > 1
)
SELECT
    count(*) AS n_rows,
    count(*) FILTER (WHERE o.copy > 1 OR e.pair_id IS NOT NULL) AS duplicates,
    count(*) FILTER (WHERE o.tie_kind IS NULL AND x.pair_id IS NOT NULL) AS contradictions,
    count(*) FILTER (WHERE o.tie_kind IS NOT NULL) AS ties
FROM ours AS o
LEFT JOIN earlier AS e
    ON e.pair_id = o.pair_id AND e.winner_id IS NOT DISTINCT FROM o.winner_id
LEFT JOIN opposed AS x ON x.pair_id = o.pair_id
