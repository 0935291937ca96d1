-- How often each combination of signs occurs, over the columns named in $names.
SELECT sign(COLUMNS(lambda c: list_contains($names, c)))::TINYINT, count(*) AS n
FROM sig.signals
WHERE TRUE /* filter */
GROUP BY ALL
