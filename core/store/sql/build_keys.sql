-- Content hashes of a batch, in its order. A response's hash contains its prompt's, a pair's the
-- two responses' in sorted order, so an id depends on content alone.
WITH prompts AS (
    SELECT
        item, sha256(coalesce('m' || prompt_messages, 't' || prompt_text)) AS prompt_hex,
        coalesce('m' || chosen_messages, 't' || chosen_text) AS chosen,
        coalesce('m' || rejected_messages, 't' || rejected_text) AS rejected
    FROM incoming
),
responses AS (
    SELECT
        item, prompt_hex, sha256(prompt_hex || chosen) AS chosen_hex,
        sha256(prompt_hex || rejected) AS rejected_hex
    FROM prompts
),
hexes AS (
    SELECT
        *,
        sha256(
            'pair' || least(chosen_hex, rejected_hex) || greatest(chosen_hex, rejected_hex)
        ) AS pair_hex
    FROM responses
)
SELECT
    (('0x' || substr(prompt_hex, 1, 16))::UBIGINT >> 1)::BIGINT AS prompt_id,
    (('0x' || substr(chosen_hex, 1, 16))::UBIGINT >> 1)::BIGINT AS chosen_id,
    (('0x' || substr(rejected_hex, 1, 16))::UBIGINT >> 1)::BIGINT AS rejected_id,
    (('0x' || substr(pair_hex, 1, 16))::UBIGINT >> 1)::BIGINT AS pair_id,
    unhex(prompt_hex) AS prompt_hash,
    unhex(chosen_hex) AS chosen_hash,
    unhex(rejected_hex) AS rejected_hash,
    unhex(pair_hex) AS pair_hash
FROM hexes
ORDER BY item
