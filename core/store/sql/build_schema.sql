CREATE TABLE meta (application VARCHAR, schema_version INTEGER, fingerprint VARCHAR);
CREATE TABLE sources (
    source_id INTEGER, name VARCHAR, format VARCHAR, origin VARCHAR, revision VARCHAR,
    licence VARCHAR, imported_at TIMESTAMP, report VARCHAR
);
CREATE TABLE prompts (
    prompt_id BIGINT, content_hash BLOB, messages VARCHAR, text VARCHAR,
    n_turns INTEGER, n_chars INTEGER
);
CREATE TABLE responses (
    response_id BIGINT, content_hash BLOB, prompt_id BIGINT, messages VARCHAR, text VARCHAR,
    n_chars INTEGER
);
CREATE TABLE pairs (
    row_id BIGINT, pair_id BIGINT, content_hash BLOB, source_id INTEGER, split VARCHAR,
    "row" BIGINT, prompt_id BIGINT, chosen_id BIGINT, rejected_id BIGINT, label_kind VARCHAR,
    tie_kind VARCHAR, strength DOUBLE, chosen_model VARCHAR, rejected_model VARCHAR, extra VARCHAR
);
CREATE TABLE ratings (
    source_id INTEGER, response_id BIGINT, rater VARCHAR, aspect VARCHAR, value DOUBLE,
    leaks_label BOOLEAN
);
CREATE TABLE source_votes (
    source_id INTEGER, pair_id BIGINT, annotator VARCHAR, aspect VARCHAR, winner_id BIGINT,
    tie_kind VARCHAR, strength DOUBLE, seconds DOUBLE, reason VARCHAR, origin VARCHAR
);
CREATE TABLE gold (
    source_id INTEGER, pair_id BIGINT, winner_id BIGINT, tie_kind VARCHAR, origin VARCHAR
);
