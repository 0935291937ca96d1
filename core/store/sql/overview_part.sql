-- What some rows, all those of their pairs, contribute to what Overview says of each source.
WITH part AS (
    SELECT source_id, pair_id, tie_kind FROM data.pairs
    WHERE TRUE /* filter */
),

counted AS (
    SELECT
        source_id,
        count(*) AS pairs,
        count(DISTINCT pair_id) AS unique_pairs,
        count(tie_kind) AS ties
    FROM part
    GROUP BY source_id
),

voted AS (
    SELECT source_id, count(*) AS votes FROM data.source_votes
    WHERE pair_id IN (SELECT pair_id FROM part)
    GROUP BY source_id
),

judged AS (
    SELECT source_id, count(*) AS gold FROM data.gold
    WHERE pair_id IN (SELECT pair_id FROM part)
    GROUP BY source_id
)

SELECT
    sources.name,
    sources.format,
    sources.licence,
    coalesce(counted.pairs, 0) AS pairs,
    coalesce(counted.unique_pairs, 0) AS unique_pairs,
    coalesce(counted.ties, 0) AS ties,
    coalesce(voted.votes, 0) AS votes,
    coalesce(judged.gold, 0) AS gold
FROM data.sources
LEFT JOIN counted ON sources.source_id = counted.source_id
LEFT JOIN voted ON sources.source_id = voted.source_id
LEFT JOIN judged ON sources.source_id = judged.source_id
ORDER BY sources.name
