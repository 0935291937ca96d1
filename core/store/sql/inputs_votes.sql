-- Votes on the pair of each row, of the overall aspect, whichever source they came with, without
-- those that are rows themselves (see inputs_labellers). $pairs: only those pairs.
WITH votes AS (
    SELECT * FROM data.source_votes
    WHERE coalesce(aspect, 'overall') = 'overall'
        AND ($pairs::BIGINT[] IS NULL OR pair_id IN (SELECT unnest($pairs::BIGINT[])))
),
voted AS (
    SELECT source_id, pair_id, list_sort(list(coalesce(winner_id, 0))) AS winners
    FROM votes GROUP BY ALL
),
matched AS (
    SELECT v.source_id, v.pair_id
    FROM voted AS v JOIN data.pairs AS p USING (source_id, pair_id)
    GROUP BY ALL
    HAVING any_value(v.winners)
        = list_sort(list(CASE WHEN p.tie_kind IS NULL THEN p.chosen_id ELSE 0 END))
)
SELECT
    p.row_id, v.source_id, v.annotator,
    CASE WHEN v.winner_id = p.chosen_id THEN 1.0 WHEN v.winner_id = p.rejected_id THEN -1.0
        ELSE 0.0 END AS side
FROM data.pairs AS p
JOIN (SELECT * FROM votes ANTI JOIN matched USING (source_id, pair_id)) AS v USING (pair_id)
ORDER BY p.row_id, v.source_id, v.annotator
