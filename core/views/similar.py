"""Pairs like one by embedding: of other prompts, each once, the nearest first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import UnknownName
from core.schema import PairFilter, id_text
from core.store.instance import Store
from core.store.vectors import Asked, Nearest, Of
from core.views.rows import records_by_row
from core.views.where import where_of

Text = Literal["prompt", "chosen", "rejected"]
"""A text of a row; of a tie the answers are the first and the second."""
SIZE = 10
PREVIEW_CHARS = 160
_COLUMNS: dict[Text, str] = {
    "prompt": "prompt_embedding",
    "chosen": "embedding",
    "rejected": "embedding",
}


@dataclass(frozen=True)
class Similar:
    """A row with a text like the one that was asked for."""

    row_id: int
    pair_id: str
    source: str
    split: str
    row: int
    text: Text
    """Which of its texts is alike."""
    tie: bool
    similarity: float
    """Cosine, in [-1,1]."""
    preview: str


@dataclass(frozen=True)
class SimilarPairs:
    """What is like a row's text, and how far one looked."""

    pairs: tuple[Similar, ...]
    within: str
    """The filter's sentence."""
    missing: str = ""
    """Why nothing could be compared."""
    compared: int = 0
    """Vectors."""
    odd: int = 0
    """Vectors without a cosine: of zeros, or of another width."""
    texts: int = 0
    """Prompts, or responses, of the store, with a vector or without."""
    searched: float = 1.0
    """Share of the run's vectors; below 1 the time was over."""
    seconds: float = 0.0

    @property
    def needed(self) -> float:
        """Return about how many seconds all vectors take; infinite where none was compared."""
        return self.seconds / self.searched if self.searched else math.inf


def vector_runs(store: Store) -> dict[str, tuple[Text, ...]]:
    """Return the runs with embeddings, each with the texts of a row that it embeds."""
    found = {
        run: tuple(text for text, column in _COLUMNS.items() if column in store.run_columns(run))
        for run in store.parts
    }
    return {run: texts for run, texts in found.items() if texts}


def similar_pairs(
    store: Store, row_id: int, text: Text, run_id: str, filter: PairFilter, whole: bool = False
) -> SimilarPairs | None:
    """Return the rows of `filter` most like a row's text, None when there is no such row.

    Cosines are exact. `whole` takes the time it needs, else the store's limit of a page holds.
    """
    runs = vector_runs(store)
    if text not in runs.get(run_id, ()):
        raise UnknownName(f"run with embeddings of the {text}", run_id, runs)
    pair = next(iter(store.query("browse_pair", {"row_id": row_id}).to_pylist()), None)
    if pair is None:
        return None
    where = where_of(store, filter)
    vector = _vector(store, run_id, text, pair[f"{text}_id"])
    if why := _unfit(vector):
        return SimilarPairs((), where.sentence, why)
    of: Of = "prompt" if text == "prompt" else "answer"
    asked = Asked(run_id, of, vector, pair["prompt_id"], SIZE)
    found = store.nearest(asked, where, None if whole else store.scan_seconds)
    return SimilarPairs(
        pairs=_rows(store, found, text),
        within=where.sentence,
        compared=found.compared,
        odd=found.odd,
        texts=found.texts,
        searched=found.searched,
        seconds=found.seconds,
    )


def _vector(store: Store, run_id: str, text: Text, of: int) -> list[float]:
    name = "vectors_of_prompt" if text == "prompt" else "vectors_of_answer"
    found = store.query(name, {"run_id": run_id, "id": of})["vector"].to_pylist()
    return found[0] if found else []


def _unfit(vector: list[float]) -> str:
    """Return why nothing can be compared with a vector, nothing when it can."""
    if not vector:
        return "has no vector: it is empty, or came after the run"
    if not all(map(math.isfinite, vector)):
        return "has a vector that is no number"
    return "" if any(vector) else "has a vector of zeros, which points nowhere"


def _rows(store: Store, found: Nearest, text: Text) -> tuple[Similar, ...]:
    records = found.rows.to_pylist()
    row_ids = [record["row_id"] for record in records]
    known = records_by_row(store, "similar_rows", row_ids)
    texts = records_by_row(store, "browse_previews", row_ids, preview=PREVIEW_CHARS)
    return tuple(_similar(r, {**known[r["row_id"]], **texts[r["row_id"]]}, text) for r in records)


def _similar(record: dict[str, Any], row: dict[str, Any], text: Text) -> Similar:
    if text != "prompt":
        text = "chosen" if record["response_id"] == row["chosen_id"] else "rejected"
    return Similar(
        row_id=row["row_id"],
        pair_id=id_text(row["pair_id"]),
        source=row["source"],
        split=row["split"],
        row=row["row"],
        text=text,
        tie=row["tie_kind"] is not None,
        similarity=max(-1.0, min(1.0, record["similarity"])),
        preview=row[text],
    )
