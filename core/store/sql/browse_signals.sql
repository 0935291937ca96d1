SELECT * FROM sig.signals
WHERE row_id = $row_id
