"""What state a pair is in for a policy: ranked wrongly, not enough, learned; or unsure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.registry import Param
from core.schema import Bools, Floats, LogpValues, SignalInputs
from core.signals.implicit import length_normalised_margin
from core.signals.margins import LEAK, difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector

LOWEST = 0.1
"""Share of the smallest margins that SPA trusts least."""
SMOOTHING = 0.1
"""SPA's label smoothing for them."""


def low_confidence(margins: Floats, lowest: float = LOWEST) -> Bools:
    """Return margin ≤ its `lowest` quantile, shape (n,); False where unknown.

    Margins: implicit, or those of mixed logits, nats. Source: SPA, Kim et al., ICLR 2025.
    """
    known = margins[np.isfinite(margins)]
    if not len(known):
        return np.zeros(len(margins), np.bool_)
    with np.errstate(invalid="ignore"):
        return margins <= np.quantile(known, lowest)


def spa_smoothing(margins: Floats, lowest: float = LOWEST) -> Floats:
    """Return 0.1 where confidence is low, else 0, shape (n,): label smoothing for a trainer."""
    return np.where(np.isfinite(margins), SMOOTHING * low_confidence(margins, lowest), np.nan)


def cdr_margin(strong: LogpValues, weak: LogpValues, tie: Bools) -> Floats:
    """Return (strong − weak) chosen − (strong − weak) rejected in nats, shape (n,).

    A reward from two policies, the stronger over the weaker, each under its own tokens: the
    implicit margin with beta 1 and the weak policy as reference. Sums inherit length.
    Source: Xu et al. 2024, arXiv:2411.02481.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        chosen = strong.policy_chosen - weak.policy_chosen
        rejected = strong.policy_rejected - weak.policy_rejected
    return difference(chosen, rejected, tie)


def simpo_states(margins: Floats, boundary: float) -> Floats:
    """Return 0 (R: ≤ 0), 1 (U: below the boundary) or 2 (T: from it), shape (n,); NaN unknown.

    margins: length-normalised, nats per token; boundary = gamma/beta of SimPO, 0.5 by default.
    Source: a public study of SimPO's selected pairs (methods 12.21).
    """
    with np.errstate(invalid="ignore"):
        state = (margins > 0) * 1.0 + ((margins > 0) & (margins >= boundary))
    return np.where(np.isfinite(margins), state, np.nan)


def _states(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    made = {}
    for run_id, run in inputs.logps.items():
        states = simpo_states(length_normalised_margin(run, inputs.tie), params["boundary"])
        if np.isfinite(states).any():
            made[run_id] = Values(states, LEAK * run.leaks_label)
    return made


SIGNALS.register(
    SignalSpec(
        name="simpo_state",
        title="SimPO state",
        family="Difficulty",
        formula="0 where length-normalised margin ≤ 0, 1 below the boundary, 2 from it",
        latex=r"\mathbb{1}[m^{\mathrm{len}} > 0] + \mathbb{1}[m^{\mathrm{len}} \ge \gamma/\beta]",
        direction="0: ranked against the label (R). 1: right, not by enough (U). 2: learned (T).",
        unit="state 0, 1 or 2",
        lower=0.0,
        upper=2.0,
        needs="A run of `score policy`; no reference is needed.",
        paper="A public study of SimPO's pairs; Meng et al. 2024 (SimPO), arXiv:2405.14734",
        limits="A state of this policy, before training it: it says nothing about the label.",
        example="Margins −0.2, 0.3 and 0.7 with the boundary 0.5: 0, 1 and 2.",
        vectors=(
            Vector(
                {
                    "logps": {
                        "policy": {
                            "policy_chosen": [-1.2, -1.0, -1.0, np.nan],
                            "policy_rejected": [-1.0, -1.3, -1.7, -1.0],
                            "chosen_tokens": [1.0] * 4,
                            "rejected_tokens": [1.0] * 4,
                        }
                    }
                },
                (0.0, 1.0, 2.0, None),
            ),
        ),
        compute=_states,
        params=(
            Param(
                name="boundary",
                title="Boundary",
                default=0.5,
                low=0.05,
                high=5.0,
                help="Target margin gamma / beta of SimPO: 1 / 2 by default, nats per token.",
            ),
        ),
        per_run=True,
        integer=True,
    )
)
