"""Margin conflict: reward models and the policy's own training point at opposite responses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.schema import Floats, SignalInputs
from core.signals.committee import standard_margins, strength
from core.signals.implicit import implicit_margin
from core.signals.margins import LEAK, difference
from core.signals.spec import SIGNALS, SignalSpec, Values, Vector


def conflict(explicit: Floats, implicit: Floats) -> Floats:
    """Return 1 where the signs differ, 0 where they are equal, shape (n,).

    NaN where one is unknown or 0. Signs of margins have no unit and no scale.
    """
    product = np.sign(explicit) * np.sign(implicit)
    return np.where(np.isfinite(product) & (product != 0), (product < 0) * 1.0, np.nan)


def _conflict(inputs: SignalInputs, params: Mapping[str, float]) -> Mapping[str, Values]:
    explicit, made = _explicit(inputs), {}
    for run_id, run in inputs.logps.items():
        implicit = implicit_margin(run, inputs.tie, 1.0)
        if np.isfinite(implicit).any() and np.isfinite(explicit).any():
            values = conflict(explicit, implicit)
            none = "" if np.isfinite(values).any() else "No row has both signs."
            said = " ".join(filter(None, (LEAK * run.leaks_label, none)))
            made[run_id] = Values(values, said)
    return made


def _explicit(inputs: SignalInputs) -> Floats:
    """Return margins whose sign is that of the reward models, shape (n,), NaN without any."""
    runs = [run for run in inputs.rewards.values() if not run.leaks_label]
    if len(runs) == 1:
        return difference(runs[0].chosen, runs[0].rejected, inputs.tie)
    return strength(standard_margins(inputs)).mean


SIGNALS.register(
    SignalSpec(
        name="margin_conflict",
        title="Margin conflict",
        family="Ambiguity",
        formula="1 where explicit and implicit margin have opposite signs, else 0",
        latex=r"\mathbb{1}\left[\, m^{\mathrm{exp}} \cdot m^{\mathrm{imp}} < 0 \,\right]",
        direction="1: reward models and policy prefer opposite responses.",
        unit="0 or 1",
        lower=0.0,
        upper=1.0,
        needs="A run of `score policy` with a reference, and a run of rewards that is no leak.",
        paper="Huang et al., ICML 2025, arXiv:2503.01864 (explicit and implicit margins)",
        limits=(
            "Of several reward models the sign of the committee's mean counts. Which of the two "
            "is right it does not say. NULL where a margin is 0."
        ),
        example="Explicit 1 and implicit −1.5 give 1; both positive give 0.",
        vectors=(
            Vector(
                {
                    "rewards": {"rm": ([1.0, 1.0, -1.0, 0.0], [0.0] * 4)},
                    "logps": {
                        "policy": {
                            "policy_chosen": [-120.0, -100.0, -120.0, -100.0],
                            "policy_rejected": [-100.0, -120.0, -100.0, -120.0],
                            "ref_chosen": [-110.0, -105.0, -110.0, -105.0],
                            "ref_rejected": [-105.0, -110.0, -105.0, -110.0],
                        }
                    },
                },
                (1.0, 0.0, 0.0, None),
            ),
        ),
        compute=_conflict,
        per_run=True,
        integer=True,
    )
)
