r"""Counts of form in texts, by RE2 in Arrow: nothing backtracks, whatever a text holds.

Arrow looks for the next match in what is left of a text, where `^` matches again. So a pattern
that begins at a line takes the rest of its line with it.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

PATTERNS = {
    "n_list_items": r"(?m)^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S.*$",
    "n_headings": r"(?m)^#{1,6}[ \t]+\S.*$",
    "n_bold": r"\*\*[^*\s](?:[^*\n]*[^*\s])?\*\*",
    "n_links": r"(?i)\bhttps?://[^\s<>)\]]+",
    "n_citations": (
        r"[\p{L}\d.;!?\"'”’)%] (?:\[\d{1,3}(?:[,;–-] ?\d{1,3})*\][,;]? ?)+"
        r"|[.,;!?\"'”’](?:\[\d{1,3}(?:[,;–-] ?\d{1,3})*\][,;]? ?)+"
        r"|\(\p{Lu}[\p{L}'’-]+(?: et al\.?| (?:and|&) \p{Lu}[\p{L}'’-]+)?,? (?:19|20)\d\d[a-z]?\)"
    ),
}
"""Column → what is counted. A number in brackets right behind a letter (`a[1]`) is an index of
code, and one behind `=` or `(` a list."""
_SENTENCE_END = r"""[.!?…]+["'”’)\]]*(?:\s|$)|[。！？]+"""
_FENCE = r"(?m)^[ \t]*(?:```|~~~).*$"
_CANNOT = (
    r"(?:can['’]?t|cannot|can not|won['’]?t|will not"
    r"|(?:am|['’]?m) (?:unable to|not able to))"
)
REFUSALS = (
    rf"\bi ?{_CANNOT} (?:help|assist|provide|answer|fulfil|comply|do that|do this|create|write"
    r"|generate|give|share|support|engage|discuss|participate|recommend|offer)",
    rf"\bsorry,? (?:but )?i ?{_CANNOT}\b",
    rf"\bas an ai\b[^.!?\n]{{0,60}}\bi ?(?:{_CANNOT}|don['’]?t|do not)\b",
    r"\bagainst my (?:guidelines|programming|policies|principles)\b",
    r"\bi (?:must|have to|need to) (?:respectfully )?decline\b",
    r"\bnot (?:comfortable|appropriate for me) (?:to |with )?(?:help|assist|provid|discuss|answer)",
)
"""Phrases of which one makes a text a refusal; English only."""


def form(texts: pa.StringArray) -> dict[str, pa.Array]:
    """Return the counts of TEXT_COUNTS but the words, int32, one per text; none is NULL."""
    found = {name: pc.count_substring_regex(texts, p) for name, p in PATTERNS.items()}
    ends = pc.count_substring_regex(texts, _SENTENCE_END)
    said = pc.match_substring_regex(texts, r"\S").cast(pa.int32())
    fences = pc.count_substring_regex(texts, _FENCE)
    refused = pc.match_substring_regex(texts, "|".join(REFUSALS), ignore_case=True)
    return found | {
        "n_sentences": pc.max_element_wise(ends, said),
        # An open fence makes the rest of the text a block.
        "n_code_blocks": pc.divide(pc.add(fences, 1), 2),
        "refusal": refused.cast(pa.int32()),
    }
