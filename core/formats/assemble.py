"""From canonical content to a PairBatch: what all families with a chosen side share."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.formats.chunk import SHOWN_CHARS
from core.formats.conversations import PairContent
from core.formats.values import (
    BadRow,
    Numbers,
    column_values,
    extra_of,
    label_column,
    number_column,
    numbers,
)
from core.schema import PAIR_COLUMNS, RATING_COLUMNS, Floats, Ints, PairBatch, RawBatch, Skipped

CONTENT = tuple(
    f"{part}_{form}" for part in ("prompt", "chosen", "rejected") for form in ("messages", "text")
)
RATER = "source"
"""Who rated, when columns do not say."""


@dataclass(frozen=True)
class SideColumns:
    """Two columns that say the same of the chosen and of the rejected response."""

    chosen: str
    rejected: str
    aspect: str = ""


RATINGS = (
    SideColumns("score_chosen", "score_rejected", "score"),
    SideColumns("chosen_score", "rejected_score", "score"),
    SideColumns("chosen-rating", "rejected-rating", "rating"),
    SideColumns("chosen_rating", "rejected_rating", "rating"),
)
MODELS = (
    SideColumns("chosen-model", "rejected-model"),
    SideColumns("chosen_model", "rejected_model"),
)
METADATA = "metadata"
STRENGTH = "margin"


@dataclass(frozen=True)
class Kept:
    """The rows of a batch that are pairs: their positions and content columns."""

    positions: Ints
    columns: dict[str, pa.Array]
    skipped: tuple[Skipped, ...] = ()


@dataclass
class _Ratings:
    tables: list[pa.Table] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    losses: Counter[str] = field(default_factory=Counter)


def assemble(batch: RawBatch, kept: Kept, used: Iterable[str]) -> PairBatch:
    """Add row numbers, models, strength, ratings and the unused columns to the content."""
    names = set(batch.table.column_names)
    models = next((m for m in MODELS if {m.chosen, m.rejected} <= names), None)
    ratings = _ratings(batch, kept)
    strength, lost = _strength(batch, kept)
    taken = {*used, *ratings.used, STRENGTH}
    columns = dict(kept.columns)
    if models:
        taken |= {models.chosen, models.rejected}
        columns["chosen_model"] = label_column(batch, models.chosen).take(kept.positions)
        columns["rejected_model"] = label_column(batch, models.rejected).take(kept.positions)
    columns["strength"] = strength
    extra = extra_of(batch, frozenset(taken))
    columns["extra"] = extra.texts.take(kept.positions)
    columns["label_kind"] = pa.repeat("given", len(kept.positions))
    tables = pa.concat_tables(ratings.tables) if ratings.tables else RATING_COLUMNS.empty_table()
    return PairBatch(
        pairs=pair_table(batch, kept.positions, columns),
        ratings=tables,
        skipped=kept.skipped,
        losses={**ratings.losses, **lost, **extra.losses},
    )


def pair_table(batch: RawBatch, positions: Ints, columns: dict[str, pa.Array]) -> pa.Table:
    """Return the pairs' table: given columns, the rows' numbers, and nulls."""
    n = len(positions)
    given = {"split": pa.repeat(batch.split, n), "row": pa.array(batch.rows[positions]), **columns}
    arrays = [given.get(f.name, pa.nulls(n, f.type)).cast(f.type) for f in PAIR_COLUMNS]
    return pa.Table.from_arrays(arrays, schema=PAIR_COLUMNS)


def _strength(batch: RawBatch, kept: Kept) -> tuple[pa.Array, dict[str, int]]:
    if STRENGTH not in batch.table.column_names:
        return pa.nulls(len(kept.positions), pa.float64()), {}
    found = number_column(batch, STRENGTH)
    return nullable(found.values[kept.positions]), _lost(STRENGTH, found)


def nullable(values: Floats) -> pa.Array:
    """Return Arrow numbers, null where NaN."""
    return pa.array(values, mask=np.isnan(values))


def _lost(name: str, found: Numbers) -> dict[str, int]:
    return {f"A value of {name} is not a finite number": found.unusable} if found.unusable else {}


def _ratings(batch: RawBatch, kept: Kept) -> _Ratings:
    names, made = set(batch.table.column_names), _Ratings()
    for pair in RATINGS:
        if {pair.chosen, pair.rejected} <= names:
            made.used |= {pair.chosen, pair.rejected}
            for side, name in (("chosen", pair.chosen), ("rejected", pair.rejected)):
                _rate(made, kept, side, pair.aspect, name, number_column(batch, name))
    if METADATA in names:
        _metadata_ratings(made, batch, kept)
    return made


def _metadata_ratings(made: _Ratings, batch: RawBatch, kept: Kept) -> None:
    """Read metadata.score_*; the column itself stays in `extra` for what else it says."""
    values = column_values(batch, METADATA)
    for side in ("chosen", "rejected"):
        name = f"score_{side}"
        found = numbers([v.get(name) if isinstance(v, dict) else None for v in values])
        _rate(made, kept, side, "score", f"{METADATA}.{name}", found)


def _rate(made: _Ratings, kept: Kept, side: str, aspect: str, name: str, found: Numbers) -> None:
    values = found.values[kept.positions]
    items = np.flatnonzero(~np.isnan(values))
    made.losses.update(_lost(name, found))
    columns = [items, pa.repeat(side, len(items)), pa.repeat(RATER, len(items))]
    columns += [pa.repeat(aspect, len(items)), values[items], pa.repeat(False, len(items))]
    if len(items):
        made.tables.append(
            pa.Table.from_arrays([pa.array(c) for c in columns], schema=RATING_COLUMNS)
        )


def keep_texts(batch: RawBatch, prompt: pa.Array, chosen: pa.Array, rejected: pa.Array) -> Kept:
    """Return the rows whose three texts are there and whose responses differ: no row in Python."""
    parts = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    good = pc.fill_null(pc.not_equal(chosen, rejected), False)
    for part in parts.values():
        good = pc.and_(good, pc.is_valid(part))
    positions = np.flatnonzero(good.to_numpy(zero_copy_only=False))
    whole = len(positions) == len(good)
    columns = {f"{n}_text": part if whole else part.filter(good) for n, part in parts.items()}
    bad = () if whole else np.flatnonzero(~good.to_numpy(zero_copy_only=False))
    skipped = [skip(batch, int(i), _text_reason(parts, int(i))) for i in bad]
    return Kept(positions, columns, tuple(skipped))


def _text_reason(parts: dict[str, pa.Array], at: int) -> str:
    missing = [name for name, part in parts.items() if not part[at].is_valid]
    if missing:
        return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing or no text"
    return "chosen and rejected are identical"


def skip(batch: RawBatch, at: int, reason: str) -> Skipped:
    """Quarantine the row at a position of the batch."""
    row = batch.table.slice(at, 1).to_pylist()
    shown = json.dumps(row[0] if row else {}, ensure_ascii=False, default=str)
    return Skipped(batch.origin, int(batch.lines[at]), reason, shown[:SHOWN_CHARS])


def keep_rows(batch: RawBatch, names: Sequence[str], convert: Callable[..., PairContent]) -> Kept:
    """Convert rows one by one (nested families); `convert` gets the named columns' values."""
    contents, positions, skipped = [], [], []
    columns = [column_values(batch, name) for name in names]
    for at, values in enumerate(zip(*columns, strict=True)):
        try:
            contents.append(convert(*values))
        except BadRow as error:
            skipped.append(skip(batch, at, str(error)))
        else:
            positions.append(at)
    return Kept(np.array(positions, dtype=np.int64), content_columns(contents), tuple(skipped))


def content_columns(contents: Sequence[PairContent]) -> dict[str, pa.Array]:
    """Return the six content columns, chosen being the first of each pair."""
    lists = [
        [c.prompt.messages for c in contents],
        [c.prompt.text for c in contents],
        [c.first.messages for c in contents],
        [c.first.text for c in contents],
        [c.second.messages for c in contents],
        [c.second.text for c in contents],
    ]
    return {n: pa.array(values, pa.string()) for n, values in zip(CONTENT, lists, strict=True)}
