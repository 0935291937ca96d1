CREATE TABLE meta (application VARCHAR, schema_version INTEGER, fingerprint VARCHAR);
CREATE TABLE signal_info (
    name VARCHAR, signal VARCHAR, run_id VARCHAR, params VARCHAR, n BIGINT, mean DOUBLE,
    std DOUBLE, note VARCHAR
);
CREATE TABLE absent (signal VARCHAR, note VARCHAR);
CREATE TABLE evidence_models (source VARCHAR, model VARCHAR);
CREATE TABLE labellers (
    source VARCHAR, annotator VARCHAR, n BIGINT, reliability DOUBLE, low DOUBLE, high DOUBLE
);
CREATE TABLE noise_estimates (
    slice VARCHAR, value VARCHAR, method VARCHAR, n BIGINT, rate DOUBLE, low DOUBLE, high DOUBLE,
    reason VARCHAR
);
