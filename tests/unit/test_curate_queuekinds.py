"""Kinds of queues: the priority each gives to a pair."""

from __future__ import annotations

import numpy as np
import pytest

from core.curate.queues.kinds import QUEUE_KINDS, KindInputs


def given(**signals: list[float]) -> KindInputs:
    columns = {name: (np.array(values),) for name, values in signals.items()}
    return KindInputs(len(next(iter(signals.values()))), columns)


NAN = float("nan")
CASES = [
    ("suspects", given(suspicion=[0.9, 0.9, NAN], ambiguity=[0.64, NAN, 0.0]), [NAN, 0.9, NAN]),
    ("suspects", given(suspicion=[0.9, 0.0]), [0.9, 0.0]),
    ("contested", given(ambiguity=[0.6, 0.0, NAN]), [0.6, NAN, NAN]),
    ("ambiguous", given(committee_mean=[0.0, 3.0], committee_spread=[0.0, 4.0]), [1, np.exp(-5)]),
    ("uncertain", given(committee_bald=[0.1, 0.0], committee_spread=[9.0, 9.0]), [0.1, NAN]),
    ("contradictions", given(contradicting_rows=[2.0, 0.0, NAN]), [1.0, NAN, NAN]),
    ("contradictions", given(margin_conflict=[1.0, 0.0, NAN]), [0.5, NAN, NAN]),
    ("style-won", given(style_probability=[0.8, 0.4], controlled_margin=[0.0, -9.0]), [0.4, NAN]),
    ("style-won", given(length_ratio=[np.log(3.0), -1.0]), [0.375, NAN]),
    ("random", given(suspicion=[0.9]), [NAN]),
]


@pytest.mark.parametrize(("kind", "inputs", "expected"), CASES)
def test_priorities(kind: str, inputs: KindInputs, expected: list[float]) -> None:
    found = QUEUE_KINDS.get(kind).order(inputs)
    assert found == pytest.approx(np.array(expected, dtype=float), nan_ok=True)


def test_every_kind_is_tried_and_tells_what_it_is() -> None:
    assert {kind for kind, _, _ in CASES} == set(QUEUE_KINDS.names())
    for kind in QUEUE_KINDS:
        assert kind.title
        assert kind.description.endswith(".")
        assert bool(kind.made_by) == bool(kind.needs or kind.one_of)


def test_of_several_runs_the_known_ones_are_averaged() -> None:
    inputs = KindInputs(2, {"bald": (np.array([0.2, NAN]), np.array([0.4, NAN]))})
    assert inputs.mean("bald") == pytest.approx(np.array([0.3, NAN]), nan_ok=True)
    assert QUEUE_KINDS.get("uncertain").order(inputs)[0] == pytest.approx(0.3)
