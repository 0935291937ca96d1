SELECT w.id, t.content_hash = w.hash AS same
FROM prompts AS t JOIN wanted AS w ON t.prompt_id = w.id
