-- A source that brought nothing but scores for pairs of others is no source of the store.
DELETE FROM sources
WHERE source_id = $source_id AND source_id NOT IN (
    SELECT source_id FROM pairs
    UNION ALL SELECT source_id FROM source_votes
    UNION ALL SELECT source_id FROM ratings
    UNION ALL SELECT source_id FROM gold
)
