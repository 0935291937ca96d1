-- Rows that share their pair with another row, the rows of one pair together: ordered by the first
-- row of the pair that the filter keeps.
WITH kept AS (
    SELECT row_id FROM sig.signals
    WHERE "{conflict}" > 0 AND TRUE /* filter */
),

grouped AS (
    SELECT pairs.row_id, min(pairs.row_id) OVER (PARTITION BY pairs.pair_id) AS sort_key
    FROM kept
    INNER JOIN data.pairs ON kept.row_id = pairs.row_id
),

page AS (
    SELECT * FROM grouped
    WHERE
        $first::BOOLEAN
        OR sort_key > $value::BIGINT
        OR (sort_key = $value::BIGINT AND row_id > $row_id::BIGINT)
    ORDER BY sort_key, row_id
    LIMIT $size
)

SELECT signals.*, page.sort_key
FROM page
INNER JOIN sig.signals ON page.row_id = signals.row_id
ORDER BY page.sort_key, page.row_id
