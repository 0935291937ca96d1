"""Bands: neither the lowest nor the highest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.curate.presets.cuts import NOT_SCORED, filtered, known
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec
from core.registry import Param
from core.schema import Bools, Floats
from core.signals.keeping import middle_bands

_OUTSIDE = "outside the band"
_HARD_FROM, _HARD_TO = 0.5, 0.95


def _goldilocks(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    given = {role: inputs.signals[role] for role in ("difference", "implicit")}
    scored = known(*given.values())
    columns = np.where(scored, np.stack(list(given.values())), np.nan)
    low, high = (1 - params["share"]) / 2, (1 + params["share"]) / 2
    facts = {"scored": float(scored.sum())}
    for role, column in zip(given, columns, strict=True):
        facts |= _cuts(role, column[scored], low, high)
    keep = middle_bands(columns, params["share"])
    return filtered(keep, {NOT_SCORED: ~scored, _OUTSIDE: ~keep}, facts)


def _cuts(name: str, values: Floats, low: float, high: float) -> dict[str, float]:
    if not values.size:
        return {}
    found = np.quantile(values, (low, high))
    return {f"{name}_low": float(found[0]), f"{name}_high": float(found[1])}


def _hard_but_clean(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    votes, unsure = inputs.signals["votes"], inputs.signals["bald"]
    scored = known(votes, unsure)
    cuts = _cuts("bald", unsure[scored], params["low"], max(params["low"], params["high"]))
    facts = {"scored": float(scored.sum()), **cuts}
    backed = scored & (votes > 0.5)
    keep = backed & _between(unsure, cuts) if cuts else np.zeros(votes.size, np.bool_)
    reasons = {NOT_SCORED: ~scored, "no majority for the label": ~backed, _OUTSIDE: ~keep}
    return filtered(keep, reasons, facts)


def _between(values: Floats, cuts: Mapping[str, float]) -> Bools:
    with np.errstate(invalid="ignore"):
        inside = (values >= cuts["bald_low"]) & (values <= cuts["bald_high"])
    return np.asarray(inside, np.bool_)


GOLDILOCKS = PresetSpec(
    name="goldilocks",
    title="Goldilocks band",
    description=(
        "Keeps the pairs in the middle of two numbers: neither those that teach nothing nor those "
        "that pull the model about."
    ),
    paper="LossDiff-IRM, ICLR 2026, arXiv:2510.13212",
    select=_goldilocks,
    example=Example(
        signals={
            "difference": (1.0, 2.0, 3.0, 4.0, 5.0, 3.0),
            "implicit": (3.0, 2.0, 9.0, 4.0, 3.0, None),
        },
        params={"share": 0.5},
        places=(3,),
    ),
    params=(
        Param(
            "share",
            "Band",
            0.8,
            0.0,
            1.0,
            "Middle share of each number; 0.7 to 0.8 keeps the paper's 50 to 64 % of unrelated "
            "ones.",
        ),
    ),
    needs=(
        Need(
            "difference",
            "explicit_margin",
            "The difference in loss to a model tuned on a validation set; without a column of "
            "such, the explicit margin stands in.",
        ),
        Need("implicit", "implicit_margin", "The policy's margin over its reference."),
    ),
    formula="rows within the quantiles (1 ∓ share)/2 of both columns",
    limits=(
        "The paper's loss difference needs a second checkpoint. The explicit margin that stands in "
        "is ours: it also leaves out the surest and the most doubtful labels, but the paper's "
        "numbers do not speak for it."
    ),
)
HARD_BUT_CLEAN = PresetSpec(
    name="hard_but_clean",
    title="Hard but clean",
    description=(
        "Keeps the pairs whose label most reward models back although they are not of one mind."
    ),
    paper="After Mirroring Users (keep challenging, denoised samples); the quadrant is ours",
    select=_hard_but_clean,
    example=Example(
        signals={
            "votes": (1.0, 2 / 3, 1 / 3, 2 / 3, 0.5, None),
            "bald": (0.0, 0.1, 0.2, 0.3, 0.4, 0.2),
        },
        params={"low": 0.25, "high": 0.8},
        places=(1, 3),
    ),
    params=(
        Param("low", "From", _HARD_FROM, 0.0, 1.0, "Quantile of disagreement to keep from."),
        Param("high", "To", _HARD_TO, 0.0, 1.0, "Quantile of disagreement to keep up to."),
    ),
    needs=(
        Need("votes", "committee_votes", "Share of reward models that agree with the label."),
        Need("bald", "committee_bald", "How far the reward models contradict each other."),
    ),
    formula="votes > 1/2 and disagreement within its quantiles low … high",
    limits=(
        "Reward models share biases, so a majority is no proof. The highest disagreement is left "
        "out because there the label itself is in doubt."
    ),
)
