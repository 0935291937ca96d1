-- Signatures of responses; NULL for a text without a word.
SELECT response_id AS id, signature FROM live.texts WHERE run_id = $run_id
