-- Multiset difference: importing the same votes again adds nothing, equal votes of unnamed
-- annotators in one source stay as many as they are.
INSERT INTO source_votes
SELECT $source_id, *, 'import' FROM staged_votes
EXCEPT ALL
SELECT * FROM source_votes
