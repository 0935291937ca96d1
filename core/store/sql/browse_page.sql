-- Keyset page over one column; $sign turns the order round, NULL stands last either way. Only the
-- page's rows are read whole.
WITH ordered AS (
    SELECT row_id, $sign::DOUBLE * "{order}"::DOUBLE AS sort_key
    FROM sig.signals
    WHERE TRUE /* filter */
),

page AS MATERIALIZED (
    SELECT * FROM ordered
    WHERE
        $first::BOOLEAN
        OR sort_key > $value::DOUBLE
        OR (sort_key = $value::DOUBLE AND row_id > $row_id::BIGINT)
        OR (sort_key IS NULL AND ($value::DOUBLE IS NOT NULL OR row_id > $row_id::BIGINT))
    ORDER BY sort_key ASC NULLS LAST, row_id ASC
    LIMIT $size
)

SELECT signals.*, page.sort_key
FROM page
INNER JOIN sig.signals ON page.row_id = signals.row_id
ORDER BY page.sort_key ASC NULLS LAST, page.row_id ASC
