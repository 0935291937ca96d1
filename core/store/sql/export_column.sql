-- One stored column, dense in row_id.
SELECT "{column}" AS value FROM sig.signals
ORDER BY row_id
