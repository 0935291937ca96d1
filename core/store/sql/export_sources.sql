SELECT name, format, revision, licence FROM data.sources
ORDER BY name
