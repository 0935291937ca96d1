"""Scored rows to plant flips in, made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.schema import Labeller, SignalInputs
from core.schema.trials import DetectorScore
from core.signals.inputs import make_inputs

N = 400


def scored(n: int = N, seed: int = 3, **over: object) -> SignalInputs:
    """Rows that two good scorers and one of noise have scored; every fourth answer is longer."""
    draw = np.random.default_rng(seed)
    zeros = np.zeros(n)
    rewards = {
        "good": (1 + draw.normal(size=n), zeros),
        "fair": (10 * (0.6 + draw.normal(size=n)), zeros),
        "noise": (draw.normal(size=n), zeros),
    }
    long = np.where(np.arange(n) % 4 == 0, 300.0, 100.0)
    given = {"rewards": rewards, "chosen_chars": np.full(n, 150.0), "rejected_chars": long}
    return make_inputs({**given, **over})


def by_name(scores: tuple[DetectorScore, ...]) -> dict[str, DetectorScore]:
    return {one.name: one for one in scores}


def people(n: int, sizes: tuple[int, ...]) -> SignalInputs:
    """Rows of named annotators, and some of nobody in particular at the end."""
    who = np.concatenate([np.full(size, i) for i, size in enumerate(sizes)])
    labeller = np.concatenate([who, np.full(n - len(who), -1)])
    labellers = tuple(Labeller("set", f"w{i}") for i in range(len(sizes)))
    return replace(scored(n), labeller=labeller, labellers=labellers)
