"""The text index: the only tantivy import. A new index is a new folder, opened anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import tantivy

from core.errors import FilterError
from core.schema import Ints
from core.store.files import BUILD_PREFIX, move, remove

FIELDS = ("prompt", "chosen", "rejected")
HEAP_BYTES = 256 << 20
"""Writer's buffer: smaller ones make more segments to merge."""


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
    """An open index of one generation."""

    def __init__(self, folder: Path) -> None:
        self.index = tantivy.Index.open(str(folder))

    def row_ids(self, text: str) -> Ints:
        """Return the rows that match all words of `text`, sorted; raise FilterError."""
        try:
            query = self.index.parse_query(text, list(FIELDS), conjunction_by_default=True)
        except ValueError as error:
            raise FilterError(
                f"The search {text!r} cannot be read: {error}.",
                'Use words, "phrases", prompt: chosen: rejected:, AND OR NOT.',
            ) from error
        searcher = self.index.searcher()
        found = searcher.search(query, limit=max(searcher.num_docs, 1), count=False)
        addresses = [address for _, address in found.hits]
        ids = searcher.fast_field_values("row_id", addresses)
        return np.sort(np.asarray(ids, dtype=np.int64))


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
