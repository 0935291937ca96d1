"""The door of the import command: what a source is, what it looks like, then its pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import SourceError, UsageError
from core.formats.look import LOOK_ROWS
from core.formats.map_spec import Place
from core.formats.mapping import MapSpec, read_map, refuse_missing
from core.formats.recognise import recognise
from core.formats.sources import Source, open_source, read_batches
from core.formats.spec import FORMATS, FormatSpec
from core.schema import PAIR_COLUMNS, PairBatch, RawBatch, Recognition, SourceInfo

PREVIEW_ROWS = 3
_SEE = "python -m core formats lists what can be."


@dataclass(frozen=True)
class ImportPlan:
    """A source that was recognised; `batches` may be called any number of times."""

    info: SourceInfo
    recognition: Recognition
    preview: PairBatch
    """The first pairs, for a person to check the reading."""
    spec: FormatSpec | MapSpec
    source: Source
    limit: int | None = None

    def batches(self) -> Iterator[PairBatch]:
        """Stream the pairs; every source row is in exactly one of pairs, skipped or unpaired."""
        missing = _places(self.spec)
        for batch in read_batches(self.source, self.limit):
            if isinstance(self.spec, MapSpec) and missing:
                missing = self.spec.missing_in(batch, missing)
            yield convert(self.spec, batch)
        refuse_missing(missing, self.source.origin)


def plan_import(
    source_text: str,
    format_name: str | None = None,
    map_path: Path | None = None,
    split: str | None = None,
    limit: int | None = None,
) -> ImportPlan:
    """Open a source and recognise it, or take the format or map that was named."""
    _refuse_options(format_name, map_path, limit)
    spec: FormatSpec | MapSpec | None = read_map(map_path) if map_path else None
    if spec is None and format_name:
        spec = FORMATS.get(format_name)
    source = open_source(source_text, split)
    batch = _first_rows(source, limit)
    if spec is None:
        recognition = recognise(batch)
        spec = FORMATS.get(recognition.format)
    else:
        recognition = Recognition(spec.name, 1.0, f"named by --{'map' if map_path else 'format'}")
    if isinstance(spec, FormatSpec) and spec.refusal:
        raise SourceError(f"{source_text} cannot be imported. {spec.refusal}", _SEE)
    if isinstance(spec, MapSpec):
        refuse_missing(spec.missing_in(batch, spec.required()), source.origin)
    preview = _preview(spec, batch)
    return ImportPlan(_info(source, spec), recognition, preview, spec, source, limit)


def _refuse_options(format_name: str | None, map_path: Path | None, limit: int | None) -> None:
    if format_name and map_path:
        raise UsageError(
            "--map and --format both say how the rows are read.", "Give one of the two."
        )
    if limit is not None and limit < 1:
        raise UsageError(f"--limit must be 1 or more, not {limit}.")


def _first_rows(source: Source, limit: int | None) -> RawBatch:
    rows = LOOK_ROWS if limit is None else min(limit, LOOK_ROWS)
    bad = ""
    for batch in read_batches(source, rows):
        if batch.table.num_rows:
            return batch
        bad = bad or next((f"; line {s.line}: {s.reason}" for s in batch.skipped), "")
    raise SourceError(f"{source.origin} holds no row that can be read{bad}.")


def convert(spec: FormatSpec | MapSpec, batch: RawBatch) -> PairBatch:
    """Return the batch's pairs, with the rows that could not even be read among the skipped."""
    if batch.table.num_rows == 0:
        return PairBatch(PAIR_COLUMNS.empty_table(), skipped=batch.skipped)
    pairs = spec.to_pairs(batch)
    return replace(pairs, skipped=batch.skipped + pairs.skipped)


def _places(spec: FormatSpec | MapSpec) -> frozenset[Place]:
    return frozenset(spec.mapped.places()) if isinstance(spec, MapSpec) else frozenset()


def _preview(spec: FormatSpec | MapSpec, batch: RawBatch) -> PairBatch:
    pairs = convert(spec, batch)
    return replace(pairs, pairs=pairs.pairs.slice(0, PREVIEW_ROWS))


def _info(source: Source, spec: FormatSpec | MapSpec) -> SourceInfo:
    info = SourceInfo(
        name=_name(source.name),
        format=spec.name,
        origin=source.origin,
        revision=source.revision,
        licence=source.licence,
    )
    if isinstance(spec, FormatSpec):
        return info
    return replace(
        info,
        name=spec.source_name or info.name,
        revision=spec.revision or info.revision,
        licence=spec.licence or info.licence,
        named=spec.source_name is not None,
    )


def _name(text: str) -> str:
    """Return a name fit for a link: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:80] or "source"
