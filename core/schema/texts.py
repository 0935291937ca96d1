"""The numbers that the run of text statistics keeps of each response."""

TEXT_COUNTS = (
    "n_words",
    "n_sentences",
    "n_list_items",
    "n_headings",
    "n_code_blocks",
    "n_bold",
    "n_links",
    "n_citations",
    "refusal",
)
TEXT_FEATURES = (*TEXT_COUNTS, "repetition")
SIGNATURE_BYTES = 128
"""A byte of each of 128 MinHash values of a text's word 3-grams."""
