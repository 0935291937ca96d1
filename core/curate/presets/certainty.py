"""Certainty sampling: pairs about which a model does not contradict itself come more often."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.curate.presets.cuts import count, moments, ranked, share
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec
from core.signals.bald import certainty_keys


def _certainty(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    unsure = inputs.signals["bald"]
    # The hash takes seeds from 0 up; a negative one is as good as any other.
    keys = certainty_keys(unsure, inputs.pair_id, inputs.seed % 2**63)
    n = count(params["share"], int(np.isfinite(keys).sum()))
    return ranked(inputs, keys, n, highest=True, facts=moments("bald", unsure))


UPO = PresetSpec(
    name="upo_certainty",
    title="Certainty sample",
    description=(
        "Draws pairs with a chance of 1 − B, where B says how far a model with dropout contradicts "
        "itself. The same seed draws the same pairs, whatever their order."
    ),
    paper="UPO, AAAI 2025, arXiv:2409.11212; Gumbel top-k: Kool et al. 2019",
    select=_certainty,
    example=Example(
        signals={"bald": (0.69, 0.0, None, 0.69, 0.0)}, params={"share": 0.5}, places=(3, 1)
    ),
    params=(share(0.5, "Of the pairs with a B, the share to draw; ours."),),
    needs=(
        Need(
            "bald",
            "bald",
            "B of dropout passes; the column of a committee's disagreement does as well.",
        ),
    ),
    formula="the floor(share·N) largest ln(1 − B) + Gumbel(seed, pair), a draw without replacement",
    limits=(
        "Certain is not right: passes can agree on the wrong side, so look at suspicion as well. "
        "Chances differ by a factor of 3.3 at most."
    ),
)
