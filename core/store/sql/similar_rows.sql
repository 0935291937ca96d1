SELECT
    signals.row_id,
    signals.source,
    signals.split,
    pairs.chosen_id
FROM sig.signals
INNER JOIN data.pairs ON signals.row_id = pairs.row_id
WHERE signals.row_id IN (SELECT unnest($row_ids))
