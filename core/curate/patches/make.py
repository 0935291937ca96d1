"""A label patch from a store and people's verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.curate.judged import Judged
from core.curate.patches.patch import Header, Made, PatchLine, counted
from core.curate.pseudonyms import Called
from core.curate.reading import Rows, filtered_rows
from core.curate.recipe import Labels
from core.relabel.verdicts import Policy, Verdict, act
from core.schema import PairFilter
from core.store.instance import Store
from core.views.where import where_of

HASHED_ROWS = 20_000
"""Rows whose hashes are asked for at once."""
_RULING = "ruling of "


@dataclass(frozen=True)
class Drawn:
    """A patch before it is written."""

    header: Header
    lines: list[PatchLine]
    sentence: str
    """The filter in words."""


def make(store: Store, filter: PairFilter, labels: Labels, judged: Judged) -> Drawn:
    """Return what verdicts make of the labels of a filter's rows; rows that say the same are one.

    Raises:
        FilterError: the filter does not fit the store.
    """
    where = where_of(store, filter)
    rows = filtered_rows(store, where)
    lines = {line.key: line for line in _lines(store, rows, labels, judged)}
    header = Header(store.generation.fingerprint, (Made(labels, judged.head),), 0)
    return Drawn(*counted(header, lines.values()), where.sentence)


def _lines(store: Store, rows: Rows, labels: Labels, judged: Judged) -> Iterator[PatchLine]:
    policy = Policy(labels.on_reversed, labels.on_contested)
    found = {verdict.pair_id: verdict for verdict in judged.found}
    there = np.isin(rows.pair_id, np.fromiter(found, np.int64, len(found))) & ~rows.tie
    places = np.flatnonzero(there)
    places = places[np.argsort(rows.row_id[places], kind="stable")]  # as hashes come
    voters = _voters(judged)
    for start in range(0, places.size, HASHED_ROWS):
        piece = places[start : start + HASHED_ROWS]
        hashes = store.query("patch_hashes", {"rows": rows.row_id[piece].tolist()}).to_pylist()
        for at, held in zip(piece.tolist(), hashes, strict=True):
            verdict, chosen_id = found[int(rows.pair_id[at])], int(rows.chosen_id[at])
            action = act(verdict, chosen_id, policy)
            if action == "unresolved":
                continue
            old = held["chosen"]
            yield PatchLine(
                pair=held["pair"],
                old=old,
                new={"flip": held["rejected"], "remove": None}.get(action, old),
                action=action,
                share=verdict.soft(chosen_id) if action == "soft" else None,
                provenance=verdict.source,
                who=_who(verdict, voters, judged.people),
            )


def _voters(judged: Judged) -> Mapping[int, list[str]]:
    """Return by pair id the names of who voted on it."""
    found: dict[int, list[str]] = {}
    votes = judged.votes
    for unit, person in zip(votes.unit.tolist(), votes.person.tolist(), strict=True):
        found.setdefault(votes.pairs[unit], []).append(votes.people[person])
    return found


def _who(verdict: Verdict, voters: Mapping[int, list[str]], people: Called) -> tuple[str, ...]:
    if verdict.source.startswith(_RULING):
        return (verdict.source.removeprefix(_RULING),)
    names = voters.get(verdict.pair_id, ())
    return tuple(sorted(people.annotators.get(name, "an annotator") for name in names))
