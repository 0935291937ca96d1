-- A vector of zeros has no direction, and one of another width none here.
SELECT
    count(*) AS n,
    count(*) FILTER (WHERE NOT coalesce(isfinite(similarity), false)) AS odd,
    CASE
        WHEN $prompts::BOOLEAN THEN (SELECT count(*) FROM data.prompts)
        ELSE (SELECT count(*) FROM data.responses)
    END AS texts
FROM compared
