"""A pair as a reviewer settles it: the texts in an order that tells nothing, the labels apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.store.instance import Store
from core.views.browse import rows_of
from core.views.detail import turns
from core.views.results import Turn
from core.views.rows import PREVIEW_CHARS, records_by_row


@dataclass(frozen=True)
class Labelled:
    """One row of the pair."""

    row_id: int
    source: str
    split: str
    row: int
    chosen_id: int | None
    """None of a tie."""
    tie_kind: str | None


@dataclass(frozen=True)
class PairTexts:
    """Both responses, the smaller id first: the order tells nothing."""

    pair_id: int
    prompt: tuple[Turn, ...]
    first_id: int
    second_id: int
    first: tuple[Turn, ...]
    second: tuple[Turn, ...]
    models: tuple[str | None, str | None]
    rows: tuple[Labelled, ...]
    gold_id: int | None
    gold_tie: str | None
    """What gold says where it names no winner; None without gold."""

    def number(self, response_id: int | None) -> int | None:
        """Return 1 or 2, None for what is none of the two."""
        return {self.first_id: 1, self.second_id: 2}.get(response_id or 0)


def pair_texts(store: Store, pair_id: int) -> PairTexts | None:
    """Return a pair by its id, None where this store has no such pair."""
    rows = [_one(store, "browse_pair", row_id=row) for row in rows_of(store, (pair_id,))]
    if not rows:
        return None
    pair = rows[0]
    first, second = sorted((pair["chosen_id"], pair["rejected_id"]))
    asked = {"chosen_id": first, "rejected_id": second}
    texts = {r["response_id"]: r for r in store.query("browse_responses", asked).to_pylist()}
    prompt = _one(store, "browse_prompt", prompt_id=pair["prompt_id"])
    ids = {"pair_id": pair_id, "source_id": pair["source_id"]}
    gold: dict[str, Any] = next(iter(store.query("browse_gold", ids).to_pylist()), {})
    models = {pair["chosen_id"]: pair["chosen_model"], pair["rejected_id"]: pair["rejected_model"]}
    return PairTexts(
        pair_id=pair_id,
        prompt=turns(prompt["messages"], prompt["text"], "user"),
        first_id=first,
        second_id=second,
        first=turns(texts[first]["messages"], texts[first]["text"], "assistant"),
        second=turns(texts[second]["messages"], texts[second]["text"], "assistant"),
        models=(models[first], models[second]),
        rows=tuple(_labelled(row) for row in rows),
        gold_id=gold.get("winner_id"),
        gold_tie=(gold["tie_kind"] or "tie") if gold and gold["winner_id"] is None else None,
    )


def labels_of(store: Store, pair_ids: tuple[int, ...]) -> tuple[tuple[int, int | None], ...]:
    """Return (pair id, id of the response called chosen) of every row of some pairs; None a tie."""
    if not pair_ids:
        return ()
    found = store.query("settle_labels", {"pair_ids": list(pair_ids)})
    return tuple(zip(found["pair_id"].to_pylist(), found["chosen_id"].to_pylist(), strict=True))


def pairs_by_source(
    store: Store, pair_ids: tuple[int, ...]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return every source with those of some pairs that it holds; a pair in several is in each."""
    if not pair_ids:
        return ()
    found: dict[str, list[int]] = {}
    for row in store.query("settle_sources", {"pair_ids": list(pair_ids)}).to_pylist():
        found.setdefault(row["source"], []).append(row["pair_id"])
    return tuple((source, tuple(pairs)) for source, pairs in found.items())


def previews(store: Store, pair_ids: tuple[int, ...]) -> dict[int, str]:
    """Return how the prompts of some pairs begin, by pair id; a pair of another store has none."""
    rows = list(rows_of(store, pair_ids))
    found = records_by_row(store, "browse_previews", rows, preview=PREVIEW_CHARS)
    return {record["pair_id"]: record["prompt"] for record in found.values()}


def _labelled(row: dict[str, Any]) -> Labelled:
    tie = row["tie_kind"]
    kept = {key: row[key] for key in ("row_id", "source", "split", "row")}
    return Labelled(**kept, chosen_id=None if tie else row["chosen_id"], tie_kind=tie)


def _one(store: Store, statement: str, **params: object) -> dict[str, Any]:
    found: list[dict[str, Any]] = store.query(statement, params).to_pylist()
    return found[0]
