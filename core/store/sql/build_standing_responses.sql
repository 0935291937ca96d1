SELECT w.id, t.content_hash = w.hash AS same
FROM responses AS t JOIN wanted AS w ON t.response_id = w.id
