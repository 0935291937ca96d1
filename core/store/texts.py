"""What the text statistics say of every row: counts of form, likeness, near duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.schema import Bools, Floats, Ints, RunInfo, TextValues
from core.schema.texts import SIGNATURE_BYTES, TEXT_FEATURES
from core.store.instance import Store
from core.store.near import Signatures, near_rows, signature_rows, similarity

SCORER = "textstats"
_FEW = 8
"""A text of fewer 3-grams, or of so many times fewer, is looked at itself."""
_HALF = 0.5
"""Of the shorter text's 3-grams: where so many seem to stand in the longer one it is looked at."""
_PIECE_CHARS = 16_000_000
_PIECE_ROWS = 100_000


@dataclass(frozen=True)
class _Found:
    """Signatures by id; an id that the run does not cover has the last place, which is all 0."""

    ids: Ints
    signatures: Signatures

    def places(self, ids: Ints) -> Ints:
        at = np.minimum(np.searchsorted(self.ids, ids), max(len(self.ids) - 1, 0))
        known = self.ids[at] == ids if len(self.ids) else np.zeros(len(ids), np.bool_)
        return np.where(known, at, len(self.ids))

    def known(self, places: Ints) -> Bools:
        return np.asarray(places < len(self.ids))


@dataclass(frozen=True)
class _Pairs:
    """Each pair once, in the order of `pair_id`, with its places among the signatures."""

    pair_id: Ints
    chosen_id: Ints
    rejected_id: Ints
    rows: Ints
    """Places of prompt and responses, shape (n, 3)."""
    known: Bools
    """The run covers all three."""


def text_values(store: Store, pair_id: Ints) -> TextValues | None:
    """Return what the store's run of text statistics says of rows of pairs, None without a run.

    About 400 bytes are held per row.
    """
    run = text_run(store)
    if run is None:
        return None
    table = store.query("inputs_texts", {"run_id": run.run_id})
    chosen, rejected = (
        {name: table[f"{side}_{name}"].to_numpy() for name in TEXT_FEATURES}
        for side in ("chosen", "rejected")
    )
    item, weight = _items(pair_id)
    first = np.empty(len(weight), np.int64)
    first[item[::-1]] = np.arange(len(item))[::-1]
    prompts = _signatures(store, "inputs_prompt_signatures", run)
    sides = _signatures(store, "inputs_signatures", run)
    pairs = _pairs(store, prompts, sides)
    alike = similarity(sides.signatures, pairs.rows[:, 1], pairs.rows[:, 2])
    alike[~pairs.known] = np.nan
    grams = [_grams(side, first) for side in (chosen, rejected)]
    near = np.full(len(weight), np.nan)
    near[pairs.known] = _near(prompts, sides, pairs, weight)
    return TextValues(
        chosen=chosen,
        rejected=rejected,
        similarity=alike[item],
        near_duplicates=near[item],
        contained=_contained(store, pairs, alike, *grams)[item],
    )


def text_run(store: Store) -> RunInfo | None:
    """Return the run of text statistics that covers the most responses, None without one."""
    runs = [run for run in store.runs if run.scorer == SCORER]
    whole = [run for run in runs if "signature" in store.run_columns(run.run_id)]
    return max(whole, key=lambda run: run.responses, default=None)


def _items(pair_id: Ints) -> tuple[Ints, Ints]:
    """Return per row the place of its pair in the order of ids, and how many rows a pair has."""
    _, item, weight = np.unique(pair_id, return_inverse=True, return_counts=True)
    return item, weight


def _signatures(store: Store, query: str, run: RunInfo) -> _Found:
    ids, parts = [np.empty(0, np.int64)], []
    for batch in store.stream(query, {"run_id": run.run_id}, rows=65_536):
        ids.append(batch["id"].to_numpy())
        parts.append(signature_rows(batch["signature"]))
    every, end = np.concatenate(ids), np.zeros((1, SIGNATURE_BYTES), np.uint8)
    made = np.concatenate([*parts, end])
    # What a scorer wrote is in order; what was adopted in several parts may not be.
    if (every[1:] < every[:-1]).any():
        order = np.argsort(every)
        every, made = every[order], made[np.append(order, len(order))]
    return _Found(every, made)


def _pairs(store: Store, prompts: _Found, sides: _Found) -> _Pairs:
    table = store.query("inputs_pairs")
    ids = {name: table[name].to_numpy() for name in table.column_names}
    places = [prompts.places(ids["prompt_id"])]
    places += [sides.places(ids[name]) for name in ("chosen_id", "rejected_id")]
    known = prompts.known(places[0]) & sides.known(places[1]) & sides.known(places[2])
    rows = np.stack(places, axis=1)
    return _Pairs(ids["pair_id"], ids["chosen_id"], ids["rejected_id"], rows, known)


def _near(prompts: _Found, sides: _Found, pairs: _Pairs, weight: Ints) -> Ints:
    """Return the other rows of the store that are nearly the same as each known pair's."""
    own = weight[pairs.known]
    rows = pairs.rows[pairs.known]
    return near_rows(prompts.signatures, sides.signatures, rows, own) + own - 1


def _grams(side: dict[str, npt.NDArray[np.float32]], rows: Ints) -> Floats:
    """Return how many different word 3-grams a side of each row has, 0 for a text without words."""
    n_words = side["n_words"][rows].astype(np.float64)
    grams = np.where(n_words > 0, np.maximum(n_words - 2, 1), n_words)
    return np.asarray(grams * (1 - np.nan_to_num(side["repetition"][rows])))


def _contained(
    store: Store, pairs: _Pairs, alike: Floats, chosen: Floats, rejected: Floats
) -> Floats:
    """Return 2, 1 or 0 per pair, NaN where unknown; texts are read where it may not be 0."""
    found = np.where(pairs.known, 0.0, np.nan)
    shorter, longer = np.minimum(chosen, rejected), np.maximum(chosen, rejected)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = alike / (1 + alike) * (shorter + longer) / shorter
    unsure = (shorter < _FEW) | (longer > _FEW * shorter) | (share >= _HALF)
    asked = np.flatnonzero(pairs.known & unsure)
    for items in _pieces(asked, longer):
        asking = {
            "item": items,
            "first": pairs.chosen_id[items],
            "second": pairs.rejected_id[items],
        }
        rows = store.query("inputs_contained", {k: v.tolist() for k, v in asking.items()})
        found[rows["item"].to_numpy()] = rows["contained"].to_numpy()
    return found


def _pieces(items: Ints, words: Floats) -> Iterator[Ints]:
    """Cut items so that the texts of a piece fit into memory."""
    size = np.cumsum(words[items] * 16 + _PIECE_CHARS / _PIECE_ROWS)
    piece = (size // _PIECE_CHARS).astype(np.int64)
    for at in np.split(items, np.flatnonzero(np.diff(piece)) + 1):
        if len(at):
            yield at
