"""Two or more numbers decide together: ranks, distances to the best, or a sum of aspects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.curate.presets.cuts import count, known, moments, ranked, share, steady
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec
from core.registry import Param
from core.schema import Floats
from core.signals.choosing import alignment_map, topsis
from core.signals.committee import mean_known
from core.signals.keeping import HIGH_AND_SURE, high_and_sure

_ASPECTS = ("aspect", "aspect_2", "aspect_3", "aspect_4")


def _high_and_sure(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    mean, variance = alignment_map(
        inputs.signals["reward_chosen"], inputs.signals["reward_rejected"]
    )
    scored = known(mean, variance)
    # The order is theirs; numbered, it passes through the one place that counts what is left out.
    order = high_and_sure(mean, variance, 1.0, inputs.pair_id)
    place = np.full(mean.size, np.nan)
    place[order] = np.arange(order.size)
    facts = moments("mean", mean) | moments("variance", variance)
    return ranked(inputs, place, count(params["share"], int(scored.sum())), facts=facts)


def _topsis(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    columns = np.stack([inputs.signals["first"], inputs.signals["second"]], axis=1)
    lower = np.array([params["first_lower"], params["second_lower"]], np.bool_)
    scores = steady(topsis(columns, lower))
    n = count(params["share"], int(np.isfinite(scores).sum()))
    return ranked(inputs, scores, n, highest=True)


def _divergence(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    given = [inputs.signals[role] for role in _ASPECTS if role in inputs.signals]
    divergence = steady(
        -len(given) * mean_known(_scaled(margin, params["quantile"]) for margin in given)
    )
    # mean_known starts from one number, so no rows come out as one.
    divergence = np.broadcast_to(divergence, inputs.row_id.shape)
    scored = np.isfinite(divergence)
    conflicts = {"conflicts": float((divergence > 0).sum()), "aspects": float(len(given))}
    return ranked(inputs, divergence, count(params["share"], int(scored.sum())), facts=conflicts)


def _scaled(margin: Floats, quantile: float) -> Floats:
    """Return margins divided by a quantile of their size, cut to −1 … 1, shape (n,)."""
    sizes = np.abs(margin[np.isfinite(margin)])
    unit = float(np.quantile(sizes, quantile)) if sizes.size else 0.0
    return np.clip(margin / unit, -1.0, 1.0) if unit > 0 else np.sign(margin)


HIGH_MEAN = PresetSpec(
    name="high_mean_low_variance",
    title="High mean, low variance",
    description="Keeps the pairs whose two answers are both good and nearly equally so.",
    paper="Alignment data map, ACL 2026, arXiv:2505.23114",
    select=_high_and_sure,
    example=Example(
        signals={
            "reward_chosen": (8.0, 3.0, 9.0, None),
            "reward_rejected": (7.5, 2.5, 2.0, 1.0),
        },
        params={"share": 0.34},
        places=(0,),
    ),
    params=(share(HIGH_AND_SURE, "Of the pairs with both rewards, the share to keep."),),
    needs=(
        Need("reward_chosen", "reward_chosen", "A run's reward of the chosen answer."),
        Need("reward_rejected", "reward_rejected", "The same run's reward of the rejected answer."),
    ),
    formula="the floor(share·N) lowest sums of the ranks of mean (high) and (margin/2)² (low)",
    limits=(
        "Of two answers the variance is the margin again, so this keeps small margins; the paper "
        "has more answers per prompt. A reward is not made to compare prompts. The sum of ranks "
        "is our reading of the map's corner."
    ),
)
TOPSIS = PresetSpec(
    name="donod_topsis",
    title="Best of two numbers",
    description=(
        "Keeps the pairs that are nearest to the best and farthest from the worst of two numbers "
        "at once."
    ),
    paper="DONOD, arXiv:2504.14810; TOPSIS: Hwang and Yoon 1981",
    select=_topsis,
    example=Example(
        signals={"first": (0.0, 1.0, 1.0, 0.0, None), "second": (0.0, 0.0, 1.0, 1.0, 0.0)},
        params={"share": 0.75},
        places=(0, 1, 3),
    ),
    params=(
        share(0.5, "Of the pairs with both numbers, the share to keep; ours."),
        Param("first_lower", "First: lower", 1, 0, 1, "1: a low first number is good; 0: high."),
        Param("second_lower", "Second: lower", 1, 0, 1, "1: a low second number is good; 0: high."),
    ),
    needs=(
        Need("first", "suspicion", "Any number."),
        Need("second", "difficulty", "Any other number."),
    ),
    formula="the floor(share·N) largest d_worst / (d_best + d_worst), columns over their norm",
    limits=(
        "DONOD's own two numbers are changes of weights and not stored; suspicion and difficulty "
        "stand in, and hard is not wrong. A column with a few huge values counts little elsewhere."
    ),
)
DIVERGENCE = PresetSpec(
    name="preference_divergence",
    title="Aspects that agree",
    description=(
        "Keeps the pairs whose label the margins of several aspects back together, and leaves out "
        "those where one aspect is paid for with another."
    ),
    paper="Preference divergence, ICLR 2026",
    select=_divergence,
    example=Example(
        signals={
            "aspect": (1.0, 0.5, -1.0, None, 0.25),
            "aspect_2": (1.0, -0.3, -1.0, None, 0.25),
            "aspect_3": (1.0, 0.2, -1.0, None, 0.25),
        },
        params={"share": 0.75, "quantile": 1.0},
        places=(0, 4, 1),
    ),
    params=(
        share(0.3, "Of the pairs with a margin, the share to keep; the paper: 0.3 to 0.5."),
        Param("quantile", "Scale", 0.9, 0.5, 1.0, "Margins this large, and larger, count 1."),
    ),
    needs=tuple(
        Need(
            role,
            "explicit_margin",
            "The margin of one aspect, other than the one that the label was made by.",
            optional=role != _ASPECTS[0],
        )
        for role in _ASPECTS
    ),
    formula="the floor(share·N) lowest −sum over aspects of clip(margin / quantile, −1, 1)",
    limits=(
        "Made for reward models of single aspects; general ones that learned from the same labels "
        "only say the same several times. It favours long answers: balance by length. Of an aspect "
        "that does not know a pair, the mean of the others is taken. The scale is ours."
    ),
)
