-- Prompts by their places in the file, in any order.
WITH wanted AS (SELECT unnest($places::BIGINT[]) AS place)
SELECT q.rowid AS place, q.text, q.messages FROM data.prompts AS q
WHERE q.rowid IN (SELECT place FROM wanted)
