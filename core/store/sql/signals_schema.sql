CREATE TABLE meta (application VARCHAR, schema_version INTEGER, fingerprint VARCHAR);
CREATE TABLE signal_info (
    name VARCHAR, signal VARCHAR, run_id VARCHAR, params VARCHAR, n BIGINT, mean DOUBLE,
    std DOUBLE, note VARCHAR
);
CREATE TABLE absent (signal VARCHAR, note VARCHAR);
CREATE TABLE noise (
    run_id VARCHAR, source VARCHAR, n BIGINT, rate DOUBLE, low DOUBLE, high DOUBLE, at_most DOUBLE,
    reason VARCHAR
);
