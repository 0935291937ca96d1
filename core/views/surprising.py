"""Slices that differ from the rest of the filter by more than chance, after all comparisons.

Every stored run, the longer answer and the suspicion are held against every category and quarter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.schema import Floats, Ints, PairFilter, SignalColumn
from core.signals.multiple import benjamini_hochberg, two_shares
from core.signals.spec import SIGNALS
from core.store.instance import Store
from core.views.browse import count
from core.views.results import Share
from core.views.scorers import LENGTH, MOST_RUNS, run_margins
from core.views.slices import MOST_SLICES, SUSPICION
from core.views.slicing import Slice, categories, cuts_of, is_category, sample, value_slice
from core.views.wilson import share

FEWEST = 100
"""Rows that a slice, and what is outside of it, must have with the measure."""
LEVEL = 0.05
"""Expected share of false ones among those that are named."""
SUSPECT = 0.5

_BY_CONSTRUCTION = frozenset(
    ("Margins", "Committee", "Suspicion", "Potential", "ε-DPO", "Difficulty", "Ambiguity")
)
"""Families that are made of the runs' margins: agreement differs along them by construction."""
_OF_SUSPICION = frozenset(("Votes", "Gold", "Consistency"))
"""Families that are evidence of a reversed label themselves."""
_OF_LENGTH = frozenset(("Length",))
_MADE_OF = {"suspicion": _OF_SUSPICION, "longer": _OF_LENGTH, "run": frozenset[str]()}
_MIXED = frozenset(("controlled_margin", "style_probability"))
"""Of the family Style, yet the one is a margin, the other fitted to the label with the length."""


@dataclass(frozen=True)
class Measure:
    """What a slice's share is of."""

    kind: str
    """`run`, `longer` or `suspicion`."""
    run: str = ""

    def said(self, share: str) -> str:
        """Return what a share of this means, without a full stop."""
        if self.kind == "run":
            return f"{self.run} agrees with {share} of the labels"
        if self.kind == "longer":
            return f"the longer answer wins {share} of the pairs"
        return f"{share} of the labels have a suspicion of {SUSPECT:g} and more"


@dataclass(frozen=True)
class Surprise:
    """A slice whose share differs from that of the other rows of the filter."""

    measure: Measure
    slice: Slice
    here: Share
    rest: Share
    p: float
    """After Benjamini and Hochberg, over all comparisons."""

    @property
    def effect(self) -> float:
        """Return how far the share lies above that of the rest."""
        return (self.here.value or 0.0) - (self.rest.value or 0.0)

    @property
    def sentence(self) -> str:
        """Return it in words; names from the data stand in it as they are."""
        here, rest = (f"{100 * (s.value or 0.0):.0f} %" for s in (self.here, self.rest))
        said = self.measure.said(here)
        first = said if self.measure.kind == "run" else f"{said[:1].upper()}{said[1:]}"
        return f"{first} where {self.slice.column} {self.slice.words}, and {rest} elsewhere."


@dataclass(frozen=True)
class Surprises:
    """What was found, the largest difference first."""

    found: tuple[Surprise, ...]
    """All that hold."""
    strongest: tuple[Surprise, ...]
    """One for each measure and kind of column: quarters of like signals say the same."""
    comparisons: int
    rows: int
    """Rows that were looked at."""
    matching: int
    """Rows of the filter; more than `rows` where it was a sample."""


def surprising(store: Store, filter: PairFilter) -> Surprises:
    """Compare every slice with the rest of `filter`; those that hold at LEVEL, ranked."""
    margins = _margins(store)
    columns = [*categories(store), *_signals(store)]
    needed = {*columns, *(c.name for c in margins), LENGTH, SUSPICION}
    matching = count(store, filter).matching
    names = [name for name in store.columns if name in needed]
    table = sample(store, filter, names, matching)
    measures = _measures(table, {c.name: c.run_id or "" for c in margins})
    if not measures or not table.num_rows:
        return Surprises((), (), 0, table.num_rows, matching)
    trials = list(_trials(store, table, columns, measures))
    found = _held(trials)
    return Surprises(found, _strongest(store, found), len(trials), table.num_rows, matching)


@dataclass(frozen=True)
class Measured:
    """A measure over the sampled rows."""

    measure: Measure
    told: npt.NDArray[np.bool_]
    hit: npt.NDArray[np.bool_]
    """False where it is not told."""


@dataclass(frozen=True)
class Trial:
    """One comparison: k of n in the slice, and of all rows."""

    measure: Measure
    slice: Slice
    here: tuple[float, float]
    rest: tuple[float, float]


def _margins(store: Store) -> list[SignalColumn]:
    """Return the runs' margins, those with most rows; a run that knows the label tells nothing."""
    leaking = {run.run_id for run in store.runs if run.leaks_label}
    told = [column for run, column in run_margins(store).items() if run not in leaking]
    return sorted(told, key=lambda c: (-c.n, c.name))[:MOST_RUNS]


def _signals(store: Store) -> list[str]:
    return [
        column.name
        for column in store.signal_columns
        if _family(store, column.name) not in _BY_CONSTRUCTION and column.signal not in _MIXED
    ]


def _family(store: Store, name: str) -> str:
    """Return the family of a signal's column; a category is its own."""
    known = {column.name: column.signal for column in store.signal_columns}
    return SIGNALS.get(known[name]).family if name in known else name


def _measures(table: pa.Table, runs: dict[str, str]) -> list[Measured]:
    """Return what is known of the sampled rows, measures that none tells left out."""
    made = []
    for name in table.column_names:
        if name in runs or name == LENGTH:
            values = _floats(table, name)
            measure = Measure("run", runs[name]) if name in runs else Measure("longer")
            made.append(Measured(measure, np.abs(values) > 0, values > 0))
        elif name == SUSPICION:
            values = _floats(table, name)
            made.append(Measured(Measure("suspicion"), np.isfinite(values), values >= SUSPECT))
    return [one for one in made if one.told.any()]


def _floats(table: pa.Table, name: str) -> npt.NDArray[np.float32]:
    """Return a column, NaN where it is unknown."""
    values = table[name].cast(pa.float32()).to_numpy()
    return np.asarray(values, np.float32)


def _trials(
    store: Store, table: pa.Table, columns: Sequence[str], measures: Sequence[Measured]
) -> Iterator[Trial]:
    """Yield every comparison with enough rows on both sides."""
    n = len(measures)
    # Sums of ones and zeros below 2^24 are exact in single precision, and twice as fast.
    rows = np.stack(
        [*(m.told for m in measures), *(m.hit for m in measures)], axis=1, dtype=np.float32
    )
    total = rows.sum(axis=0, dtype=np.float64)
    for column in columns:
        pieces, codes = _pieces(store, table, column)
        family = _family(store, column)
        inside = codes[None, :] == np.arange(len(pieces))[:, None]
        sums = (inside.astype(np.float32) @ rows).astype(np.float64)
        for slice, counts in zip(pieces, sums, strict=True):
            rest = total - counts
            for i, one in enumerate(measures):
                enough = min(counts[i], rest[i]) >= FEWEST
                if enough and family not in _MADE_OF[one.measure.kind]:
                    here, others = (counts[n + i], counts[i]), (rest[n + i], rest[i])
                    yield Trial(one.measure, slice, here, others)


def _pieces(store: Store, table: pa.Table, column: str) -> tuple[Sequence[Slice], Ints]:
    """Return the slices of a column and each sampled row's, -1 for none."""
    if is_category(store, column):
        return _values(column, table[column])
    values = _floats(table, column)
    known = np.isfinite(values)
    cuts = cuts_of(column, values[known])
    if cuts is None:
        return _values(column, table[column])
    return cuts.slices(), np.where(known, cuts.codes(values), -1)


def _values(column: str, cells: pa.ChunkedArray) -> tuple[Sequence[Slice], Ints]:
    """Return the most frequent values of a column and each row's."""
    encoded = cells.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    values = encoded.dictionary.to_pylist()
    kept = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(values)), kind="stable")
    places = np.full(len(values) + 1, -1)
    places[kept[:MOST_SLICES]] = np.arange(len(kept[:MOST_SLICES]))
    return [value_slice(column, values[i]) for i in kept[:MOST_SLICES]], places[codes]


def _held(trials: Sequence[Trial]) -> tuple[Surprise, ...]:
    """Return the trials that hold after all of them, by the size of the difference."""
    cells = np.array([(*t.here, *t.rest) for t in trials], np.float64).reshape(-1, 4)
    adjusted = benjamini_hochberg(_p(cells))
    held = [
        Surprise(t.measure, t.slice, _share(t.here), _share(t.rest), float(p))
        for t, p in zip(trials, adjusted, strict=True)
        if p <= LEVEL
    ]
    # Of two values, each is the rest of the other: the smaller one is the one to name.
    return tuple(sorted(held, key=lambda found: (-abs(found.effect), found.here.n)))


def _p(cells: Floats) -> Floats:
    return two_shares(cells[:, 0], cells[:, 1], cells[:, 2], cells[:, 3])


def _share(counts: tuple[float, float]) -> Share:
    return share(int(counts[0]), int(counts[1]))


def _strongest(store: Store, found: Sequence[Surprise]) -> tuple[Surprise, ...]:
    """Keep the first for each measure and family of signals."""
    kept: dict[tuple[Measure, str], Surprise] = {}
    for one in found:
        kept.setdefault((one.measure, _family(store, one.slice.column)), one)
    return tuple(kept.values())
