-- What noise estimates of a filter stand on: its labelled rows, and rows with gold beside them, none
-- of them $left_out. Rows of equal `label` say the same of the same pair in one source.
WITH asked AS (
    SELECT
        row_id, source, "{evidence}" AS evidence, "{gold}" AS gold, (TRUE /* filter */) AS inside
    FROM sig.signals
    WHERE
        NOT tie
        AND ("{gold}" IS NOT NULL OR (TRUE /* filter */))
        AND row_id NOT IN (SELECT unnest($left_out::BIGINT[]))
)
SELECT
    a.source, a.evidence, a.gold, a.inside AND p.pair_id % $step = 0 AS inside,
    hash(p.source_id, p.pair_id, p.chosen_id) AS label
FROM asked AS a JOIN data.pairs AS p USING (row_id)
WHERE p.pair_id % $step = 0 OR a.gold IS NOT NULL
ORDER BY a.row_id
