-- Multiset difference per file: importing a file again adds nothing, equal votes from one file stay
-- as many as they are, and those of another file of the same source are votes of their own.
INSERT INTO source_votes
SELECT $source_id, *, $origin FROM staged_votes
EXCEPT ALL
SELECT * FROM source_votes
