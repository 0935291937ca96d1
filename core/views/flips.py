"""Flips: rows that look reversed, with evidence and reasons, and rows that share their pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.schema import Cursor, PairFilter, SignalColumn
from core.store.instance import Store
from core.views.bands import BANDS, SUSPICION, Band, banding
from core.views.evidence import decompositions
from core.views.reasons import Circumstances, Opposite, VoteCount, reasons
from core.views.results import Evidence, Kind, PairPage, PairRow, Suspect, SuspectPage
from core.views.rows import next_cursor, page_params, pair_rows, records_by_row
from core.views.signals import EXPLICIT
from core.views.where import where_of

IMPLICIT = "implicit_margin"
Conflict = Literal["contradiction", "duplicate"]
CONFLICTS: Mapping[Conflict, str] = {
    "contradiction": "contradicting_rows",
    "duplicate": "duplicate_rows",
}
"""Kind of conflict → the signal that counts the other rows."""


def suspects(
    store: Store,
    filter: PairFilter,
    after: Cursor | None = None,
    size: int = 50,
    band: Band | None = None,
) -> SuspectPage:
    """Return the rows of `filter` in a band, or in any, that look most reversed.

    Rows without suspicion are left out, and contested ones: they are `contested_pairs`.
    """
    where = where_of(store, filter)
    if SUSPICION not in store.columns:
        return SuspectPage((), None)
    names, limits = banding(store)
    params = {**page_params(after, size, -1.0), **limits, "bands": [band] if band else list(BANDS)}
    page = store.query("flips_suspects", params, where, **names)
    rows = pair_rows(store, page.slice(0, size))
    return SuspectPage(_suspects(store, rows), next_cursor(page, size, -1.0))


def _suspects(store: Store, rows: tuple[PairRow, ...]) -> tuple[Suspect, ...]:
    kinds, circumstances = evidence_kinds(store), _circumstances(store, rows)
    gold = records_by_row(store, "flips_gold", _ids(rows))
    parts = decompositions(store, rows)
    return tuple(
        Suspect(
            pair=row,
            suspicion=row.signals[SUSPICION] or 0.0,
            evidence=(found := _evidence(row, kinds)),
            decomposition=parts[row.row_id],
            reasons=reasons(row, found, circumstances[row.row_id]),
            gold=gold[row.row_id]["gold"] if row.row_id in gold else None,
        )
        for row in rows
    )


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


def evidence_kinds(store: Store) -> Mapping[str, tuple[str, Kind]]:
    """Return column → run and kind: rewards, and what policies learned, where no label leaks."""
    runs = {run.run_id: run for run in store.runs if not run.leaks_label}
    return {
        column.name: (run.run_id, _kind(column.signal, run.scorer))
        for column in store.signal_columns
        if column.signal in (EXPLICIT, IMPLICIT) and (run := runs.get(column.run_id or ""))
    }


def _kind(signal: str, scorer: str) -> Kind:
    if signal == IMPLICIT:
        return "policy"
    return "judge" if scorer == "judge" else "reward model"


def _evidence(row: PairRow, kinds: Mapping[str, tuple[str, Kind]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(run_id, kind, margin)
        for name, (run_id, kind) in kinds.items()
        if (margin := row.signals[name]) is not None
    )


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
