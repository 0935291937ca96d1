SELECT
    (SELECT count(*) FROM data.pairs) AS pairs,
    (SELECT count(DISTINCT pair_id) FROM data.pairs) AS unique_pairs,
    (SELECT count(*) FROM data.prompts) AS prompts,
    (SELECT count(*) FROM data.responses) AS responses,
    (SELECT count(*) FROM data.source_votes) AS votes
