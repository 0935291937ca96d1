CREATE TEMP TABLE staged (
    seq BIGINT, split VARCHAR, "row" BIGINT, pair_id BIGINT, content_hash BLOB, prompt_id BIGINT,
    chosen_id BIGINT, rejected_id BIGINT, label_kind VARCHAR, tie_kind VARCHAR, strength DOUBLE,
    chosen_model VARCHAR, rejected_model VARCHAR, extra VARCHAR
);
CREATE TEMP TABLE staged_ratings (
    response_id BIGINT, rater VARCHAR, aspect VARCHAR, value DOUBLE, leaks_label BOOLEAN
);
CREATE TEMP TABLE staged_votes (
    pair_id BIGINT, annotator VARCHAR, aspect VARCHAR, winner_id BIGINT, tie_kind VARCHAR,
    strength DOUBLE, seconds DOUBLE, reason VARCHAR
);
CREATE TEMP TABLE staged_gold (pair_id BIGINT, winner_id BIGINT, tie_kind VARCHAR);
CREATE TEMP TABLE staged_scores (
    seq BIGINT, run VARCHAR, response_id BIGINT, value DOUBLE, leaks_label BOOLEAN
);
