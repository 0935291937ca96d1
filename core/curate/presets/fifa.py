"""FiFA: large margin, good prompt, and prompts that lie apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.curate.draws import uniform
from core.curate.presets.cuts import (
    CUT,
    NOT_SCORED,
    count,
    lowest,
    moments,
    share,
    some,
    steady,
)
from core.curate.presets.diversity import DIGITS, farthest_first, log_distances
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec
from core.errors import ExportError
from core.registry import Param
from core.schema import Bools, Floats, Ints
from core.signals.potential import z_scores

MOST_PROMPTS = 100_000
_REFERENCE = 2_048
"""Prompts that neighbours are looked for in: all up to here, a draw of them beyond. 100,000 prompts
take minutes against each other and seconds against a draw, which moves all distances alike."""
_GREEDY = 1_000
"""Rows up to which they are chosen one by one; each step reads twice as many vectors."""


@dataclass(frozen=True)
class _Scores:
    """Of the rows that have everything, aligned."""

    rows: Ints
    base: Floats
    """z(margin) + a·z(quality)."""
    distance: Floats
    """ln of the distance to the k-th nearest prompt."""
    total: Floats


def _fifa(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    vectors = _vectors(inputs)
    scores = _scores(inputs, vectors, _scored(inputs, vectors), params)
    n = count(params["share"], scores.rows.size)
    picked = _greedy if 0 < n <= _GREEDY else _best
    places = scores.rows[picked(inputs, vectors, scores, n, params["diversity"])]
    out = {
        NOT_SCORED: inputs.row_id.size - scores.rows.size,
        CUT: scores.rows.size - places.size,
    }
    facts = moments("margin", inputs.signals["margin"][scores.rows])
    facts |= moments("log_distance", scores.distance) | {"one_by_one": float(n <= _GREEDY)}
    return Kept(places, ranked=True, left_out=some(out), facts=facts)


def _vectors(inputs: PresetInputs) -> Floats:
    if inputs.vectors is None:
        raise ExportError(
            "The preset fifa needs embeddings of the prompts, which the store does not have.",
            "Make them: python -m core score embedding.",
        )
    return inputs.vectors


def _scored(inputs: PresetInputs, vectors: Floats) -> Ints:
    """Return the rows with a margin, a prompt's vector and, where it is asked for, a quality."""
    found: Bools = np.isfinite(inputs.signals["margin"])
    if "quality" in inputs.signals:
        found = found & np.isfinite(inputs.signals["quality"])
    rows = np.flatnonzero(found)
    return rows[np.isfinite(vectors[rows, 0])] if rows.size else rows


def _scores(
    inputs: PresetInputs, vectors: Floats, rows: Ints, params: Mapping[str, float]
) -> _Scores:
    base = np.minimum(z_scores(inputs.signals["margin"][rows]), params["cap"])
    if "quality" in inputs.signals:
        base = base + params["quality"] * z_scores(inputs.signals["quality"][rows])
    distance = _distances(inputs, vectors, rows, int(params["k"]))
    total = base + params["diversity"] * z_scores(distance)
    return _Scores(rows, base, distance, steady(total, DIGITS))


def _distances(inputs: PresetInputs, vectors: Floats, rows: Ints, k: int) -> Floats:
    """Return each row's distance among the different prompts; rows of one prompt have one."""
    prompts, first, place = np.unique(
        inputs.prompt_id[rows], return_index=True, return_inverse=True
    )
    if prompts.size > MOST_PROMPTS:
        raise ExportError(
            f"The preset fifa compares {MOST_PROMPTS:,} prompts at most, not {prompts.size:,}.",
            "Narrow the filter, or take another preset.",
        )
    reference = np.sort(lowest(uniform(prompts, inputs.seed), prompts, _REFERENCE))
    return log_distances(vectors, rows[first], reference, k)[place]


def _best(inputs: PresetInputs, vectors: Floats, scores: _Scores, n: int, weight: float) -> Ints:
    return lowest(-scores.total, inputs.pair_id[scores.rows], n)


def _greedy(inputs: PresetInputs, vectors: Floats, scores: _Scores, n: int, weight: float) -> Ints:
    """Return n of the 2n best rows, chosen one by one, far from those already chosen."""
    pool = _best(inputs, vectors, scores, 2 * n, weight)
    deviation = float(scores.distance.std())
    scale = weight / deviation if deviation > 10.0**-DIGITS else 0.0
    chosen = farthest_first(
        vectors[scores.rows[pool]].astype(np.float64),
        scores.base[pool],
        scores.total[pool],
        scale,
        n,
    )
    return pool[chosen]


FIFA = PresetSpec(
    name="fifa",
    title="Margin, quality, diversity",
    description=(
        "Keeps the pairs with a large margin and, where known, a good prompt, whose prompts lie "
        "far from each other."
    ),
    paper="FiFA, ICLR 2025, arXiv:2410.10166",
    select=_fifa,
    example=Example(
        signals={"margin": (1.0, 1.0, 1.0, 1.0, 1.0, None)},
        vectors=((0.0,), (0.1,), (0.2,), (5.0,), (0.1,), (9.0,)),
        params={"share": 0.4, "k": 1},
        places=(3, 0),
    ),
    params=(
        share(0.1, "Of the pairs that have everything, the share to keep; ours."),
        Param("quality", "Weight of quality", 0.5, 0.0, 5.0, "Beside 1 for the margin; ours."),
        Param("diversity", "Weight of diversity", 0.5, 0.0, 5.0, "Beside 1 for the margin; ours."),
        Param("k", "Neighbours", 5, 1, 100, "The neighbour whose distance counts; ours."),
        Param("cap", "Cap", 3.0, 0.0, 10.0, "Deviations beyond which a margin gains no more."),
    ),
    needs=(
        Need("margin", "explicit_margin", "The reward model's margin."),
        Need("quality", "", "The quality of the prompt, high is good.", optional=True),
    ),
    vectors=True,
    formula="z(margin) + a·z(quality) + g·z(ln distance to the k-th nearest prompt)",
    limits=(
        f"Weights and k are ours. The farthest prompts are often broken ones: look at them, or "
        f"give a quality. {MOST_PROMPTS:,} prompts at most; beyond {_REFERENCE:,} neighbours are "
        f"looked for in a draw of so many. Up to {_GREEDY:,} kept pairs are chosen one by one out "
        "of twice as many, more by their score alone."
    ),
)
