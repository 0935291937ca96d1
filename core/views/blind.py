"""What an annotator sees of a pair: its texts, and nothing that tells which answer was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.store.instance import Store
from core.views.detail import turns
from core.views.results import Turn

PREVIEW_CHARS = 160
MOST_MODELS = 500

Turns = tuple[Turn, ...]


@dataclass(frozen=True)
class BlindPair:
    """The texts of a pair; left and right are the sides that were drawn for one showing."""

    prompt: Turns
    left: Turns
    right: Turns


@dataclass(frozen=True)
class Previews:
    """First words by pair id and by response id."""

    prompts: Mapping[int, str]
    answers: Mapping[int, str]


def blind_pair(store: Store, pair_id: int, left_id: int, right_id: int) -> BlindPair | None:
    """Return a pair's texts, None where the store has no pair of these two responses."""
    ids = {"pair_id": pair_id, "left_id": left_id, "right_id": right_id}
    for row in store.query("blind_pair", ids).to_pylist():
        return BlindPair(
            prompt=turns(row["prompt_messages"], row["prompt_text"], "user"),
            left=turns(row["left_messages"], row["left_text"], "assistant"),
            right=turns(row["right_messages"], row["right_text"], "assistant"),
        )
    return None


def blind_previews(
    store: Store, pair_ids: tuple[int, ...], response_ids: tuple[int, ...]
) -> Previews:
    """Return the first words of the prompts of some pairs and of some responses."""
    ids = {"pair_ids": list(pair_ids), "response_ids": list(response_ids)}
    rows = store.query("blind_previews", {**ids, "preview": PREVIEW_CHARS}).to_pylist()
    return Previews(
        prompts={row["id"]: row["preview"] or "" for row in rows if row["is_prompt"]},
        answers={row["id"]: row["preview"] or "" for row in rows if not row["is_prompt"]},
    )


def model_names(store: Store) -> tuple[str, ...]:
    """Return the names of the models that wrote answers here, at most MOST_MODELS."""
    found = store.query("blind_models", {"most": MOST_MODELS})
    return tuple(found["name"].to_pylist())
