CREATE SCHEMA live;
CREATE TABLE live.votes (
    pair_id BIGINT, annotator VARCHAR, winner_id BIGINT, tie_kind VARCHAR, strength DOUBLE,
    voted_at TIMESTAMP
);
CREATE TABLE live.verdicts (pair_id BIGINT, verdict VARCHAR, winner_id BIGINT);
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
