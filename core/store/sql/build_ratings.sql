INSERT INTO ratings
SELECT DISTINCT $source_id, * FROM staged_ratings
EXCEPT
SELECT * FROM ratings
