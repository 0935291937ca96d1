-- What the votes say of each row of a voted pair: a winner keeps its label or reverses it; of a row
-- that is a tie it is a winner all the same. `votes_cast` counts the votes that count.
CREATE OR REPLACE TABLE live.judged_rows AS
WITH counted AS (
    SELECT pair_id, count(*)::DOUBLE AS votes_cast FROM live.votes WHERE NOT late GROUP BY pair_id
),
said AS (
    SELECT * FROM live.verdicts FULL JOIN counted USING (pair_id)
)
SELECT
    p.row_id,
    CASE
        WHEN s.outcome <> 'winner' OR p.tie_kind IS NOT NULL THEN s.outcome
        WHEN s.winner_id = p.chosen_id THEN 'keep'
        WHEN s.winner_id = p.rejected_id THEN 'reversed'
    END AS verdict,
    coalesce(s.votes_cast, 0) AS votes_cast
FROM data.pairs AS p JOIN said AS s USING (pair_id)
