"""By suspicion: without the labels that look reversed, or a clean core with some of the rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.curate.draws import uniform
from core.curate.presets.cuts import CUT, NOT_SCORED, count, filtered, lowest, share, some
from core.curate.presets.spec import Example, Kept, Need, PresetInputs, PresetSpec
from core.registry import Param

_SUSPICION = Need("suspicion", "suspicion", "How likely the label is reversed.")
_PAPER = "RE-PO, Cao et al., ICLR 2026, arXiv:2509.24159 (the suspicion); the cut is ours"


def _remove(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    suspicion = inputs.signals["suspicion"]
    scored = np.isfinite(suspicion)
    # Who has no suspicion at all stays, however large the share: people settled such labels.
    suspects = np.where(suspicion > 0, -suspicion, np.nan)
    removed = lowest(suspects, inputs.pair_id, count(params["share"], int(scored.sum())))
    keep = np.ones(suspicion.size, np.bool_)
    keep[removed] = False
    facts = {
        "scored": float(scored.sum()),
        "not_scored": float((~scored).sum()),
        "expected_reversed": float(np.nansum(suspicion)),
        "expected_reversed_after": float(np.nansum(suspicion[keep])),
    }
    if removed.size:
        facts["lowest_removed"] = float(suspicion[removed[-1]])
    return filtered(keep, {"suspect": ~keep}, facts)


def _core_and_shell(inputs: PresetInputs, params: Mapping[str, float]) -> Kept:
    suspicion = inputs.signals["suspicion"]
    scored = np.isfinite(suspicion)
    core = scored & (suspicion <= params["clean"])
    noisy = scored & ~core
    draws = np.where(noisy, uniform(inputs.pair_id, inputs.seed), np.nan)
    shell = lowest(draws, inputs.pair_id, count(params["shell"], int(noisy.sum())))
    keep = core.copy()
    keep[shell] = True
    facts = {
        "core": float(core.sum()),
        "shell": float(shell.size),
        "core_share": float(core.sum() / max(keep.sum(), 1)),
        "expected_reversed": float(suspicion[keep].sum()),
    }
    weight = np.where(core, 1.0, 1.0 - suspicion)[keep]
    mean = weight.mean() if weight.size else 0.0
    return Kept(
        np.flatnonzero(keep),
        weight=weight / mean if mean > 0 else np.ones(weight.size),
        left_out=some({NOT_SCORED: int((~scored).sum()), CUT: int((scored & ~keep).sum())}),
        facts=facts,
    )


REMOVE = PresetSpec(
    name="remove_suspects",
    title="Without the suspects",
    description=(
        "Leaves out the pairs whose label is most likely reversed. What no run has judged stays."
    ),
    paper=_PAPER,
    select=_remove,
    example=Example(
        signals={"suspicion": (0.9, 0.1, None, 0.5, 0.0, 0.2)},
        params={"share": 0.4},
        places=(1, 2, 4, 5),
    ),
    params=(share(0.2, "Of the pairs with a suspicion, the share to leave out."),),
    needs=(_SUSPICION,),
    formula="all but the floor(share·N) highest suspicions, N pairs with one",
    limits=(
        "As good as the runs behind the suspicion. Among the suspects are pairs that are only "
        "hard. A share far above the noise rate costs more right labels than wrong ones."
    ),
)
CLEAN_CORE = PresetSpec(
    name="clean_core",
    title="Clean core, noisy shell",
    description=(
        "Keeps all pairs of low suspicion, and of the others a drawn share, with less weight."
    ),
    paper=(
        "By analogy with ambient diffusion (a clean tenth and many noisy samples come near all "
        "clean ones); the rule is ours"
    ),
    select=_core_and_shell,
    example=Example(
        signals={"suspicion": (0.1, 0.9, 0.2, None, 0.6)},
        params={"clean": 0.2, "shell": 1.0},
        places=(0, 1, 2, 4),
    ),
    params=(
        Param("clean", "Clean", 0.2, 0.0, 1.0, "Highest suspicion of the core."),
        Param("shell", "Shell", 0.25, 0.0, 1.0, "Of the noisier pairs, the share to draw."),
    ),
    needs=(_SUSPICION,),
    formula="weight 1 for suspicion ≤ clean, else 1 − suspicion, divided by the mean weight",
    limits=(
        "No formula of the paper carries over: noise on pixels is no reversed label. A core "
        "under a tenth is too small. A trainer that ignores the weights takes the shell in full."
    ),
)
