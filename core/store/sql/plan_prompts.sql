SELECT prompt_id, live.flat(text, messages) AS prompt FROM data.prompts
