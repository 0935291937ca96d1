-- Parquet's lists keep a NULL inside for each row without one, at which the cosine stops; a joined
-- list is a new one.
INSERT INTO compared
SELECT
    response_id,
    CASE
        WHEN len(embedding) = len($vector::FLOAT[])
            THEN list_cosine_similarity(list_concat(embedding, []::FLOAT[]), $vector::FLOAT[])
    END
FROM live.vectors
WHERE run_id = $run_id AND response_id BETWEEN $first AND $last AND embedding IS NOT NULL
