-- What noise estimates of a filter stand on: its labelled rows, and rows with gold beside them.
WITH asked AS (
    SELECT
        row_id, source, "{evidence}" AS evidence, "{gold}" AS gold, (TRUE /* filter */) AS inside
    FROM sig.signals
    WHERE NOT tie AND ("{gold}" IS NOT NULL OR (TRUE /* filter */))
)
SELECT a.source, a.evidence, a.gold, a.inside, p.pair_id, p.chosen_id
FROM asked AS a JOIN data.pairs AS p USING (row_id)
ORDER BY a.row_id
