-- The names of the models that wrote answers, the most frequent ones first.
SELECT name, count(*) AS n
FROM (
    SELECT chosen_model AS name FROM data.pairs
    UNION ALL
    SELECT rejected_model AS name FROM data.pairs
)
WHERE name IS NOT NULL
GROUP BY name
ORDER BY n DESC, name
LIMIT $most
