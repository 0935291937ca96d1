-- Texts that people filter by, of the rows $first to $last. A language is what the source itself
-- calls one: a text of at most 64 characters in its column `language`, else in `lang`, other than
-- "unknown". JSON is read only of rows that have such a column.
WITH stored AS (
    SELECT
        *,
        CASE WHEN contains(extra, '"lang') AND json_valid(extra) THEN list_filter(
            list_transform(
                list_filter(
                    json_extract(extra, ['$.language', '$.lang']),
                    lambda found: json_type(found) = 'VARCHAR'
                ),
                lambda found: trim(found ->> '$')
            ),
            lambda said: length(said) BETWEEN 1 AND 64 AND lower(said) <> 'unknown'
        )[1] END AS language
    FROM data.pairs
    WHERE row_id BETWEEN $first AND $last
)

SELECT
    s.name AS source, p.split, p.label_kind, p.tie_kind, p.chosen_model, p.rejected_model, p.language
FROM stored AS p JOIN data.sources AS s USING (source_id)
ORDER BY p.row_id
