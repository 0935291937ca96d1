-- What signals are made of, aligned to row_id. Votes and ratings of all sources on the pair
-- count, of the overall aspect; a rating counts where one rater rated both sides. With
-- $votes_as_gold a pair without gold of a source has that of the people asked: the winner of two
-- votes or more that name one, or of a ruling.
WITH votes AS (
    SELECT
        p.row_id,
        count(*) FILTER (WHERE v.winner_id = p.chosen_id) AS votes_chosen,
        count(*) FILTER (WHERE v.winner_id = p.rejected_id) AS votes_rejected,
        count(*) FILTER (WHERE v.winner_id IS NULL) AS votes_tie
    FROM data.pairs AS p JOIN data.source_votes AS v USING (pair_id)
    WHERE coalesce(v.aspect, 'overall') = 'overall'
    GROUP BY p.row_id
),
overall AS (
    SELECT source_id, response_id, rater, avg(value) AS value FROM data.ratings
    WHERE coalesce(aspect, 'overall') = 'overall'
    GROUP BY ALL
),
ratings AS (
    SELECT p.row_id, avg(c.value) AS rating_chosen, avg(r.value) AS rating_rejected
    FROM data.pairs AS p
    JOIN overall AS c ON c.response_id = p.chosen_id
    JOIN overall AS r ON r.response_id = p.rejected_id AND r.source_id = c.source_id
        AND r.rater IS NOT DISTINCT FROM c.rater
    GROUP BY p.row_id
),
gold AS (
    SELECT pair_id, any_value(winner_id) AS winner_id FROM data.gold
    GROUP BY pair_id
    HAVING count(DISTINCT coalesce(winner_id, -1)) = 1
),
named AS (
    SELECT pair_id, count(*) AS votes FROM live.votes
    WHERE NOT late AND winner_id IS NOT NULL
    GROUP BY pair_id
),
asked AS (
    SELECT pair_id, v.winner_id
    FROM live.verdicts AS v LEFT JOIN named USING (pair_id)
    WHERE
        $votes_as_gold AND v.outcome = 'winner'
        AND (named.votes >= 2 OR v.source_of LIKE 'ruling of %')
        AND pair_id NOT IN (SELECT pair_id FROM data.gold)
)
SELECT
    p.row_id, p.split, p.tie_kind IS NOT NULL AS tie, p.source_id, p.pair_id, p.chosen_id,
    c.n_chars::DOUBLE AS chosen_chars, r.n_chars::DOUBLE AS rejected_chars,
    coalesce(v.votes_chosen, 0)::DOUBLE AS votes_chosen,
    coalesce(v.votes_rejected, 0)::DOUBLE AS votes_rejected,
    coalesce(v.votes_tie, 0)::DOUBLE AS votes_tie,
    ra.rating_chosen, ra.rating_rejected,
    (coalesce(g.winner_id, a.winner_id) = p.chosen_id)::DOUBLE AS gold,
    a.winner_id IS NOT NULL AS gold_voted
FROM data.pairs AS p
JOIN data.responses AS c ON c.response_id = p.chosen_id
JOIN data.responses AS r ON r.response_id = p.rejected_id
LEFT JOIN votes AS v USING (row_id)
LEFT JOIN ratings AS ra USING (row_id)
LEFT JOIN gold AS g ON g.pair_id = p.pair_id
LEFT JOIN asked AS a ON a.pair_id = p.pair_id
ORDER BY p.row_id
