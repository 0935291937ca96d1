-- Whose label each row of a voted pair has: its annotator's where the votes of the source on the
-- pair are its rows one to one (arena data: a row per vote), NULL where labels sum votes up. $pairs: only those pairs.
WITH votes AS (
    SELECT
        *, row_number() OVER (PARTITION BY source_id, pair_id, winner_id ORDER BY annotator)
            AS place
    FROM data.source_votes
    WHERE coalesce(aspect, 'overall') = 'overall'
        AND ($pairs::BIGINT[] IS NULL OR pair_id IN (SELECT unnest($pairs::BIGINT[])))
),
voted AS (
    SELECT source_id, pair_id, list_sort(list(coalesce(winner_id, 0))) AS winners
    FROM votes GROUP BY ALL
),
labelled AS (
    SELECT
        row_id, source_id, pair_id, CASE WHEN tie_kind IS NULL THEN chosen_id END AS winner_id,
        row_number() OVER (
            PARTITION BY source_id, pair_id, CASE WHEN tie_kind IS NULL THEN chosen_id END
            ORDER BY row_id
        ) AS place
    FROM data.pairs SEMI JOIN voted USING (source_id, pair_id)
),
matched AS (
    SELECT v.source_id, v.pair_id
    FROM voted AS v JOIN labelled AS l USING (source_id, pair_id)
    GROUP BY ALL
    HAVING any_value(v.winners) = list_sort(list(coalesce(l.winner_id, 0)))
)
SELECT l.row_id, l.source_id, v.annotator, m.pair_id IS NOT NULL AS own
FROM labelled AS l
LEFT JOIN matched AS m USING (source_id, pair_id)
LEFT JOIN votes AS v
    ON v.source_id = m.source_id AND v.pair_id = m.pair_id AND v.place = l.place
    AND v.winner_id IS NOT DISTINCT FROM l.winner_id
ORDER BY l.row_id
