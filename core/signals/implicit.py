"""Implicit margins: what a policy itself prefers, read from its log-probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.registry import Param
from core.schema import Bools, Floats, LogpValues, SignalInputs
from core.signals.margins import LEAK, difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

SIMPO_BETA = 2.0
"""SimPO's factor: its authors trained with 2.0 or 2.5."""


def implicit_margin(run: LogpValues, tie: Bools, beta: float) -> Floats:
    """Return beta·((policy − ref) chosen − (policy − ref) rejected) in nats, shape (n,).

    NaN on ties and where one of the four is unknown. Source: Rafailov et al. 2023, equation 7.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        chosen = run.policy_chosen - run.ref_chosen
        rejected = run.policy_rejected - run.ref_rejected
        return beta * difference(chosen, rejected, tie)


def length_normalised_margin(run: LogpValues, tie: Bools) -> Floats:
    """Return policy chosen / tokens − policy rejected / tokens, nats per token, shape (n,).

    NaN on ties, where one is unknown and where a response has no token. Source: Meng et al. 2024.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        chosen = run.policy_chosen / run.chosen_tokens
        rejected = run.policy_rejected / run.rejected_tokens
    return difference(chosen, rejected, tie)


def simpo_margin(run: LogpValues, tie: Bools, beta: float = SIMPO_BETA) -> Floats:
    """Return SimPO's margin, beta times the length-normalised one, in nats, shape (n,).

    It is not stored: a multiple of a stored column has the same order, signs and shape.
    """
    return beta * length_normalised_margin(run, tie)


def _implicit(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return {
        run_id: Values(implicit_margin(run, inputs.tie, params["beta"]), LEAK * run.leaks_label)
        for run_id, run in inputs.logps.items()
        if _any(run.policy_chosen, run.policy_rejected, run.ref_chosen, run.ref_rejected)
    }


def _length_normalised(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    return {
        run_id: Values(length_normalised_margin(run, inputs.tie), LEAK * run.leaks_label)
        for run_id, run in inputs.logps.items()
        if _any(run.policy_chosen, run.policy_rejected, run.chosen_tokens, run.rejected_tokens)
    }


def _any(*columns: Floats) -> bool:
    return all(bool(np.isfinite(column).any()) for column in columns)


SIGNALS.register(
    SignalSpec(
        name="implicit_margin",
        title="Implicit margin",
        family="Margins",
        formula=(
            "beta·((policy_chosen_logps − ref_chosen_logps) − "
            "(policy_rejected_logps − ref_rejected_logps))"
        ),
        latex=(
            r"m^{\mathrm{imp}} = \beta \left( \log \frac{\pi(y_w|x)}{\pi_{\mathrm{ref}}(y_w|x)}"
            r" - \log \frac{\pi(y_l|x)}{\pi_{\mathrm{ref}}(y_l|x)} \right)"
        ),
        direction=(
            "Positive: training moved the policy towards the chosen response more than towards "
            "the rejected one."
        ),
        unit="nats",
        lower=None,
        upper=None,
        needs="A run of `score policy` with `--reference`, or with an adapter as the model.",
        paper="Rafailov et al. 2023, arXiv:2305.18290",
        limits=(
            "Beta is a scale: it changes no sign and no order. A policy that equals its reference "
            "has 0 everywhere. A policy that was tuned on these very labels has learned them, "
            "wrong ones too, so it is a weak witness against them."
        ),
        example=(
            "Policy −100 and −120, reference −105 and −110, beta 0.1: 0.1·(5 − (−10)) = 1.5; "
            "swapped −1.5; a tie gives nothing."
        ),
        vectors=(
            Vector(
                {
                    "logps": {
                        "policy": {
                            "policy_chosen": [-100.0, -120.0, -100.0, -100.0],
                            "policy_rejected": [-120.0, -100.0, np.nan, -120.0],
                            "ref_chosen": [-105.0, -110.0, -105.0, -105.0],
                            "ref_rejected": [-110.0, -105.0, -110.0, -110.0],
                        }
                    },
                    "tie": [False, False, False, True],
                },
                (1.5, -1.5, None, None),
            ),
        ),
        compute=_implicit,
        params=(
            Param(
                name="beta",
                title="Beta",
                default=0.1,
                low=0.01,
                high=1.0,
                help="Strength of the pull to the reference; DPO is mostly trained with 0.1.",
            ),
        ),
        per_run=True,
        signed=True,
    )
)
SIGNALS.register(
    SignalSpec(
        name="length_normalised_margin",
        title="Length-normalised margin",
        family="Margins",
        formula=(
            "policy_chosen_logps / tokens of chosen − policy_rejected_logps / tokens of rejected"
        ),
        latex=(r"m^{\mathrm{len}} = \frac{\log \pi(y_w|x)}{|y_w|} - \frac{\log \pi(y_l|x)}{|y_l|}"),
        direction="Positive: token by token the policy finds the chosen response more likely.",
        unit="nats per token",
        lower=None,
        upper=None,
        needs="A run of `score policy`; no reference is needed.",
        paper="Meng et al. 2024 (SimPO), arXiv:2405.14734",
        limits=(
            "Likely is not good: plain and repetitive texts have a high mean. Not defined for a "
            "response without tokens. SimPO's margin is this times its beta (2.0 or 2.5 in "
            "its paper), so it is not stored again."
        ),
        example="−100 over 50 tokens and −120 over 40: −2 − (−3) = 1; no tokens give nothing.",
        vectors=(
            Vector(
                {
                    "logps": {
                        "policy": {
                            "policy_chosen": [-100.0, -120.0, 0.0, -100.0],
                            "policy_rejected": [-120.0, -100.0, -10.0, -120.0],
                            "chosen_tokens": [50.0, 40.0, 0.0, 50.0],
                            "rejected_tokens": [40.0, 50.0, 5.0, 40.0],
                        }
                    },
                    "tie": [False, False, False, True],
                },
                (1.0, -1.0, None, None),
            ),
        ),
        compute=_length_normalised,
        per_run=True,
        signed=True,
    )
)
