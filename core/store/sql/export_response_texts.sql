-- Responses by their places in the file, in any order.
WITH wanted AS (SELECT unnest($places::BIGINT[]) AS place)
SELECT r.rowid AS place, r.text, r.messages FROM data.responses AS r
WHERE r.rowid IN (SELECT place FROM wanted)
