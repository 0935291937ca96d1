SELECT response_id, messages, text FROM data.responses
WHERE response_id IN (SELECT unnest([$chosen_id::BIGINT, $rejected_id::BIGINT]))
