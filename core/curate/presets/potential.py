"""Alignment potential: what the reward model is sure of and the policy has not learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.curate.presets.cuts import count, known, moments, ranked, share, some, steady
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec, Select
from core.registry import Param
from core.schema import Bools, Floats
from core.signals.potential import RATIO, map_dpo, map_official, map_signed

AGAINST = "reward model against the label"
EXPLICIT = Need("explicit", "explicit_margin", "The reward model's margin.")
NORMALISED = Need(
    "implicit",
    "length_normalised_margin",
    "The margin of the policy before training, per token.",
)
_IMPLICIT = Need("implicit", "implicit_margin", "The policy's margin over its reference.")
KEEP_NEGATIVE = Param(
    name="keep_negative",
    title="Negative margins",
    default=0,
    low=0,
    high=1,
    help="1 ranks pairs whose label the reward model is against with the others, as published.",
)


def logp_weight(default: float) -> Param:
    """Return lambda's parameter."""
    return Param(
        "logp_weight", "Lambda", default, 0.0, 5.0, "Weight of the implicit margin's z-score."
    )


def open_rows(inputs: PresetInputs, params: Mapping[str, float]) -> tuple[Bools, Bools]:
    """Return which rows can be ranked, and which are left out for a negative explicit margin."""
    explicit = inputs.signals["explicit"]
    both = known(explicit, inputs.signals["implicit"])
    against = both & (explicit < 0) & (params["keep_negative"] == 0)
    return both & ~against, against


def official(explicit: Floats, implicit: Floats, logp_weight: float = 1.0) -> Floats:
    """Return `map_official` of a signed length-normalised margin."""
    return map_official(explicit, np.abs(implicit), logp_weight)


def scored(
    score: Callable[[Floats, Floats, float], Floats],
    inputs: PresetInputs,
    rows: Bools,
    weight: float,
) -> Floats:
    """Return the potential of `rows`, with z-scores over them; NaN elsewhere."""
    first, second = (np.where(rows, inputs.signals[r], np.nan) for r in ("explicit", "implicit"))
    return steady(score(first, second, weight))


def facts_of(inputs: PresetInputs, rows: Bools, absolute: bool = True) -> dict[str, float]:
    """Return what the z-scores were made with."""
    explicit, implicit = (inputs.signals[role][rows] for role in ("explicit", "implicit"))
    size = np.abs(implicit) if absolute else implicit
    return moments("explicit", explicit) | moments("implicit", size)


def _by(score: Callable[[Floats, Floats, float], Floats], absolute: bool) -> Select:
    def select(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
        rows, against = open_rows(inputs, params)
        values = scored(score, inputs, rows, params["logp_weight"])
        n = count(params["share"], int(rows.sum()))
        return ranked(
            inputs,
            values,
            n,
            highest=True,
            left_out=some({AGAINST: int(against.sum())}),
            facts=facts_of(inputs, rows, absolute),
        )

    return select


_HUANG = "Huang et al., ICML 2025, arXiv:2503.01864"
_PARAMS = (
    share(RATIO, "Of the pairs that are ranked, the share to keep; the paper keeps 0.4."),
    logp_weight(1.0),
    KEEP_NEGATIVE,
)
_LIMITS = (
    "z-scores are over the pairs at hand: another filter gives others. One run stands for the "
    "reward model. Which margins are worth training on is unsettled: other work keeps small or "
    "middle ones."
)
_GIVEN = {
    "explicit": (0.10, 0.04, 0.02, 0.12, 0.06, None),
    "implicit": (-0.05, 0.60, 0.02, -0.70, 0.10, 1.0),
}
OFFICIAL = PresetSpec(
    name="alignment_potential",
    title="Alignment potential",
    description=(
        "Keeps the pairs with a large margin of the reward model and a small one of the policy: "
        "those that have the most to teach."
    ),
    paper=_HUANG,
    select=_by(official, absolute=True),
    example=Example(signals=_GIVEN, places=(0, 4)),
    params=_PARAMS,
    needs=(EXPLICIT, NORMALISED),
    formula="the floor(share·N) largest z(explicit) − lambda·z(|length-normalised|)",
    limits=(
        f"{_LIMITS} In the paper the explicit margin is never negative, so pairs with a negative "
        "one are left out before the z-scores; set keep_negative to 1 for the published procedure "
        "to the letter."
    ),
)
DPO = PresetSpec(
    name="alignment_potential_dpo",
    title="Alignment potential with a reference",
    description=(
        "Keeps the pairs with a large margin of the reward model and a small one of the policy, "
        "the latter measured from its reference as in DPO."
    ),
    paper=f"{_HUANG} (the DPO form)",
    select=_by(map_dpo, absolute=True),
    example=Example(signals=_GIVEN, places=(0, 4)),
    params=_PARAMS,
    needs=(EXPLICIT, _IMPLICIT),
    formula="the floor(share·N) largest z(explicit) − lambda·z(|implicit margin|)",
    limits=f"{_LIMITS} A policy that equals its reference has implicit margins of 0 everywhere.",
)
SIGNED = PresetSpec(
    name="alignment_potential_signed",
    title="Alignment potential, signed",
    description=(
        "Like the form with a reference, but a pair that the policy ranks wrongly gains potential. "
        "Not from the paper."
    ),
    paper=f"Ours, after {_HUANG}",
    select=_by(map_signed, absolute=False),
    example=Example(
        signals={"explicit": (1.0, 2.0, 1.0, 2.0), "implicit": (-3.0, -1.0, 1.0, 3.0)},
        params={"share": 0.5},
        places=(1, 0),
    ),
    params=_PARAMS,
    needs=(EXPLICIT, _IMPLICIT),
    formula="the floor(share·N) largest z(explicit) − lambda·z(implicit margin)",
    limits=f"{_LIMITS} A reversed label gains as well: remove the suspects first.",
)
