"""Who is scored by which model: folds of prompts and canonical, label-free samples of pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import ScoreError
from core.schema import Bools, Ints, LabelledPairs

_MIN_PROMPTS = 100
"""Sources with fewer labelled prompts are too small for a model of their own."""


@dataclass(frozen=True)
class Group:
    """One model's teachers and pupils."""

    rows: Ints
    """Positions in the labelled pairs it learns from."""
    prompts: Ints
    """Sorted ids of the prompts whose responses it scores."""

    def scores(self, prompt_id: Ints) -> Bools:
        """Return which of the prompts it scores, shape of `prompt_id`."""
        at = np.minimum(np.searchsorted(self.prompts, prompt_id), len(self.prompts) - 1)
        return np.equal(self.prompts[at], prompt_id)


def mixed(ids: Ints, seed: int) -> npt.NDArray[np.uint64]:
    """Return well mixed 64-bit numbers, the same for an id on every machine.

    Source: SplitMix64 finaliser, Steele et al. 2014.
    """
    with np.errstate(over="ignore"):
        x = ids.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def fold_of(prompt_id: Ints, labelled: Ints, folds: int, seed: int) -> Ints:
    """Return the fold of every prompt, shape of `prompt_id`; labelled prompts are spread evenly.

    Labelled prompts are dealt out in the order of their mixed ids, others by their mixed id alone.
    """
    known = np.unique(labelled)
    dealt = np.empty(len(known), np.int64)
    dealt[np.argsort(mixed(known, seed), kind="stable")] = np.arange(len(known)) % folds
    at = np.minimum(np.searchsorted(known, prompt_id), len(known) - 1)
    others = (mixed(prompt_id, seed) % np.uint64(folds)).astype(np.int64)
    return np.where(known[at] == prompt_id, dealt[at], others)


def canonical(labels: LabelledPairs) -> Ints:
    """Return the order of rows in which models learn, whatever order they came in."""
    low = np.minimum(labels.chosen_id, labels.rejected_id)
    high = np.maximum(labels.chosen_id, labels.rejected_id)
    return np.lexsort((labels.chosen_id, _codes(labels.source), high, low, labels.prompt_id))


def _codes(source: tuple[str, ...]) -> Ints:
    """Return a small number per source; an array of names would take their longest per row."""
    number = {name: i for i, name in enumerate(sorted(set(source)))}
    return np.fromiter(map(number.__getitem__, source), np.int64, len(source))


def sample(labels: LabelledPairs, rows: Ints, most: int, seed: int) -> Ints:
    """Return at most `most` of `rows`, in their order; the choice does not look at labels."""
    if len(rows) <= most:
        return rows
    low = mixed(np.minimum(labels.chosen_id, labels.rejected_id)[rows], seed)
    high = mixed(np.maximum(labels.chosen_id, labels.rejected_id)[rows], seed)
    return rows[np.sort(np.argsort(low ^ (high >> np.uint64(1)), kind="stable")[:most])]


def groups(labels: LabelledPairs, prompt_id: Ints, folds: int) -> list[Group]:
    """Return one group per source that is large enough, and one taught by all for everything else.

    A model per source agrees with held-out labels more often than one for all.
    """
    if len(np.unique(labels.prompt_id)) < folds:
        raise ScoreError(
            f"Cross-fitting needs labels on at least {folds} prompts.",
            "Import more pairs, or score with a reward model.",
        )
    order = canonical(labels)
    source = _codes(labels.source)[order]
    by_source = [order[source == code] for code in np.unique(source)]
    found = [Group(rows, np.unique(labels.prompt_id[rows])) for rows in by_source]
    large = [group for group in found if len(group.prompts) >= _MIN_PROMPTS]
    covered = np.concatenate([np.empty(0, np.int64), *(group.prompts for group in large)])
    rest = np.setdiff1d(prompt_id, covered)
    return [*large, Group(order, rest)] if len(rest) else large
