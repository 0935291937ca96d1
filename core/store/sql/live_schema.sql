CREATE SCHEMA live;
CREATE TABLE live.votes (
    pair_id BIGINT, annotator VARCHAR, winner_id BIGINT, tie_kind VARCHAR, strength INTEGER,
    voted_at TIMESTAMP, seconds DOUBLE, tags VARCHAR, rationale VARCHAR, queue VARCHAR, late BOOLEAN
);
CREATE TABLE live.verdicts (
    pair_id BIGINT, outcome VARCHAR, winner_id BIGINT, share DOUBLE, n_votes INTEGER,
    source_of VARCHAR
);
CREATE TABLE live.judged_rows (row_id BIGINT, verdict VARCHAR, votes_cast DOUBLE);
CREATE MACRO live.flat(text, messages) AS coalesce(
    text,
    array_to_string(
        list_transform(
            from_json(messages, '[{"role": "VARCHAR", "content": "VARCHAR"}]'),
            lambda m: m.role || ': ' || coalesce(m.content, '')
        ),
        chr(10) || chr(10)
    )
);
CREATE MACRO live.band(suspicion, ambiguity, contested, unsure, likely, unlikely) AS CASE
    WHEN ambiguity >= contested THEN 'contested'
    WHEN ambiguity >= unsure THEN 'ask'
    WHEN suspicion > likely THEN 'propose'
    WHEN suspicion < unlikely THEN 'keep'
    ELSE 'ask'
END;
