-- One row where any row has the key; a column without a value is passed over by its statistics.
SELECT 1 AS found FROM sig.signals
WHERE "{key}" IS NOT NULL
LIMIT 1
