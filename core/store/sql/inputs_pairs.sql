-- Each pair once, with the first of its rows.
SELECT pair_id, prompt_id, chosen_id, rejected_id
FROM data.pairs
QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY row_id) = 1
ORDER BY pair_id
