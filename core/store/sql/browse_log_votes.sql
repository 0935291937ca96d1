-- What people said of a row's pair, in their order.
SELECT
    votes.annotator,
    CASE votes.winner_id
        WHEN pairs.chosen_id THEN 'chosen'
        WHEN pairs.rejected_id THEN 'rejected'
    END AS winner,
    votes.tie_kind,
    votes.strength,
    votes.tags,
    votes.rationale,
    votes.voted_at,
    votes.late
FROM data.pairs
INNER JOIN live.votes ON pairs.pair_id = votes.pair_id
WHERE pairs.row_id = $row_id
ORDER BY votes.voted_at, votes.annotator
