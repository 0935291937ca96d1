-- The first row after a place in an order; $sign turns the order round, NULL stands last either way.
WITH near AS MATERIALIZED (
    SELECT row_id, $sign::DOUBLE * "{order}"::DOUBLE AS sort_key, "{order}"::DOUBLE AS found
    FROM sig.signals
    WHERE
        (TRUE /* filter */)
        AND (
            $first::BOOLEAN
            OR sort_key > $value::DOUBLE
            OR (sort_key = $value::DOUBLE AND row_id > $row_id::BIGINT)
            OR (sort_key IS NULL AND ($value::DOUBLE IS NOT NULL OR row_id > $row_id::BIGINT))
        )
    ORDER BY sort_key ASC NULLS LAST, row_id ASC
    LIMIT 1
)

SELECT near.row_id, near.found, pairs.pair_id
FROM near
INNER JOIN data.pairs ON near.row_id = pairs.row_id
