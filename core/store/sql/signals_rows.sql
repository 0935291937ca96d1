SELECT
    s.row_id, printf('%016x', p.pair_id) AS pair_id, s.source, s.split, p."row",
    printf('%016x', p.chosen_id) AS chosen_id, printf('%016x', p.rejected_id) AS rejected_id,
    s.* EXCLUDE (row_id, source, split)
FROM sig.signals AS s JOIN data.pairs AS p USING (row_id)
ORDER BY s.row_id
