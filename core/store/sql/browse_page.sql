-- Keyset page over one column; $sign turns the order round, NULL stands last either way.
WITH ordered AS (
    SELECT *, $sign::DOUBLE * "{order}"::DOUBLE AS sort_key
    FROM sig.signals
    WHERE TRUE /* filter */
)

SELECT *
FROM ordered
WHERE
    $first::BOOLEAN
    OR sort_key > $value::DOUBLE
    OR (sort_key = $value::DOUBLE AND row_id > $row_id::BIGINT)
    OR (sort_key IS NULL AND ($value::DOUBLE IS NOT NULL OR row_id > $row_id::BIGINT))
ORDER BY sort_key ASC NULLS LAST, row_id ASC
LIMIT $size
