-- Counts of form of both sides, aligned to row_id.
WITH run AS (
    SELECT
        response_id, repetition, n_words, n_sentences, n_list_items, n_headings, n_code_blocks,
        n_bold, n_links, n_citations, refusal
    FROM live.texts WHERE run_id = $run_id
)
SELECT
    c.n_words::FLOAT AS chosen_n_words, r.n_words::FLOAT AS rejected_n_words,
    c.n_sentences::FLOAT AS chosen_n_sentences, r.n_sentences::FLOAT AS rejected_n_sentences,
    c.n_list_items::FLOAT AS chosen_n_list_items, r.n_list_items::FLOAT AS rejected_n_list_items,
    c.n_headings::FLOAT AS chosen_n_headings, r.n_headings::FLOAT AS rejected_n_headings,
    c.n_code_blocks::FLOAT AS chosen_n_code_blocks,
    r.n_code_blocks::FLOAT AS rejected_n_code_blocks,
    c.n_bold::FLOAT AS chosen_n_bold, r.n_bold::FLOAT AS rejected_n_bold,
    c.n_links::FLOAT AS chosen_n_links, r.n_links::FLOAT AS rejected_n_links,
    c.n_citations::FLOAT AS chosen_n_citations, r.n_citations::FLOAT AS rejected_n_citations,
    c.refusal::FLOAT AS chosen_refusal, r.refusal::FLOAT AS rejected_refusal,
    c.repetition::FLOAT AS chosen_repetition, r.repetition::FLOAT AS rejected_repetition
FROM data.pairs AS p
LEFT JOIN run AS c ON c.response_id = p.chosen_id
LEFT JOIN run AS r ON r.response_id = p.rejected_id
ORDER BY p.row_id
