-- What noise estimates of a filter stand on: its labelled rows, and rows with gold beside them.
SELECT
    s.source, s."{evidence}" AS evidence, s."{gold}" AS gold, (TRUE /* filter */) AS inside
FROM sig.signals AS s
WHERE NOT s.tie AND (s."{gold}" IS NOT NULL OR (TRUE /* filter */))
