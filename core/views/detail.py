"""Everything about one row: turns, signals, scores, votes, gold and the rows around it."""

from __future__ import annotations

import json
from typing import Any

from core.schema import id_text
from core.store.instance import Store
from core.views.results import PairDetail, RunScore, Sibling, Turn, Vote
from core.views.rows import PREVIEW_CHARS

SIBLINGS = 50
"""Most rows of the same pair or prompt that are listed."""

Record = dict[str, Any]


def pair_detail(store: Store, row_id: int) -> PairDetail | None:
    """Return everything about a row, None when there is no such row."""
    pair = _one(store, "browse_pair", row_id=row_id)
    if pair is None:
        return None
    signals = _one(store, "browse_signals", row_id=row_id) or {}
    prompt = _one(store, "browse_prompt", prompt_id=pair["prompt_id"]) or {}
    sides = {"chosen_id": pair["chosen_id"], "rejected_id": pair["rejected_id"]}
    texts = {r["response_id"]: r for r in _all(store, "browse_responses", **sides)}
    chosen, rejected = texts[pair["chosen_id"]], texts[pair["rejected_id"]]
    return PairDetail(
        row_id=row_id,
        pair_id=id_text(pair["pair_id"]),
        source=pair["source"],
        split=pair["split"],
        row=pair["row"],
        label_kind=pair["label_kind"],
        tie_kind=pair["tie_kind"],
        strength=pair["strength"],
        prompt=turns(prompt.get("messages"), prompt.get("text"), "user"),
        chosen=turns(chosen["messages"], chosen["text"], "assistant"),
        rejected=turns(rejected["messages"], rejected["text"], "assistant"),
        chosen_model=pair["chosen_model"],
        rejected_model=pair["rejected_model"],
        extra=pair["extra"],
        signals={column.name: signals.get(column.name) for column in store.signal_columns},
        scores=tuple(RunScore(**r) for r in _all(store, "browse_scores", **sides)),
        votes=_votes(store, pair),
        gold=_gold(store, pair),
        siblings=_siblings(store, pair),
    )


def turns(messages: str | None, text: str | None, role: str) -> tuple[Turn, ...]:
    """Return the turns of canonical messages, or one turn of `role` with the plain text."""
    if messages is None:
        return (Turn(role, text or ""),)
    return tuple(Turn(turn["role"], _content(turn.get("content"))) for turn in json.loads(messages))


def _content(content: object) -> str:
    """Return plain content as it is and anything else (tool calls, parts) as JSON."""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _winner(pair: Record, winner_id: int | None) -> str | None:
    return {pair["chosen_id"]: "chosen", pair["rejected_id"]: "rejected"}.get(winner_id)


def _votes(store: Store, pair: Record) -> tuple[Vote, ...]:
    return tuple(
        Vote(
            annotator=record["annotator"],
            aspect=record["aspect"],
            winner=_winner(pair, record["winner_id"]),
            tie_kind=record["tie_kind"],
            strength=record["strength"],
            reason=record["reason"],
        )
        for record in _all(store, "browse_votes", pair_id=pair["pair_id"])
    )


def _gold(store: Store, pair: Record) -> str | None:
    ids = {"pair_id": pair["pair_id"], "source_id": pair["source_id"]}
    record = _one(store, "browse_gold", **ids)
    if record is None:
        return None
    return _winner(pair, record["winner_id"]) or record["tie_kind"] or "tie"


def _siblings(store: Store, pair: Record) -> tuple[Sibling, ...]:
    ids = {key: pair[key] for key in ("pair_id", "prompt_id", "row_id")}
    records = _all(store, "browse_siblings", **ids, size=SIBLINGS, preview=PREVIEW_CHARS)
    return tuple(
        Sibling(
            row_id=record["row_id"],
            pair_id=id_text(record["pair_id"]),
            source=record["source"],
            split=record["split"],
            row=record["row"],
            relation=_relation(pair, record),
            preview=record["preview"],
        )
        for record in records
    )


def _relation(pair: Record, other: Record) -> str:
    if other["pair_id"] != pair["pair_id"]:
        return "same prompt"
    ties = (pair["tie_kind"] is not None, other["tie_kind"] is not None)
    if ties == (False, False):
        return "duplicate" if other["chosen_id"] == pair["chosen_id"] else "contradiction"
    return "duplicate" if all(ties) else "same pair"


def _all(store: Store, statement: str, **params: object) -> list[Record]:
    return list(store.query(statement, params).to_pylist())


def _one(store: Store, statement: str, **params: object) -> Record | None:
    return next(iter(_all(store, statement, **params)), None)
