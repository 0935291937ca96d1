"""Scorers: every run against the labels, gold, length and the other runs, over the whole store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints, RunInfo, SignalColumn
from core.store.filters import Where
from core.store.instance import Store
from core.views.results import RunsAgreement, ScoredRun, ScoredRuns, Share
from core.views.signals import EXPLICIT
from core.views.where import rows_where
from core.views.wilson import share

MARGINS = (EXPLICIT, "implicit_margin", "length_normalised_margin")
"""What a run's preference is read from: the first of these that it has."""
LENGTH, GOLD = "length_delta_chars", "gold_agrees"
LABELS = "the labels"
"""No run can have this name: it has a space."""
MOST_RUNS = 12
"""Runs of one statement, and of the matrix: combinations of signs, and cells, stay few."""


@dataclass(frozen=True)
class Signs:
    """Combinations of signs and how many rows have each."""

    by_name: Mapping[str, Floats]
    """Column → −1, 0 or 1 per combination, NaN where it is unknown."""
    n: Ints

    def of(self, name: str) -> Floats:
        """Return a column's sign per combination; unknown where it is not stored."""
        return self.by_name.get(name, np.full(len(self.n), np.nan))

    def share(self, these: Bools, among: Bools) -> Share:
        """Return the share of the rows of `among` that are `these`."""
        return share(int(self.n[these & among].sum()), int(self.n[among].sum()))


def scored_runs(store: Store, rows: tuple[int, ...] | None = None) -> ScoredRuns:
    """Return every run of the store and how often they agree, those with most rows first.

    With `rows`, what these contribute to every sum: see `core.views.without`.
    """
    where = None if rows is None else rows_where(rows)
    columns = run_margins(store)
    ranked = sorted(columns.values(), key=lambda c: (-c.n, c.name))
    groups = [ranked[i : i + MOST_RUNS] for i in range(0, len(ranked), MOST_RUNS)] or [[]]
    signs = [_signs(store, group, where) for group in groups]
    of_run = {c.run_id: s for group, s in zip(groups, signs, strict=True) for c in group}
    return ScoredRuns(
        rows=store.query("scorers_labelled", {}, where)["n"][0].as_py(),
        runs=tuple(_scored(run, columns.get(run.run_id), of_run) for run in store.runs),
        agreement=_matrix(signs[0], groups),
        longer_labelled=signs[0].share(signs[0].of(LENGTH) > 0, np.abs(signs[0].of(LENGTH)) > 0),
    )


def run_margins(store: Store) -> Mapping[str, SignalColumn]:
    """Return run → the margin that says what it prefers; runs without one are left out."""
    found: dict[str, SignalColumn] = {}
    for signal in MARGINS:
        for column in store.signal_columns:
            if column.signal == signal and column.run_id:
                found.setdefault(column.run_id, column)
    return found


def _signs(store: Store, columns: Sequence[SignalColumn], where: Where | None) -> Signs:
    names = [*(column.name for column in columns), LENGTH, GOLD]
    known = [name for name in names if name in store.columns]
    if not known:
        return Signs({}, np.zeros(0, np.int64))
    table = store.query("scorers_signs", {"names": known}, where)
    by_name = {name: table[name].to_numpy().astype(np.float64) for name in known}
    return Signs(by_name, table["n"].to_numpy())


def _scored(
    run: RunInfo, column: SignalColumn | None, of_run: Mapping[str | None, Signs]
) -> ScoredRun:
    signs = of_run.get(run.run_id, Signs({}, np.zeros(0, np.int64)))
    margin = signs.of(column.name if column else "")
    length, gold = signs.of(LENGTH), signs.of(GOLD)
    known, decided = np.isfinite(margin), np.abs(margin) > 0
    return ScoredRun(
        info=run,
        column=column.name if column else None,
        covered=int(signs.n[known].sum()),
        agreement=signs.share(margin > 0, decided),
        gold_agreement=signs.share((margin > 0) == (gold > 0), decided & np.isfinite(gold)),
        ties=signs.share(margin == 0, known),
        longer=signs.share(margin * length > 0, decided & (np.abs(length) > 0)),
    )


def _matrix(signs: Signs, groups: Sequence[Sequence[SignalColumn]]) -> RunsAgreement:
    """Count for every two rows of signs where both are not 0, and where they are equal."""
    first, *rest = groups
    rows = [np.ones(len(signs.n)), *(signs.of(column.name) for column in first)]
    sided = np.nan_to_num(np.stack(rows))
    both = (np.abs(sided) * signs.n) @ np.abs(sided).T
    same = (both + (sided * signs.n) @ sided.T) / 2
    return RunsAgreement(
        names=(LABELS, *(column.run_id or "" for column in first)),
        same=same.astype(np.int64),
        both=both.astype(np.int64),
        left_out=tuple(column.run_id or "" for group in rest for column in group),
    )
