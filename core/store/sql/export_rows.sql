-- Every row a filter keeps, in an order that depends on content alone: not on row_id, which
-- follows the order of imports.
WITH kept AS (
    SELECT row_id FROM sig.signals
    WHERE TRUE /* filter */
)
SELECT
    p.row_id, p.pair_id, p.prompt_id, p.chosen_id, p.rejected_id, p.label_kind = 'tie' AS tie,
    s.name AS source, p.split
FROM kept
JOIN data.pairs AS p USING (row_id)
JOIN data.sources AS s USING (source_id)
ORDER BY s.name, p.split, p."row", p.pair_id, p.chosen_id, p.row_id
