"""The calculator: what one pair costs and how hard it pulls under DPO, cDPO and rDPO."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.schema import Floats
from core.signals.losses import (
    cdpo_loss,
    cdpo_weight,
    dpo_loss,
    dpo_weight,
    rdpo_loss,
    rdpo_weight,
    stationary_margin,
)
from core.store.instance import Store

MOST = 0.45
"""Largest share of reversed labels: rDPO divides by 1 − 2e."""
STEP = 0.01
METHODS = ("DPO", "cDPO", "rDPO")

_Formula = Callable[[Floats, float], Floats]
_LOSSES: Mapping[str, _Formula] = {
    "DPO": lambda h, e: dpo_loss(h),
    "cDPO": cdpo_loss,
    "rDPO": rdpo_loss,
}
_WEIGHTS: Mapping[str, _Formula] = {
    "DPO": lambda h, e: dpo_weight(h),
    "cDPO": cdpo_weight,
    "rDPO": rdpo_weight,
}


@dataclass(frozen=True)
class PolicyMargin:
    """A policy's implicit margin of one row."""

    run_id: str
    beta: float
    """That it is stored with."""
    margin: float
    """Nats."""


@dataclass(frozen=True)
class LossCurves:
    """Loss (nats) and gradient weight of one pair per share e of reversed labels."""

    margin: float
    """h, the implicit margin in nats."""
    rates: Floats
    losses: Mapping[str, Floats]
    """By METHODS."""
    weights: Mapping[str, Floats]

    def at(self, rate: float) -> int:
        """Return the place of the share next to `rate`."""
        return int(np.abs(self.rates - rate).argmin())

    def stationary(self, rate: float) -> float | None:
        """Return h* = ln((1 − e)/e), where cDPO's weight crosses 0; None at e = 0."""
        return stationary_margin(float(self.rates[self.at(rate)]))


def loss_curves(margin: float) -> LossCurves:
    """Return the curves over e = 0 … MOST for an implicit margin of `margin` nats."""
    rates = np.round(np.arange(0, MOST + STEP / 2, STEP), 2)
    h = np.array([margin])

    def along(formula: _Formula) -> Floats:
        return np.array([formula(h, float(e))[0] for e in rates])

    return LossCurves(
        margin,
        rates,
        {name: along(formula) for name, formula in _LOSSES.items()},
        {name: along(formula) for name, formula in _WEIGHTS.items()},
    )


def policy_margins(
    store: Store, signals: tuple[tuple[str, float | None], ...]
) -> tuple[PolicyMargin, ...]:
    """Return every policy's implicit margin of a row, from its stored signals by name."""
    values = dict(signals)
    return tuple(
        PolicyMargin(column.run_id, float(column.params["beta"]), value)
        for column in store.signal_columns
        if column.signal == "implicit_margin" and column.run_id
        if (value := values.get(column.name)) is not None
    )
