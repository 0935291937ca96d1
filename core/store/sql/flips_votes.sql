-- Votes of the overall aspect, as the signals count them.
SELECT
    pairs.row_id,
    count(*) FILTER (WHERE votes.winner_id = pairs.chosen_id) AS chosen,
    count(*) FILTER (WHERE votes.winner_id = pairs.rejected_id) AS rejected,
    count(*) AS votes
FROM data.pairs
INNER JOIN data.source_votes AS votes ON pairs.pair_id = votes.pair_id
WHERE
    pairs.row_id IN (SELECT unnest($row_ids))
    AND coalesce(votes.aspect, 'overall') = 'overall'
GROUP BY pairs.row_id
