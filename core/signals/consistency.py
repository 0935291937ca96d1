"""Consistency: the same two responses more than once, with equal or opposite labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints, SignalInputs
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

MOST = 127
"""Counts are capped here, the largest TINYINT; pages say "127 or more"."""

_NEEDS = "Pairs; every import has them."
_LIMITS = (
    f"Counts stop at {MOST}. Only exactly equal texts meet; near duplicates are another question."
)


@dataclass(frozen=True)
class Siblings:
    """Other rows of each row's pair, shape (n,) each; NaN on ties."""

    same: Floats
    """With the same label."""
    opposite: Floats
    """With the opposite label."""


def siblings(pair_id: Ints, chosen_id: Ints, tie: Bools) -> Siblings:
    """Count the other rows of each row's pair by whether their label is the same.

    A pair has two responses, so a label is either that of the pair's first row or its opposite.
    Ties have no label: NaN there, and they count for no other row.
    """
    _, pair = np.unique(np.where(tie, -1, pair_id), return_inverse=True)
    first = np.zeros(len(pair), chosen_id.dtype)
    # Written from the last row to the first, so that the first one stays.
    first[pair[::-1]] = chosen_id[::-1]
    same_as_first = chosen_id == first[pair]
    total = np.bincount(pair)[pair]
    alike = np.bincount(pair, weights=same_as_first)[pair]
    same = np.where(same_as_first, alike, total - alike)
    return Siblings(np.where(tie, np.nan, same - 1), np.where(tie, np.nan, total - same))


def _duplicates(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return _capped(_siblings(inputs).same)


def _contradictions(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return _capped(_siblings(inputs).opposite)


def _siblings(inputs: SignalInputs) -> Siblings:
    return siblings(inputs.pair_id, inputs.chosen_id, inputs.tie)


def _capped(counts: Floats) -> Mapping[str, Values]:
    return {"": Values(np.minimum(counts, MOST))} if len(counts) else {}


_VECTOR: Mapping[str, object] = {
    "pair_id": [7, 7, 7, 8, 7],
    "chosen_id": [1, 1, 2, 3, 1],
    "tie": [False, False, False, False, True],
}
SIGNALS.register(
    SignalSpec(
        name="duplicate_rows",
        title="Duplicate rows",
        family="Consistency",
        formula="number of other rows with the same prompt, the same responses and the same label",
        latex=r"d_i = |\{ j \ne i : p_j = p_i,\ w_j = w_i \}|",
        direction="Above 0: the judgement stands in the data more than once.",
        unit="rows",
        lower=0.0,
        upper=float(MOST),
        needs=_NEEDS,
        paper="Lee et al. 2021, arXiv:2107.06499",
        limits=_LIMITS,
        example="Three rows of one pair, two with one label and one with the other: 1, 1 and 0.",
        vectors=(Vector(_VECTOR, (1.0, 1.0, 0.0, 0.0, None)),),
        compute=_duplicates,
        integer=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="contradicting_rows",
        title="Contradicting rows",
        family="Consistency",
        formula="number of rows with the same prompt, the same responses and the opposite label",
        latex=r"c_i = |\{ j : p_j = p_i,\ w_j = l_i \}|",
        direction="Above 0: somebody labelled the same two responses the other way round.",
        unit="rows",
        lower=0.0,
        upper=float(MOST),
        needs=_NEEDS,
        paper="Northcutt et al. 2021, arXiv:1911.00068",
        limits=_LIMITS,
        example="Three rows of one pair, two with one label and one with the other: 1, 1 and 2.",
        vectors=(Vector(_VECTOR, (1.0, 1.0, 2.0, 0.0, None)),),
        compute=_contradictions,
        integer=True,
    )
)
