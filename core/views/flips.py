"""Flips: rows that look reversed, with evidence and reasons, and rows that share their pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from core.schema import Condition, Cursor, Order, PairFilter, SignalColumn
from core.store.instance import Store
from core.views.browse import browse
from core.views.reasons import Circumstances, Opposite, VoteCount, reasons
from core.views.results import Evidence, PairPage, PairRow, Suspect, SuspectPage
from core.views.rows import next_cursor, page_params, pair_rows, records_by_row
from core.views.signals import EXPLICIT
from core.views.where import where_of

SUSPICION = "suspicion"
Conflict = Literal["contradiction", "duplicate"]
CONFLICTS: Mapping[Conflict, str] = {
    "contradiction": "contradicting_rows",
    "duplicate": "duplicate_rows",
}
"""Kind of conflict → the signal that counts the other rows."""


def suspects(
    store: Store, filter: PairFilter, after: Cursor | None = None, size: int = 50
) -> SuspectPage:
    """Return the rows of `filter` that look most reversed; rows without suspicion are left out."""
    if SUSPICION not in store.columns:
        where_of(store, filter)
        return SuspectPage((), None)
    known = replace(filter, conditions=(*filter.conditions, Condition(SUSPICION, "notnull")))
    page = browse(store, known, Order(SUSPICION, descending=True), after, size)
    runs, deviations = evidence_columns(store), _deviations(store, page.rows)
    circumstances = _circumstances(store, page.rows)
    gold = records_by_row(store, "flips_gold", _ids(page.rows))
    made = tuple(
        Suspect(
            pair=row,
            suspicion=row.signals[SUSPICION] or 0.0,
            evidence=(found := _evidence(row, runs, deviations[row.source])),
            reasons=reasons(row, found, circumstances[row.row_id]),
            gold=gold[row.row_id]["gold"] if row.row_id in gold else None,
        )
        for row in page.rows
    )
    return SuspectPage(made, page.after)


def conflicts(
    store: Store,
    filter: PairFilter,
    kind: Conflict,
    after: Cursor | None = None,
    size: int = 50,
) -> PairPage:
    """Return the rows of `filter` whose pair stands in other rows, those of one pair together."""
    where = where_of(store, filter)
    if CONFLICTS[kind] not in store.columns:
        return PairPage((), None)
    params = page_params(after, size)
    page = store.query("flips_conflicts", params, where, conflict=CONFLICTS[kind])
    return PairPage(pair_rows(store, page.slice(0, size)), next_cursor(page, size))


def evidence_columns(store: Store) -> tuple[SignalColumn, ...]:
    """Return the explicit margins that may speak: those of runs that do not leak the label."""
    leaking = {run.run_id for run in store.runs if run.leaks_label}
    return tuple(
        column
        for column in store.signal_columns
        if column.signal == EXPLICIT and column.run_id not in leaking
    )


def _deviations(store: Store, rows: tuple[PairRow, ...]) -> Mapping[str, Mapping[str, float]]:
    """Return source → column → population deviation of the margin, for the sources of `rows`."""
    sources = sorted({row.source for row in rows})
    if not sources or not any(c.signal == EXPLICIT for c in store.signal_columns):
        return {source: {} for source in sources}
    found = store.query("flips_deviations", {"sources": sources}).to_pylist()
    return {record.pop("source"): record for record in found}


def _evidence(
    row: PairRow, columns: tuple[SignalColumn, ...], deviations: Mapping[str, float]
) -> tuple[Evidence, ...]:
    found = []
    for column in columns:
        margin, deviation = row.signals[column.name], deviations.get(column.name)
        if margin is not None:
            standardised = margin / deviation if deviation else 0.0
            found.append(Evidence(column.run_id or column.name, margin, standardised))
    return tuple(found)


def _circumstances(store: Store, rows: tuple[PairRow, ...]) -> Mapping[int, Circumstances]:
    contradicted = tuple(row for row in rows if row.signals.get(CONFLICTS["contradiction"]))
    opposites = records_by_row(store, "flips_opposites", _ids(contradicted))
    votes = records_by_row(store, "flips_votes", _ids(rows))
    longer_wins = any(
        column.name == "length_ratio" and (column.mean or 0.0) > 0
        for column in store.signal_columns
    )
    return {
        row_id: Circumstances(
            opposite=Opposite(**opposites[row_id]) if row_id in opposites else None,
            votes=VoteCount(**votes[row_id]) if row_id in votes else None,
            longer_wins=longer_wins,
        )
        for row_id in _ids(rows)
    }


def _ids(rows: tuple[PairRow, ...]) -> list[int]:
    return [row.row_id for row in rows]
