"""The language of the search box: what a text means, and what cannot be read."""

from __future__ import annotations

import pytest

from core.errors import FilterError
from core.store.textquery import Every, Not, Query, Scan, Some, Term, parse_search, terms

A, B, C = Term("a"), Term("b"), Term("c")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a", A),
        ("  a  ", A),
        ("a b", Every((A, B))),
        ("a AND b", Every((A, B))),
        ("a and b", Every((A, Term("and"), B))),
        ("a OR b c", Some((A, Every((B, C))))),
        ("(a OR b) c", Every((Some((A, B)), C))),
        ("NOT a b", Every((Not(A), B))),
        ("a -b", Every((A, Not(B)))),
        ("NOT NOT a", A),
        ("-(a b)", Not(Every((A, B)))),
        ("a-b", Term("a-b")),
        ('"a b"', Term("a b")),
        ('"a AND b"', Term("a AND b")),
        ('"a: ("', Term("a: (")),
        ("a*", Term("a", prefix=True)),
        ('"a b*"', Term("a b", prefix=True)),
        ("chosen:a", Term("a", field="chosen")),
        ("Chosen: a", Term("a", field="chosen")),
        ('prompt:"a b" c', Every((Term("a b", field="prompt"), C))),
        (
            "rejected:(a OR -b*)",
            Some((Term("a", field="rejected"), Not(Term("b", True, "rejected")))),
        ),
        ("chosen:-a", Not(Term("a", field="chosen"))),
        ('"*a* b, c."', Term("*a* b, c.")),
        ("12:30", Term("12:30")),
        ("exact: a  (b ", Scan("exact", "a  (b")),
        ("re:a|b", Scan("re", "a|b")),
        ("chosen:re:a", Scan("re", "a", "chosen")),
        ("a exact", Every((A, Term("exact")))),
    ],
)
def test_a_search_is_read(text: str, query: Query | Scan) -> None:
    assert parse_search(text) == query


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at its end: a word or phrase is missing"),
        ('"', "at character 1, '\"': this quotation mark is not closed"),
        ('a "b c', "at character 3, '\"b c': this quotation mark is not closed"),
        ("a AND", "at its end: nothing follows AND"),
        ("a OR ", "at its end: nothing follows OR"),
        ("NOT", "at its end: nothing follows NOT"),
        ("AND a", "at character 1, 'AND a': a word or phrase is missing before this"),
        ("a AND OR b", "at character 7, 'OR b': a word or phrase is missing before this"),
        ("a (b", "at character 3, '(b': this parenthesis is not closed"),
        ("a) b", "at character 2, ') b': this parenthesis closes nothing"),
        ("()", "at character 2, ')': a word or phrase is missing before this"),
        ("chosen:", "at its end: nothing follows chosen:"),
        ("a colour:b", "at character 3, 'colour:b': there is no field 'colour'"),
        ("chosen:(a prompt:b)", "at character 11, 'prompt:b)': a field stands inside chosen:"),
        ("chosen:prompt:b", "at character 8, 'prompt:b': a field stands inside chosen:"),
        ("f*o", "at character 1, 'f*o': a * stands only at the end of a word"),
        ("(" * 10_000, "10,000 characters; it may have 4,000"),
        ("(" * 30, "at character 21, '((((((((((': parentheses are more than 20 deep"),
        ("a " * 65, "at character 129, 'a': a search has at most 64 words"),
        ("a\ud800", "half a character"),
        ("exact: ", "Nothing follows exact:"),
        ("chosen:re:", "Nothing follows re:"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse_search(text)
    assert said in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fu* bar", {"fu*", "bar"}),
        ('chosen:"New York" AND NOT old', {"new", "york"}),
        ("a -(b OR c)", {"a"}),
        ("exact:So It Is", {"so it is"}),
        ("re:a+", set()),
        ('a "', set()),
        ("", set()),
    ],
)
def test_a_reader_marks_what_is_asked_for(text: str, words: set[str]) -> None:
    assert terms(text) == words
