INSERT INTO gold
SELECT DISTINCT $source_id, *, 'import' FROM staged_gold
EXCEPT
SELECT * FROM gold
