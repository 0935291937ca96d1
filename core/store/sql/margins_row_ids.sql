SELECT row_id FROM sig.signals
WHERE TRUE /* filter */
ORDER BY row_id
