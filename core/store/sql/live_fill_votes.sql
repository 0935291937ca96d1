CREATE OR REPLACE TABLE live.votes AS SELECT * FROM incoming_votes
