"""Difficulty as a stored signal: how far training must move a policy from its reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.registry import Param
from core.schema import SignalInputs
from core.signals.margins import LEAK
from core.signals.ranking import flip_distance, reference_gap
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector


def _difficulty(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    made = {}
    for run_id, run in inputs.logps.items():
        gap = reference_gap(run, inputs.tie, bool(params["per_token"]))
        if np.isfinite(gap).any():
            distance = flip_distance(gap, params["beta"])
            made[run_id] = Values(distance, LEAK * run.leaks_label)
    return made


SIGNALS.register(
    SignalSpec(
        name="difficulty",
        title="Difficulty",
        family="Difficulty",
        formula="max(0, beta·(ref_rejected_logps − ref_chosen_logps))",
        latex=(
            r"d = \max\left(0, \beta \log "
            r"\frac{\pi_{\mathrm{ref}}(y_l|x)}{\pi_{\mathrm{ref}}(y_w|x)} \right)"
        ),
        direction=(
            "0: the reference ranks the pair as labelled. High: training must move far before the "
            "policy does."
        ),
        unit="logits",
        lower=0.0,
        upper=None,
        needs="A run of `score policy` with `--reference`, or with an adapter as the model.",
        paper="Chen et al. 2024, arXiv:2405.19534",
        limits=(
            "Hard is not wrong: it says how far the model is, not whether the label is right. "
            "A longer chosen response is less likely as a whole, so long pairs lead the list: set "
            "per token to 1 to control for length. Above 4.6 a DPO loss under 0.01 is needed."
        ),
        example="Reference −120 and −100, beta 0.1: 0.1·20 = 2; the other way round 0.",
        vectors=(
            Vector(
                {
                    "logps": {
                        "policy": {
                            "ref_chosen": [-120.0, -100.0, np.nan, -100.0],
                            "ref_rejected": [-100.0, -120.0, -100.0, -50.0],
                        }
                    },
                    "tie": [False, False, False, True],
                },
                (2.0, 0.0, None, None),
            ),
            Vector(
                {
                    "logps": {
                        "policy": {
                            "ref_chosen": [-120.0, -90.0],
                            "ref_rejected": [-100.0, -40.0],
                            "chosen_tokens": [60.0, 30.0],
                            "rejected_tokens": [40.0, 20.0],
                        }
                    },
                },
                (0.0, 0.1),
                {"per_token": 1},
            ),
        ),
        compute=_difficulty,
        params=(
            Param(
                name="beta",
                title="Beta",
                default=0.1,
                low=0.01,
                high=1.0,
                help="Strength of the pull to the reference; DPO is mostly trained with 0.1.",
            ),
            Param(
                name="per_token",
                title="Per token",
                default=0,
                low=0,
                high=1,
                help="1 divides each log-probability by its tokens, which controls for length.",
            ),
        ),
        per_run=True,
    )
)
