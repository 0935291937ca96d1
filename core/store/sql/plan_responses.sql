SELECT r.response_id, r.prompt_id, live.flat(r.text, r.messages) AS response
FROM data.responses AS r
ORDER BY r.prompt_id, r.response_id
