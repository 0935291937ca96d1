"""One margin decides: largest, smallest, or easiest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.curate.presets.cuts import count, ranked, share
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec, Select
from core.schema import Floats
from core.signals.keeping import EASIEST, SMALL_GAP
from core.signals.losses import dpo_loss
from core.signals.potential import RATIO


def _by(value: Callable[[Floats], Floats], highest: bool = False) -> Select:
    def select(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
        values = value(inputs.signals["margin"])
        n = count(params["share"], int(np.isfinite(values).sum()))
        return ranked(inputs, values, n, highest=highest)

    return select


_UNSETTLED = "Whether large or small margins are worth more is unsettled: compare both."
LARGEST = PresetSpec(
    name="largest_margin",
    title="Largest explicit margin",
    description="Keeps the pairs whose label the reward model backs most strongly.",
    paper=(
        "Baseline of Huang et al., ICML 2025, arXiv:2503.01864; large margins are favoured by "
        "Deng et al. 2025, arXiv:2502.14560"
    ),
    select=_by(np.positive, highest=True),
    example=Example(
        signals={"margin": (0.5, 2.0, None, -3.0, 2.0)}, params={"share": 0.5}, places=(1, 4)
    ),
    params=(share(RATIO, "Of the pairs with a margin, the share to keep."),),
    needs=(Need("margin", "explicit_margin", "The reward model's margin."),),
    formula="the floor(share·N) largest margins, largest first",
    limits=f"Very large margins may be too easy, and margins often follow length. {_UNSETTLED}",
)
SMALLEST = PresetSpec(
    name="smallest_gap",
    title="Smallest implicit gap",
    description="Keeps the pairs that the policy tells apart least.",
    paper="Small implicit gap, arXiv:2508.04149",
    select=_by(np.abs),
    example=Example(
        signals={"margin": (0.5, -0.1, None, -3.0, 0.2)}, params={"share": 0.5}, places=(1, 4)
    ),
    params=(share(SMALL_GAP, "Of the pairs with a margin, the share to keep; the paper: 0.1."),),
    needs=(Need("margin", "implicit_margin", "The policy's margin over its reference."),),
    formula="the floor(share·N) lowest |implicit margin|, lowest first",
    limits=f"Ties that got a label have a small gap too. {_UNSETTLED}",
)
EASIEST_HALF = PresetSpec(
    name="easiest_half",
    title="Easiest half, easy to hard",
    description=(
        "Keeps the pairs with the lowest held-out loss and writes them from easy to hard, as a "
        "curriculum: train without shuffling."
    ),
    paper="Selective DPO, ICML 2025, arXiv:2502.09650",
    select=_by(dpo_loss),
    example=Example(
        signals={"margin": (0.5, 2.0, None, -3.0, -0.1)}, params={"share": 0.75}, places=(1, 0, 4)
    ),
    params=(share(EASIEST, "Of the pairs with a margin, the share to keep; the paper: 0.5."),),
    needs=(
        Need("margin", "explicit_margin", "A margin of a model that was not trained on the pair."),
    ),
    formula="the floor(share·N) lowest −ln sigmoid(margin), lowest first",
    limits=(
        "The paper takes the DPO loss of six policies on halves they did not see; here one run "
        "speaks, so choose one that is out of fold, such as of score crossfit. Hard is not wrong: "
        "what is left out may be what a stronger model can learn."
    ),
)
