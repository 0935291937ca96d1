"""All responses to one prompt: who was preferred to whom, their ranks, and where that goes round.

Bounded: of a prompt with more rows the first ones are looked at, which the result says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.schema import Floats, id_text
from core.signals.ranks import bradley_terry, cycles
from core.store.instance import Store

ROWS = 200
"""Most rows of a prompt that are looked at."""
RESPONSES = 40
"""Most responses that are ranked, in the order of the rows they stand in."""
LEAST = 3
"""Responses from which on there is a ranking to show."""
PREVIEW_CHARS = 160

Record = dict[str, Any]


@dataclass(frozen=True)
class Ranked:
    """One response; the first of all has rank 1 and the name A."""

    name: str
    preview: str
    model: str | None
    score: float
    """Bradley-Terry, nats, centred."""
    won: int
    lost: int
    tied: int


@dataclass(frozen=True)
class Comparison:
    """One row of the prompt."""

    row_id: int
    pair_id: str
    first: str
    """Name of the preferred response; of a tie, of the one named first."""
    second: str
    tie: bool
    source: str
    split: str
    row: int


@dataclass(frozen=True)
class PromptView:
    """A prompt's responses, best first, and what they were compared on."""

    responses: tuple[Ranked, ...]
    comparisons: tuple[Comparison, ...]
    cycles: tuple[tuple[str, str, str], ...]
    """Names: each is preferred to the next, and the last one to the first."""
    cut: bool
    """The prompt has more rows or responses than are looked at."""

    def wins(self) -> Floats:
        """Return how often one response (row) was preferred to another (column); ties are none."""
        at = {response.name: place for place, response in enumerate(self.responses)}
        found = np.zeros((len(at), len(at)))
        for row in self.comparisons:
            found[at[row.first], at[row.second]] += not row.tie
        return found


def prompt_view(store: Store, row_id: int, hidden: tuple[int, ...] = ()) -> PromptView | None:
    """Return the responses to a row's prompt, None where there are fewer than three.

    Rows of `hidden` are not looked at, so no rank or count tells anything of them.
    """
    asked = {"row_id": row_id, "size": ROWS + 1, "hidden": list(hidden)}
    rows = store.query("browse_prompt_pairs", asked).to_pylist()
    every = list(dict.fromkeys(row[side] for row in rows for side in ("chosen_id", "rejected_id")))
    if len(every) < LEAST:
        return None
    ids = every[:RESPONSES]
    kept = [r for r in rows[:ROWS] if r["chosen_id"] in ids and r["rejected_id"] in ids]
    place = {response: at for at, response in enumerate(ids)}
    wins = _wins(kept, place)
    scores = bradley_terry(wins)
    order = sorted(range(len(ids)), key=lambda at: (-scores[at], at))
    names = {ids[at]: name_of(rank) for rank, at in enumerate(order)}
    return PromptView(
        responses=_ranked(store, kept, [ids[at] for at in order], names, scores[order]),
        comparisons=tuple(_comparison(row, names) for row in kept),
        cycles=tuple((names[ids[i]], names[ids[j]], names[ids[k]]) for i, j, k in cycles(wins)),
        cut=len(kept) < len(rows),
    )


def name_of(rank: int) -> str:
    """Return A, B and so on for 0, 1 and so on; A2 follows Z."""
    letter, again = chr(ord("A") + rank % 26), rank // 26
    return f"{letter}{again + 1}" if again else letter


def _wins(rows: list[Record], place: dict[int, int]) -> Floats:
    wins = np.zeros((len(place), len(place)))
    for row in rows:
        first, second = place[row["chosen_id"]], place[row["rejected_id"]]
        tie = row["tie_kind"] is not None
        wins[first, second] += 0.5 if tie else 1.0
        wins[second, first] += 0.5 * tie
    return wins


def _ranked(
    store: Store, rows: list[Record], ids: list[int], names: dict[int, str], scores: Floats
) -> tuple[Ranked, ...]:
    asked = {"response_ids": ids, "preview": PREVIEW_CHARS}
    found = store.query("browse_prompt_responses", asked).to_pylist()
    previews = {record["response_id"]: record["preview"] for record in found}
    models = {r[f"{side}_id"]: r[f"{side}_model"] for r in rows for side in ("rejected", "chosen")}
    labels = [row for row in rows if row["tie_kind"] is None]
    ties = [row for row in rows if row["tie_kind"] is not None]
    return tuple(
        Ranked(
            name=names[response],
            preview=previews[response],
            model=models.get(response),
            score=float(score),
            won=sum(row["chosen_id"] == response for row in labels),
            lost=sum(row["rejected_id"] == response for row in labels),
            tied=sum(response in (row["chosen_id"], row["rejected_id"]) for row in ties),
        )
        for response, score in zip(ids, scores, strict=True)
    )


def _comparison(row: Record, names: dict[int, str]) -> Comparison:
    return Comparison(
        row_id=row["row_id"],
        pair_id=id_text(row["pair_id"]),
        first=names[row["chosen_id"]],
        second=names[row["rejected_id"]],
        tie=row["tie_kind"] is not None,
        source=row["source"],
        split=row["split"],
        row=row["row"],
    )
