CREATE OR REPLACE TABLE live.verdicts AS SELECT * FROM incoming_verdicts
