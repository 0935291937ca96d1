SELECT messages, text FROM data.prompts
WHERE rowid IN (SELECT rowid FROM data.prompts WHERE prompt_id = $prompt_id)
