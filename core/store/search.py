"""The text index: the only tantivy import. A new index is a new folder, opened anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import tantivy

from core.errors import FilterError
from core.schema import Bools, Ints
from core.store.files import BUILD_PREFIX, move, remove
from core.store.textquery import FIELDS, Every, Not, Query, Some, Term, unreadable

HEAP_BYTES = 256 << 20
"""Writer's buffer: smaller ones make more segments to merge."""
LONGEST_WORD = 40
"""Bytes from which on the index leaves a word out, as Tantivy's default tokenizer does."""


def build_index(root: Path, name: str, batches: Iterator[pa.RecordBatch]) -> int:
    """Index (row_id, prompt, chosen, rejected) into `root/name`; return the number of documents."""
    temp = root / f"{BUILD_PREFIX}{os.getpid()}-{name}"
    remove(temp)
    temp.mkdir()
    try:
        documents = _fill(temp, batches)
        move(temp, root / name)
    except BaseException:
        remove(temp)
        raise
    return documents


class TextIndex:
    """An open index of one generation: one document per row, so that a side is a field."""

    def __init__(self, folder: Path) -> None:
        self.index = tantivy.Index.open(str(folder))
        simple = tantivy.Tokenizer.simple
        self.words = tantivy.TextAnalyzerBuilder(simple()).build()
        lower = tantivy.Filter.lowercase()
        self.lower = tantivy.TextAnalyzerBuilder(simple()).filter(lower).build()

    def matches(self, query: Query, text: str) -> Bools:
        """Return which rows match, by row_id; `text` is what the query was read from.

        At most half of the rows are fetched: of a common word, those without it. Raise FilterError.
        """
        try:
            return self._found(query, text)
        except ValueError as error:
            raise FilterError(
                f"In the search {text[:80]!r}, a * inside a phrase stands for too many words.",
                "Write more letters before the *.",
            ) from error

    def _found(self, query: Query, text: str) -> Bools:
        searcher = self.index.searcher()
        parts = self._parts(query, text)
        whole, lacking = _joined(tantivy.Occur.Should, parts), _without(parts)
        most = searcher.num_docs // 2
        if self._has_phrase(query):
            # Finding takes longer than fetching: no count before it.
            if isinstance(query, Term) and self._has_common_words(query, searcher):
                rows = _rows(searcher, lacking, most + 1)
                if rows.size <= most:
                    return ~_mask(rows, searcher.num_docs)
            return _mask(_rows(searcher, whole, searcher.num_docs), searcher.num_docs)
        if _count(searcher, whole) > most:
            return ~_mask(_rows(searcher, lacking, most + 1), searcher.num_docs)
        return _mask(_rows(searcher, whole, most + 1), searcher.num_docs)

    def _has_phrase(self, query: Query) -> bool:
        if isinstance(query, Term):
            return len(self.words.analyze(query.text)) > 1
        parts = (query.of,) if isinstance(query, Not) else query.of
        return any(self._has_phrase(part) for part in parts)

    def _has_common_words(self, term: Term, searcher: tantivy.Searcher) -> bool:
        """Return whether each of a phrase's words stands in most rows, in one field at least."""
        words = self.lower.analyze(term.text)
        fields = (term.field,) if term.field else FIELDS
        least = [min(searcher.doc_freq(name, word) for word in words) for name in fields]
        return not term.prefix and 2 * max(least) > searcher.num_docs

    def _compile(self, query: Query, text: str) -> tantivy.Query:
        if isinstance(query, Not):
            return _without(self._parts(query.of, text))
        if isinstance(query, Every):
            found = [self._compile(part, text) for part in query.of]
            return _joined(tantivy.Occur.Must, found)
        return _joined(tantivy.Occur.Should, self._parts(query, text))

    def _parts(self, query: Query, text: str) -> list[tantivy.Query]:
        """Return queries of which one must match: a term in each of its fields."""
        if isinstance(query, Term):
            words = self._indexed(query, text)
            fields = (query.field,) if query.field else FIELDS
            return [self._in_field(name, words, query.prefix) for name in fields]
        if isinstance(query, Some):
            return [self._compile(part, text) for part in query.of]
        return [self._compile(query, text)]

    def _indexed(self, term: Term, text: str) -> list[tuple[int, str]]:
        """Return the term's words as the index holds them, with their places."""
        raw, lower = self.words.analyze(term.text), self.lower.analyze(term.text)
        kept = [
            (place, word)
            for place, (as_typed, word) in enumerate(zip(raw, lower, strict=True))
            if len(as_typed.encode()) < LONGEST_WORD
        ]
        if not raw:
            why = "the index knows only letters and digits"
            raise unreadable(text, term.at, why, f"Begin with exact: to find {term.text[:20]!r}.")
        if not kept or (term.prefix and kept[-1][0] != len(raw) - 1):
            why = f"the index has no words of {LONGEST_WORD} bytes or more"
            raise unreadable(text, term.at, why, "Begin with exact: to find it.")
        return kept

    def _in_field(self, name: str, words: list[tuple[int, str]], prefix: bool) -> tantivy.Query:
        schema = self.index.schema
        # Words hold letters and digits only, so nothing in them is a pattern's sign.
        last = f"{words[-1][1]}.*"
        if len(words) == 1 and prefix:
            return tantivy.Query.regex_query(schema, name, last)
        if len(words) == 1:
            return tantivy.Query.term_query(schema, name, words[0][1], "basic")
        if prefix:
            opened = [*words[:-1], (words[-1][0], last)]
            return tantivy.Query.regex_phrase_query(schema, name, list(opened))
        return tantivy.Query.phrase_query(schema, name, list(words))


def _joined(how: tantivy.Occur, queries: list[tantivy.Query]) -> tantivy.Query:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(how, query) for query in queries])


def _without(queries: list[tantivy.Query]) -> tantivy.Query:
    """Return what matches none: a query of only MustNot finds nothing in Tantivy.

    One MustNot each, so that a row which one excludes is not asked of the others.
    """
    excluded = [(tantivy.Occur.MustNot, query) for query in queries]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, tantivy.Query.all_query()), *excluded])


def _count(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    # Tantivy's stub leaves the count out.
    return int(searcher.search(query, limit=1, count=True).count)  # type: ignore[attr-defined]


def _rows(searcher: tantivy.Searcher, query: tantivy.Query, most: int) -> Ints:
    """Return at most `most` row ids; ordered by the fast field, a hit brings its own along."""
    found = searcher.search(query, limit=max(most, 1), count=False, order_by_field="row_id")
    return np.fromiter(map(itemgetter(0), found.hits), dtype=np.int64, count=len(found.hits))


def _mask(rows: Ints, size: int) -> Bools:
    mask = np.zeros(size, dtype=np.bool_)
    mask[rows] = True
    return mask


def _fill(folder: Path, batches: Iterator[pa.RecordBatch]) -> int:
    writer = tantivy.Index(_schema(), path=str(folder)).writer(HEAP_BYTES, os.cpu_count() or 1)
    documents = 0
    for batch in batches:
        columns = batch.to_pydict()
        for row_id, *texts in zip(columns["row_id"], *(columns[f] for f in FIELDS), strict=True):
            document = tantivy.Document()
            document.add_unsigned("row_id", row_id)
            for field, text in zip(FIELDS, texts, strict=True):
                document.add_text(field, text)
            writer.add_document(document)
        documents += batch.num_rows
    writer.commit()
    writer.wait_merging_threads()
    return documents


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row_id", stored=False, indexed=False, fast=True)
    for field in FIELDS:
        builder.add_text_field(field, stored=False)
    return builder.build()
