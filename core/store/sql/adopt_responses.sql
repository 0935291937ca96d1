SELECT response_id FROM data.responses ORDER BY response_id
