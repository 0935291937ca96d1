SELECT count(DISTINCT pair_id) AS unique_pairs FROM data.pairs
WHERE TRUE /* filter */
