SELECT
    count(*) AS pairs,
    count(DISTINCT pair_id) AS unique_pairs,
    count(tie_kind) AS ties,
    (SELECT count(*) FROM data.prompts) AS prompts,
    (SELECT count(*) FROM data.responses) AS responses,
    (SELECT count(*) FROM data.source_votes) AS votes
FROM data.pairs
