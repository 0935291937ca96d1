"""Bradley-Terry scores and cycles of a few responses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.signals.geometry import cyclic_triads
from core.signals.ranks import PRIOR, bradley_terry, cycles

ROUND = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
counts = st.integers(0, 7).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.integers(0, 4).map(float))
).map(lambda wins: wins - np.diag(np.diag(wins)))  # fmt: skip


def test_a_cycle_has_equal_scores_and_is_named() -> None:
    assert bradley_terry(ROUND) == pytest.approx([0, 0, 0], abs=1e-8)
    assert cycles(ROUND) == ((0, 1, 2),)
    assert cycles(ROUND.T) == ((0, 2, 1),)


def test_two_responses_have_the_score_of_the_formula() -> None:
    """One of 3 to 1: the derivative of the likelihood with its prior is 0 there."""
    scores = bradley_terry(np.array([[0.0, 3], [1, 0]]))
    s = (scores[0] - scores[1]) / 2
    slope = 3 - 4 / (1 + np.exp(-2 * s)) + PRIOR - 2 * PRIOR / (1 + np.exp(-s))
    assert slope == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("wins", [np.zeros((0, 0)), np.zeros((3, 3)), np.ones((3, 3)) - np.eye(3)])
def test_nothing_known_or_all_tied_is_all_equal(wins: np.ndarray) -> None:
    assert bradley_terry(wins) == pytest.approx(np.zeros(len(wins)), abs=1e-8)
    assert cycles(wins) == ()


def test_one_that_never_lost_is_finite_and_first() -> None:
    wins = np.zeros((4, 4))
    wins[0, 1:] = 1000.0
    scores = bradley_terry(wins)
    assert np.isfinite(scores).all()
    assert scores.argmax() == 0


@given(counts)
def test_scores_are_centred_and_turn_round_with_the_wins(wins: np.ndarray) -> None:
    scores = bradley_terry(wins)
    assert np.isfinite(scores).all()
    assert scores.sum() == pytest.approx(0, abs=1e-6)
    assert bradley_terry(wins.T) == pytest.approx(-scores, abs=1e-5)


@given(counts)
def test_as_many_cycles_are_named_as_are_counted(wins: np.ndarray) -> None:
    named = cycles(wins)
    assert len(named) == cyclic_triads(wins - wins.T)[0]
    for i, j, k in named:
        assert wins[i, j] > wins[j, i]
        assert wins[j, k] > wins[k, j]
        assert wins[k, i] > wins[i, k]
