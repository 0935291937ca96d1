"""Remembering: once per inputs, never for others, and not beyond their life."""

import gc
from weakref import ref

import numpy as np

from core.signals.compute import compute_one
from core.signals.inputs import make_inputs
from core.signals.remember import remembered


def test_makes_once_for_the_same_inputs_and_anew_for_others() -> None:
    asked: list[int] = []

    @remembered
    def rows(inputs) -> int:
        asked.append(len(inputs.row_id))
        return len(inputs.row_id)

    one, two = make_inputs({"gold": [1]}), make_inputs({"gold": [1, 0]})
    assert [rows(one), rows(one), rows(two), rows(two), rows(one)] == [1, 1, 2, 2, 1]
    assert asked == [1, 2, 1]


def test_keeps_nothing_alive() -> None:
    inputs = make_inputs({"rewards": {"rm": (np.arange(200.0) - 20, np.zeros(200))}})
    compute_one("suspicion", inputs, {})
    gone = ref(inputs)
    del inputs
    gc.collect()
    assert gone() is None


def test_equal_inputs_of_another_content_are_other_inputs() -> None:
    draw = np.random.default_rng(0).normal(1, 1, 300)
    one = make_inputs({"rewards": {"rm": (draw, np.zeros(300))}})
    two = make_inputs({"rewards": {"rm": (draw[::-1].copy(), np.zeros(300))}})
    first, second = (compute_one("suspicion", inputs, {}) for inputs in (one, two))
    assert np.allclose(first, second[::-1])
    assert not np.array_equal(first, second)
