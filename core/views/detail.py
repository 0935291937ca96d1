"""Everything about one row: turns, signals, scores, votes, gold and the rows around it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.schema import Cursor, Order, PairFilter, id_text
from core.store.instance import Store
from core.views.results import PairDetail, RunScore, Sibling, Turn, Vote
from core.views.rows import PREVIEW_CHARS, page_params
from core.views.where import number_column, where_of

SIBLINGS = 50
"""Most rows of the same pair or prompt that are listed."""

Record = dict[str, Any]
_JSON: dict[str, Any] = {"ensure_ascii": False, "indent": 2}


@dataclass(frozen=True)
class Near:
    """A row next to another one in some order."""

    row_id: int
    pair_id: str
    value: float | None
    """Of the column that orders."""


def pair_detail(store: Store, row_id: int, hidden: tuple[int, ...] = ()) -> PairDetail | None:
    """Return everything about a row, None when there is no such row, or it is one of `hidden`.

    Rows of `hidden` do not stand among its siblings either.
    """
    pair = None if row_id in hidden else _one(store, "browse_pair", row_id=row_id)
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
        siblings=_siblings(store, pair, hidden),
    )


def next_row(store: Store, filter: PairFilter, order: Order, after: Cursor | None) -> Near | None:
    """Return the first row of `filter` after a place in `order`, None at the end; no text."""
    sign = -1.0 if order.descending else 1.0
    params = {"sign": sign, **page_params(after, 0, sign)}
    del params["size"]
    column = number_column(store, order.name)
    where = where_of(store, filter)
    for row in store.query("browse_near", params, where, order=column).to_pylist():
        return Near(row["row_id"], id_text(row["pair_id"]), row["found"])
    return None


def turns(messages: str | None, text: str | None, role: str) -> tuple[Turn, ...]:
    """Return the turns of canonical messages, or one turn of `role` with the plain text."""
    if messages is None:
        return (Turn(role, text or ""),)
    return tuple(turn for message in json.loads(messages) for turn in _said(message))


def _said(message: dict[str, object]) -> Iterator[Turn]:
    """Yield what a message says, then what else it holds: tool calls, names, audio."""
    role = str(message["role"])
    if "content" in message or len(message) == 1:
        yield Turn(role, _content(message.get("content")))
    for key, value in message.items():
        if key not in ("role", "content"):
            yield Turn(f"{role}, {key}", _content(value))


def _content(content: object) -> str:
    """Return plain content as it is and anything else (tool calls, parts) as JSON to be read."""
    return content if isinstance(content, str) else json.dumps(_opened(content), **_JSON)


def _opened(value: object) -> object:
    """Return tool calls with their arguments, which come as JSON in a text, as what they are."""
    if isinstance(value, list):
        return [_opened(item) for item in value]
    if isinstance(value, dict):
        return {k: _arguments(v) if k == "arguments" else _opened(v) for k, v in value.items()}
    return value


def _arguments(value: object) -> object:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return found if isinstance(found, dict | list) else value


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


def _siblings(store: Store, pair: Record, hidden: tuple[int, ...]) -> tuple[Sibling, ...]:
    ids = {key: pair[key] for key in ("pair_id", "prompt_id", "row_id")}
    shown = {"size": SIBLINGS, "preview": PREVIEW_CHARS, "hidden": list(hidden)}
    records = _all(store, "browse_siblings", **ids, **shown)
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
