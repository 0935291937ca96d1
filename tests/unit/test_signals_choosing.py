"""Selection scores and what one score cannot hold: the numbers of the methods catalogue."""

import numpy as np
import pytest

from core.signals.choosing import (
    alignment_map,
    examples_needed,
    log_neighbour_distance,
    signal_to_noise,
    topsis,
)
from core.signals.geometry import cyclic_triads, ideal_point_margin, skew_scores, trace_share
from core.signals.logistic import sigmoid

LOWER = np.array([True, True])


def test_topsis() -> None:
    found = topsis(np.array([[0.2, 0.9], [-0.1, 0.3], [0.5, 0.2]]), LOWER)
    assert found == pytest.approx([0.377, 0.924, 0.397], abs=1e-3)


def test_topsis_of_equal_and_unknown_rows() -> None:
    assert topsis(np.ones((3, 2)), LOWER).tolist() == [0.5] * 3
    assert topsis(np.zeros((2, 2)), LOWER).tolist() == [0.5] * 2
    found = topsis(np.array([[1.0, np.nan], [1.0, 2.0], [2.0, 3.0]]), LOWER)
    assert np.isnan(found[0])
    assert found[1:].tolist() == [1.0, 0.0]
    assert np.isnan(topsis(np.full((2, 2), np.nan), LOWER)).all()


def test_an_outlier_is_far_from_everybody() -> None:
    found = log_neighbour_distance(np.array([[0.0], [0.1], [0.2], [5.0]]), 1)
    assert found == pytest.approx([-2.303, -2.303, -2.303, 1.569], abs=1e-3)
    twins = log_neighbour_distance(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]]), 1)
    assert twins[0] == -np.inf
    assert twins[2] == pytest.approx(np.log(5) / 2)
    with pytest.raises(ValueError, match="k is 1 to 1, not 2"):
        log_neighbour_distance(np.zeros((2, 1)), 2)


def test_alignment_map() -> None:
    mean, variance = alignment_map(np.array([8, 3, 9.0]), np.array([7.5, 2.5, 2]))
    assert mean.tolist() == [7.75, 2.75, 5.5]
    assert variance.tolist() == [0.0625, 0.0625, 12.25]


def test_examples_needed() -> None:
    found = examples_needed(np.array([0.3, 0.5, 0.51, 0.7, 0.9, 0.99, 0.75]))
    assert found.tolist() == [8, 8, 4, 3, 1, 1, 2]


def test_signal_to_noise() -> None:
    found = signal_to_noise(np.array([0.55, 0.6, 0.7]), np.array([0.69, 0.7, 0.71, 0.7]))
    assert (found.signal, found.noise) == pytest.approx((0.2432, 0.0101), abs=1e-4)
    assert found.ratio == pytest.approx(24.08, abs=0.01)
    assert signal_to_noise(np.array([1.0, 2.0]), np.ones(3)).ratio is None


def test_three_vectors_in_a_circle_are_a_cycle() -> None:
    angles = np.array([0, 2, 4]) * np.pi / 3
    scores = skew_scores(np.column_stack([np.cos(angles), np.sin(angles)]))
    around = scores[[0, 1, 2], [1, 2, 0]]
    assert around == pytest.approx([0.8660] * 3, abs=1e-4)
    assert sigmoid(around) == pytest.approx([0.7039] * 3, abs=1e-4)
    assert scores == pytest.approx(-scores.T)
    assert cyclic_triads(scores) == (1, 1)


def test_ranks_have_no_cycles_and_gaps_are_not_counted() -> None:
    ranks = np.array([3.0, 2.0, 1.0, 0.5])
    scores = ranks[:, None] - ranks
    assert cyclic_triads(scores) == (0, 4)
    scores[0, 1] = scores[1, 0] = np.nan
    assert cyclic_triads(scores) == (0, 2)


def test_tosses_make_a_quarter_of_cycles() -> None:
    draw = np.random.default_rng(0).normal(size=(40, 40))
    cyclic, complete = cyclic_triads(draw - draw.T)
    assert complete == 40 * 39 * 38 / 6
    assert cyclic / complete == pytest.approx(0.25, abs=0.02)


def test_ideal_point_margin() -> None:
    prototypes = np.array([[0.0, 0.0], [1.0, 1.0]])
    args = (prototypes, np.array([0.7, 0.3]), np.array([0.2, 0.2]), np.array([0.9, 0.9]))
    assert ideal_point_margin(*args) == pytest.approx(0.7071, abs=1e-4)


def test_trace_share() -> None:
    assert trace_share(4.0, np.array([0.0]), np.array([1.0])) == pytest.approx(0.2)
