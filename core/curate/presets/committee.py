"""Several reward models decide: all of one mind, or two that sort pairs into three heaps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.curate.presets.cuts import NOT_SCORED, filtered, known
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec
from core.registry import Param
from core.schema import Floats

FOR_PEOPLE = "for people to judge"


def _unanimity(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    votes, spread = inputs.signals["votes"], inputs.signals["spread"]
    scored, several = np.isfinite(votes), np.isfinite(spread)
    keep = several & (votes == 1)
    reasons = {
        NOT_SCORED: ~scored,
        "one run only": ~several,
        "all runs against the label": votes == 0,
        "runs differ": ~keep,
    }
    return filtered(keep, reasons, {"scored": float((scored & several).sum())})


def _triage(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    first, second = inputs.signals["first"], inputs.signals["second"]
    scored = known(first, second)
    settled = np.zeros(first.size, np.bool_) if inputs.settled is None else inputs.settled
    right = settled | (scored & (first > 0) & (second > 0))
    wrong = ~settled & scored & (first < 0) & (second < 0)
    keep = right | wrong if params["recycle"] else right
    facts = {"kept_as_labelled": float(right.sum()), "both_against": float(wrong.sum())}
    reasons = {NOT_SCORED: ~scored, "both runs against the label": wrong, FOR_PEOPLE: ~keep}
    kept = filtered(keep, reasons, {**facts, **_one_side(first[scored], second[scored])})
    return Kept(kept.places, reversed=wrong[keep], left_out=kept.left_out, facts=kept.facts)


def _one_side(first: Floats, second: Floats) -> dict[str, float]:
    """Return how often two runs take the same side: near 1 they are one voice."""
    if not first.size:
        return {}
    return {"one_side": float(((first > 0) == (second > 0)).mean())}


UNANIMITY = PresetSpec(
    name="unanimity",
    title="Unanimous committee",
    description="Keeps the pairs whose label every reward model agrees with.",
    paper="Semi-DPO, ICLR 2026 (committee consensus)",
    select=_unanimity,
    example=Example(
        signals={
            "votes": (1.0, 2 / 3, 0.0, 1.0, None),
            "spread": (0.1, 0.9, 0.2, None, None),
        },
        places=(0,),
    ),
    needs=(
        Need("votes", "committee_votes", "Share of reward models that agree with the label."),
        Need("spread", "committee_spread", "Their spread, which only two or more can have."),
    ),
    formula="votes = 1, of two or more runs",
    limits=(
        "Reward models share biases, above all for length and style: of one mind is not right. "
        "A run that covers only some pairs is not missed on the others."
    ),
)
TRIAGE = PresetSpec(
    name="skywork_triage",
    title="Keep, reverse, or ask",
    description=(
        "Keeps a pair where two reward models back its label, keeps it with the other label where "
        "both are against it, and leaves it to people where they differ."
    ),
    paper="Skywork-Reward-V2, ICLR 2026, arXiv:2507.01352 (flip and recycle)",
    select=_triage,
    example=Example(
        signals={
            "first": (1.0, -1.0, 1.0, 0.0, None),
            "second": (2.0, -0.5, -1.0, 1.0, 1.0),
        },
        places=(0, 1),
    ),
    params=(
        Param(
            name="recycle",
            title="Recycle",
            default=1,
            low=0,
            high=1,
            help="0 leaves pairs out that both reward models are against.",
        ),
    ),
    needs=(
        Need("first", "explicit_margin", "The margin of one reward model."),
        Need(
            "second",
            "explicit_margin",
            "The margin of another one; in the paper it was trained on people's answers alone.",
        ),
    ),
    formula="both > 0: keep; both < 0: reverse; else for people",
    limits=(
        "Two runs that learned from the same labels are one voice: the paper's second model saw "
        "only what people had verified. What people settled is never reversed. Rows with reversed "
        "labels say so in their provenance."
    ),
)
