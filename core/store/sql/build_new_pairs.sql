-- The rows an import adds. Equal rows (split, pair, label) are counted: the k-th of them is new
-- when fewer than k stand there already. `$anywhere` looks at all sources (an unnamed import adds
-- rows only for what is new to the store), otherwise at the import's own source.
INSERT INTO pairs
WITH standing AS (
    SELECT
        CASE WHEN $anywhere THEN '' ELSE split END AS split, pair_id, chosen_id, label_kind = 'tie' AS tie,
        count(*) AS copies
    FROM pairs
    WHERE $anywhere OR source_id = $source_id
    GROUP BY ALL
),
numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY CASE WHEN $anywhere THEN '' ELSE split END, pair_id, chosen_id,
            label_kind = 'tie'
            ORDER BY seq
        ) AS copy
    FROM staged
)
SELECT
    $first_row_id + row_number() OVER (ORDER BY n.seq) - 1, n.pair_id, n.content_hash, $source_id,
    n.split, n."row", n.prompt_id, n.chosen_id, n.rejected_id, n.label_kind, n.tie_kind,
    n.strength, n.chosen_model, n.rejected_model, n.extra
FROM numbered AS n
LEFT JOIN standing AS s
    ON s.split = CASE WHEN $anywhere THEN '' ELSE n.split END
    AND s.pair_id = n.pair_id AND s.chosen_id = n.chosen_id
    AND s.tie = (n.label_kind = 'tie')
WHERE n.copy > coalesce(s.copies, 0)
ORDER BY n.seq
