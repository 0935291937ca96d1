-- 2 for equal texts, 1 where one stands inside the other, else 0; case and spaces do not count.
WITH asked AS (
    SELECT
        unnest($item::BIGINT[]) AS item, unnest($first::BIGINT[]) AS first_id,
        unnest($second::BIGINT[]) AS second_id
),
texts AS (
    SELECT
        response_id,
        lower(trim(regexp_replace(live.flat(text, messages), '\s+', ' ', 'g'))) AS text
    FROM data.responses
    WHERE rowid IN (
        SELECT rowid FROM data.responses
        WHERE response_id IN (SELECT first_id FROM asked UNION ALL SELECT second_id FROM asked)
    )
)
SELECT
    item,
    CASE
        WHEN a.text = b.text THEN 2
        WHEN a.text = '' OR b.text = '' THEN 0
        WHEN contains(a.text, b.text) OR contains(b.text, a.text) THEN 1
        ELSE 0
    END::DOUBLE AS contained
FROM asked
JOIN texts AS a ON a.response_id = first_id
JOIN texts AS b ON b.response_id = second_id
