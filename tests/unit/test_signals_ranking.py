"""Ranking, difficulty, states and training dynamics: the methods' numbers and their edges."""

import numpy as np
import pytest

from core.signals.compute import compute_one
from core.signals.dynamics import (
    AMBIGUOUS,
    CLEAN,
    OTHER,
    SUSPECT,
    aum,
    data_map,
    peers_agreeing,
    regions,
)
from core.signals.inputs import make_inputs
from core.signals.ranking import (
    Transitions,
    dpo_threshold,
    flip_distance,
    idealised_accuracy,
    idealised_range,
    ranking_accuracy,
    reward_accuracy,
    transitions,
)
from core.signals.states import cdr_margin, low_confidence, simpo_states, spa_smoothing

NAN = np.nan
C = np.array([-20.0, 0, 5, 20, 50])
GAP = np.array([-10.0, -10, 3, -30])
VOTES = np.array([0.75, 0.9, 0.6, 0.9])


def test_threshold_and_distance_of_the_methods() -> None:
    wanted = [2.1269, 0.6931, 0.4741, 0.1269, 0.0067]
    assert dpo_threshold(-C, 0.1) == pytest.approx(wanted, abs=1e-4)
    assert flip_distance(-C, 0.1) == pytest.approx([0, 0, 0.5, 2, 5])
    assert np.isnan(flip_distance(np.array([NAN]), 0.1)).all()


def test_a_pair_is_ranked_right_exactly_up_to_its_threshold() -> None:
    draw = np.random.default_rng(2)
    ref, policy = draw.normal(0, 30, (2, 500))
    loss = np.log1p(np.exp(-0.1 * (policy - ref)))
    assert np.array_equal(policy >= 0, loss <= dpo_threshold(ref, 0.1))


@pytest.mark.parametrize(("beta", "share"), [(0.01, 1.0), (0.1, 0.75), (1.0, 0.25)])
def test_idealised_accuracy_of_the_methods(beta: float, share: float) -> None:
    assert idealised_accuracy(GAP, VOTES, beta) == share


def test_ranking_accuracy_counts_equals_as_right_and_the_reward_does_not() -> None:
    assert ranking_accuracy(GAP, np.zeros(4)) == 0.25
    chosen, rejected = np.array([1.0, 2, 3, NAN]), np.array([1.0, 3, 2, 1])
    assert ranking_accuracy(chosen, rejected) == pytest.approx(2 / 3)
    assert reward_accuracy(np.array([0.0, 1, -1, NAN])) == pytest.approx(1 / 3)


def test_without_rows_there_is_no_accuracy() -> None:
    nothing = np.array([NAN])
    assert ranking_accuracy(nothing, nothing) is None
    assert reward_accuracy(nothing) is None
    assert idealised_accuracy(nothing, nothing, 0.1) is None
    assert idealised_range(nothing, nothing) is None


def test_unanimous_votes_stay_finite_and_the_range_is_over_the_betas() -> None:
    assert idealised_accuracy(np.array([-69.0, -70.0]), np.ones(2), 0.1) == 0.5
    assert idealised_range(GAP, VOTES) == (0.25, 0.25, 1.0)


@pytest.mark.parametrize(("alpha_nats", "beta"), [(10.99, 0.1), (1.10, 1.0)])
def test_what_three_of_four_votes_overcome(alpha_nats: float, beta: float) -> None:
    share = np.array([0.75])
    assert idealised_accuracy(np.array([-alpha_nats + 0.01]), share, beta) == 1
    assert idealised_accuracy(np.array([-alpha_nats - 0.01]), share, beta) == 0


def test_transitions() -> None:
    found = transitions(np.array([1.0, 1, -1, -1, NAN]), np.array([1.0, -1, 1, -1, 1]))
    assert found == Transitions(both=1, only_reference=1, only_policy=1, neither=1)


def test_difficulty_per_token_controls_for_length() -> None:
    given = {
        "ref_chosen": [-200.0],
        "ref_rejected": [-100.0],
        "chosen_tokens": [100.0],
        "rejected_tokens": [50.0],
    }
    inputs = make_inputs({"logps": {"p": given}})
    assert compute_one("difficulty", inputs, {}, "p").tolist() == pytest.approx([10])
    assert compute_one("difficulty", inputs, {"per_token": 1}, "p").tolist() == [0]


def test_simpo_states_of_the_methods() -> None:
    found = simpo_states(np.array([-0.2, 0.3, 0.7, 0.0, 0.5, NAN]), 0.5)
    assert found.tolist() == pytest.approx([0, 1, 2, 0, 2, NAN], nan_ok=True)


def test_spa_smooths_the_lowest_tenth() -> None:
    margins = np.append(np.arange(101.0), NAN)
    assert np.flatnonzero(low_confidence(margins)).tolist() == list(range(11))
    smoothing = spa_smoothing(margins)
    assert set(smoothing[:101]) == {0.0, 0.1}
    assert np.isnan(smoothing[101])
    assert not low_confidence(np.array([NAN])).any()


def test_cdr_of_the_methods() -> None:
    strong = {"policy_chosen": [-40.0], "policy_rejected": [-35.0]}
    weak = {"policy_chosen": [-52.0], "policy_rejected": [-41.0]}
    runs = make_inputs({"logps": {"strong": strong, "weak": weak}}).logps
    assert cdr_margin(runs["strong"], runs["weak"], np.array([False])).tolist() == [6.0]
    assert np.isnan(cdr_margin(runs["strong"], runs["weak"], np.array([True]))).all()


def test_data_map_of_the_methods() -> None:
    found = data_map(np.array([[0.5, 0.6, 0.8, 0.9], [0.45, 0.3, 0.2, 0.15], [NAN, 1, 1, 1]]))
    assert found.confidence[:2] == pytest.approx([0.70, 0.275])
    assert found.variability[:2] == pytest.approx([0.158, 0.115], abs=1e-3)
    assert found.correctness[:2].tolist() == [0.75, 0.0]  # 0.5 is not above a half
    assert np.isnan(found.confidence[2])
    assert regions(found.confidence, found.variability).tolist() == [AMBIGUOUS, SUSPECT, OTHER]


def test_forgetting_and_losses() -> None:
    found = data_map(np.array([[0.9, 0.1, 0.9, 0.1], [0.1, 0.9, 0.9, 0.9], [1.0, 0.0, 1.0, 1.0]]))
    assert found.forgotten.tolist() == [2, 0, 1]
    losses = -np.log([0.9, 0.1, 0.9, 0.1])
    assert found.loss_mean[0] == pytest.approx(losses.mean())
    assert found.loss_std[0] == pytest.approx(losses.std())
    assert np.isfinite(found.loss_mean).all()
    assert aum(np.array([[1.0, 2, 6]])).tolist() == [3]


def test_regions() -> None:
    found = regions(np.array([0.7, 0.7, 0.3, 0.5, NAN]), np.array([0.15, 0.16, 0.15, 0.1, NAN]))
    assert found.tolist() == [CLEAN, AMBIGUOUS, SUSPECT, OTHER, OTHER]


def test_peers() -> None:
    found = peers_agreeing(np.array([1.0, -1, -1, NAN]), np.array([1.0, 1, -1, 1]))
    assert found.tolist() == pytest.approx([2, 1, 0, NAN], nan_ok=True)
