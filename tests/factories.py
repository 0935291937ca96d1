"""Small pairs and stores made in the test: `make_pair(**over)`, `make_store(root, …)`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.commands.generation import advance, current
from core.commands.index import build
from core.commands.ingest import Tally, adopt_scores
from core.schema import (
    GOLD_COLUMNS,
    PAIR_COLUMNS,
    RATING_COLUMNS,
    SCORE_COLUMNS,
    VOTE_COLUMNS,
    PairBatch,
    SourceInfo,
)
from core.settings import Settings
from core.store.build import PairsBuilder
from core.store.instance import Store, open_store
from core.store.layout import Generation
from core.store.lock import writing

Row = dict[str, object]


def make_pair(number: int = 0, **over: object) -> Row:
    """Return one canonical pair row; `scores`, `votes`, `gold` and `ratings` may come along."""
    pair: Row = {
        "split": "train",
        "row": number,
        "prompt_messages": None,
        "prompt_text": f"question {number}",
        "chosen_messages": None,
        "chosen_text": f"a good answer to question {number}",
        "rejected_messages": None,
        "rejected_text": f"bad {number}",
        "chosen_model": None,
        "rejected_model": None,
        "label_kind": "given",
        "tie_kind": None,
        "strength": None,
        "extra": None,
    }
    return {**pair, **over}


def make_batch(rows: Sequence[Row]) -> PairBatch:
    """Return the rows as one batch.

    Besides the columns of a pair a row may hold `scores` {run: (chosen, rejected)}, `votes`
    {annotator: "chosen" | "rejected" | None}, `gold` "chosen" | "rejected", `ratings`
    {rater: (chosen, rejected)} and `leaks_label`.
    """
    children = {
        name: [c for i, row in enumerate(rows) for c in make(i, row)]
        for name, make in MAKERS.items()
    }
    return PairBatch(
        pairs=pa.Table.from_pylist(
            [{k: r[k] for k in PAIR_COLUMNS.names} for r in rows], PAIR_COLUMNS
        ),
        **{name: pa.Table.from_pylist(children[name], SCHEMAS[name]) for name in SCHEMAS},
    )


def make_store(
    root: Path,
    pairs: Sequence[Row] = (),
    *,
    source: str = "made",
    origin: str = "made",
    search: bool = False,
    named: bool = True,
) -> Store:
    """Import the pairs into the store at `root` (made when it is not there) and open it."""
    settings = Settings(store=root)
    info = SourceInfo(name=source, format="made", origin=origin, named=named, licence="CC0-1.0")
    with writing(root, "test"):
        old = current(settings)
        with PairsBuilder(root, old.pairs if old else None, "500MB", 2) as builder:
            builder.add(make_batch(pairs))
            source_id = builder.add_rows(info)
            runs = adopt_scores(root, builder, old.runs if old else {}, Tally())
            fingerprint, name = builder.finish(source_id, json.dumps({}))
        draft = Generation(fingerprint, name, "", None, runs)
        advance(settings, draft)
    if search:
        build(settings)
    return open_store(root)


def demo_pairs(n: int = 60, seed: int = 7) -> list[Row]:
    """Return `n` pairs with two disagreeing runs, some votes, gold, a tie and a contradiction."""
    draw = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        flipped = draw.random() < 0.2
        margin = (-1.0 if flipped else 1.0) + draw.normal() * 0.8
        scores = {"alpha": (margin, 0.0), "beta": (3 * margin + draw.normal(), 0.0)}
        gold = "rejected" if flipped else "chosen"
        votes = {f"w{k}": ("rejected" if draw.random() < 0.3 else "chosen") for k in range(3)}
        rows.append(make_pair(i, scores=scores, gold=gold, votes=votes if i % 3 == 0 else {}))
    rows.append(make_pair(n, tie_kind="both_bad", label_kind="tie"))
    swap = {"chosen_text": rows[0]["rejected_text"], "rejected_text": rows[0]["chosen_text"]}
    rows.append({**make_pair(0), **swap, "row": n + 1})
    rows.append({**make_pair(1), "row": n + 2})
    return rows


def _scores(item: int, row: Row) -> Iterable[Row]:
    given = row.get("scores") or {}
    leaks = bool(row.get("leaks_label"))
    for run, sides in _items(given):
        for side, value in zip(("chosen", "rejected"), sides, strict=True):
            yield {"item": item, "side": side, "run": run, "value": value, "leaks_label": leaks}


def _ratings(item: int, row: Row) -> Iterable[Row]:
    for rater, sides in _items(row.get("ratings") or {}):
        for side, value in zip(("chosen", "rejected"), sides, strict=True):
            yield {"item": item, "side": side, "rater": rater, "value": value, "leaks_label": False}


def _votes(item: int, row: Row) -> Iterable[Row]:
    given = row.get("votes") or {}
    if isinstance(given, Mapping):
        for annotator, winner in given.items():
            tie = None if winner else "tie"
            yield {"item": item, "annotator": annotator, "winner": winner, "tie_kind": tie}


def _gold(item: int, row: Row) -> Iterable[Row]:
    if row.get("gold"):
        yield {"item": item, "winner": row["gold"]}


def _items(given: object) -> Iterable[tuple[str, Sequence[float]]]:
    return given.items() if isinstance(given, Mapping) else ()


MAKERS = {"ratings": _ratings, "votes": _votes, "gold": _gold, "scores": _scores}
SCHEMAS = {
    "ratings": RATING_COLUMNS,
    "votes": VOTE_COLUMNS,
    "gold": GOLD_COLUMNS,
    "scores": SCORE_COLUMNS,
}
