-- What sources call the conversation a row comes from: an id means one source and one column.
WITH held AS (
    SELECT
        source_id, prompt_id,
        json_extract_string(
            CASE WHEN json_valid(extra) THEN extra END, $paths::VARCHAR[]
        ) AS ids
    FROM data.pairs
    WHERE contains(extra, '_id') OR contains(extra, '_hash')
),
named AS (
    SELECT source_id, prompt_id, unnest(ids) AS id, generate_subscripts(ids, 1) AS place
    FROM held
)
SELECT DISTINCT hash(source_id, place, id) AS key, prompt_id
FROM named
WHERE id <> ''
