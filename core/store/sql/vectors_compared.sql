CREATE TEMP TABLE compared (response_id BIGINT, similarity FLOAT)
