-- Where the pairs of some rows stand with the opposite label. Materialized: 5 ms instead of 40 at 1 M rows.
WITH suspects AS MATERIALIZED (
    SELECT row_id, pair_id, chosen_id FROM data.pairs
    WHERE row_id IN (SELECT unnest($row_ids))
)

SELECT
    suspects.row_id,
    arg_min(sources.name, other.row_id) AS source,
    arg_min(other.row, other.row_id) AS "row",
    count(*) AS others
FROM suspects
INNER JOIN data.pairs AS other
    ON suspects.pair_id = other.pair_id AND suspects.chosen_id <> other.chosen_id
INNER JOIN data.sources ON other.source_id = sources.source_id
WHERE other.tie_kind IS NULL
GROUP BY suspects.row_id
