"""Any text is read or refused with a sentence; any tree, written down, finds what it means."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FilterError
from core.store.search import TextIndex, build_index
from core.store.textquery import FIELDS, Every, Not, Query, Some, Term, parse_search, terms

WORDS = ("fu", "fun", "fund", "ox")
TEXTS = ("", "fu", "Fun fund", "ox fu fun", "fund-ox")
ROWS = list(product(TEXTS, repeat=len(FIELDS)))

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join)
leaves = st.builds(Term, texts, st.booleans(), st.sampled_from([None, *FIELDS]))
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        leaves.map(Not),
        st.lists(parts, min_size=2, max_size=3).map(lambda of: Every(tuple(of))),
        st.lists(parts, min_size=2, max_size=3).map(lambda of: Some(tuple(of))),
        st.lists(parts, min_size=2, max_size=2).map(lambda of: Not(Every(tuple(of)))),
    ),
    max_leaves=6,
)


@given(st.text() | st.text(alphabet='ab*"-():[] ANDORTchosenprmt'))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_search(text)
    except FilterError as refused:
        error = refused
    else:
        return
    assert error.message.endswith(".")
    assert terms(text) == frozenset()


@given(trees)
def test_a_tree_is_read_back(tree: Query) -> None:
    assert parse_search(written(tree)) == tree


@given(trees)
def test_the_index_finds_what_the_tree_means(tree: Query) -> None:
    found = index().matches(tree, written(tree))
    assert [ROWS[i] for i in range(len(ROWS)) if found[i]] == [r for r in ROWS if means(tree, r)]


def written(query: Query) -> str:
    """Write a tree as a person would, with a parenthesis around every part."""
    if isinstance(query, Term):
        name = f"{query.field}:" if query.field else ""
        return f'{name}"{query.text}{"*" if query.prefix else ""}"'
    if isinstance(query, Not):
        return f"-({written(query.of)})"
    how = " AND " if isinstance(query, Every) else " OR "
    return how.join(f"({written(part)})" for part in query.of)


def means(query: Query, row: tuple[str, ...]) -> bool:
    """Say whether a row matches, word by word."""
    if isinstance(query, Not):
        return not means(query.of, row)
    if not isinstance(query, Term):
        parts = [means(part, row) for part in query.of]
        return all(parts) if isinstance(query, Every) else any(parts)
    held = zip(FIELDS, row, strict=True)
    return any(says(text, query) for name, text in held if query.field in (None, name))


def says(text: str, term: Term) -> bool:
    """Say whether a text holds the term's words in a row."""
    have, want = text.lower().replace("-", " ").split(), term.text.split()
    for start in range(len(have) - len(want) + 1):
        part = have[start : start + len(want)]
        last = part[-1].startswith(want[-1]) if term.prefix else part[-1] == want[-1]
        if part[:-1] == want[:-1] and last:
            return True
    return False


@cache
def index() -> TextIndex:
    """Return an index of every combination of the texts."""
    root = Path(mkdtemp())
    columns = {
        "row_id": range(len(ROWS)),
        **dict(zip(FIELDS, zip(*ROWS, strict=True), strict=True)),
    }
    build_index(root, "search", iter([pa.RecordBatch.from_pydict(columns)]))
    return TextIndex(root / "search")
