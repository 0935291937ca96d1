"""The one door to source rows: `open_source` finds them, `read_batches` streams them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.errors import SourceError, UnknownName
from core.formats.chunk import Chunk
from core.formats.files import SourceFile, list_files
from core.formats.hub import open_hub
from core.formats.kinds import read_file
from core.schema import RawBatch


@dataclass(frozen=True)
class Part:
    """One file (or hub split) of a source."""

    origin: str
    split: str
    read: Callable[[], Iterator[Chunk]]


@dataclass(frozen=True)
class Source:
    """Rows that can be read any number of times."""

    origin: str
    name: str
    """Default name: the file's, folder's or repository's."""
    parts: tuple[Part, ...]
    revision: str | None = None
    licence: str | None = None


def open_source(text: str, split: str | None = None) -> Source:
    """Find what `text` names: file, folder, glob, saved dataset or `hf:` name.

    `split` picks one of several splits; where there is only one it names it.
    """
    if text.startswith("hf:"):
        hub = open_hub(text, split)
        parts = tuple(Part(text, s, read) for s, read in hub.splits.items())
        return Source(text, hub.name, parts, hub.revision, hub.licence)
    if "://" in text:
        raise SourceError(
            f"{text} is an address; import reads no addresses.", "Download the file and name it."
        )
    listing = list_files(text)
    parts = _choose(tuple(_part(file) for file in listing.files), split)
    return Source(text, listing.name, parts, None, listing.licence)


def _part(file: SourceFile) -> Part:
    return Part(str(file.path), file.split, lambda: read_file(file.path))


def _choose(parts: tuple[Part, ...], split: str | None) -> tuple[Part, ...]:
    splits = {part.split for part in parts}
    if split is None or splits == {split}:
        return parts
    if len(splits) == 1:
        return tuple(replace(part, split=split) for part in parts)
    if split not in splits:
        raise UnknownName("split", split, splits)
    return tuple(part for part in parts if part.split == split)


def read_batches(source: Source, limit: int | None = None) -> Iterator[RawBatch]:
    """Stream the rows, at most `limit` of them; row numbers count on per split across files."""
    base: Counter[str] = Counter()
    left = limit
    for part in source.parts:
        if left == 0:
            return
        for chunk in part.read():
            cut = chunk if left is None else _first(chunk, left)
            yield _batch(part, cut, base[part.split])
            base[part.split] += cut.records
            left = None if left is None else left - cut.records
            if left == 0:
                break


def _batch(part: Part, chunk: Chunk, base: int) -> RawBatch:
    return RawBatch(
        table=chunk.table,
        rows=base + chunk.positions,
        lines=chunk.lines,
        origin=part.origin,
        split=part.split,
        skipped=chunk.skipped,
        json_columns=chunk.json_columns,
    )


def _first(chunk: Chunk, records: int) -> Chunk:
    """Return the chunk's first records, bad ones counted."""
    if chunk.records <= records:
        return chunk
    keep = int(np.searchsorted(chunk.positions, records))
    return replace(
        chunk,
        table=chunk.table.slice(0, keep),
        positions=chunk.positions[:keep],
        lines=chunk.lines[:keep],
        records=records,
        skipped=chunk.skipped[: records - keep],
    )
