-- Pairs to judge, each once, in the order in which their rows came, those of a prompt together.
WITH unique_pairs AS (
    SELECT
        pair_id, any_value(prompt_id) AS prompt_id, any_value(chosen_id) AS one,
        any_value(rejected_id) AS other, min(row_id) AS row_id
    FROM data.pairs
    WHERE $rows IS NULL OR row_id < $rows
    GROUP BY pair_id
)
SELECT u.pair_id, u.prompt_id, (p.n_chars + a.n_chars + b.n_chars)::BIGINT AS chars
FROM unique_pairs AS u
JOIN data.prompts AS p USING (prompt_id)
JOIN data.responses AS a ON a.response_id = u.one
JOIN data.responses AS b ON b.response_id = u.other
ORDER BY min(u.row_id) OVER (PARTITION BY u.prompt_id), u.pair_id
