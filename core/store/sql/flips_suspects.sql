-- Keyset page of the rows of some bands, most suspected first. Only the page's rows are read whole.
WITH banded AS (
    SELECT
        row_id,
        -"{suspicion}"::DOUBLE AS sort_key,
        live.band("{suspicion}", "{ambiguity}", $contested, $unsure, $likely, $unlikely) AS band
    FROM sig.signals
    WHERE "{suspicion}" IS NOT NULL AND TRUE /* filter */
),

page AS MATERIALIZED (
    SELECT row_id, sort_key FROM banded
    WHERE
        list_contains($bands, band)
        AND (
            $first::BOOLEAN
            OR sort_key > $value::DOUBLE
            OR (sort_key = $value::DOUBLE AND row_id > $row_id::BIGINT)
        )
    ORDER BY sort_key, row_id
    LIMIT $size
)

SELECT signals.*, page.sort_key
FROM page
INNER JOIN sig.signals ON page.row_id = signals.row_id
ORDER BY page.sort_key, page.row_id
