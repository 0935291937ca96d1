SELECT
    (SELECT coalesce(max(rowid) + 1, 0) FROM data.prompts) AS prompts,
    (SELECT coalesce(max(rowid) + 1, 0) FROM data.responses) AS responses
