-- Columns of every $step-th row of the filter, spread by a hash so that no order of rows matters.
SELECT COLUMNS(lambda c: list_contains($names, c))
FROM sig.signals
WHERE hash(row_id) % $step::UBIGINT = 0::UBIGINT AND TRUE /* filter */
