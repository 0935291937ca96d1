SELECT name FROM data.sources ORDER BY source_id
