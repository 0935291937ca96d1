"""Several raters and out-of-fold models: Dawid-Skene, agreement, confident learning."""

import numpy as np
import pytest

from core.signals.agreement import cohen_kappa, krippendorff_alpha
from core.signals.confident import confident_learning, noise_of_confident
from core.signals.dawid_skene import dawid_skene, majority
from core.signals.logistic import sigmoid

NAN = np.nan


def crowd(skills, items: int = 2000, seed: int = 0):
    draw = np.random.default_rng(seed)
    truth = draw.random(items) < 0.5
    right = draw.random((items, len(skills))) < np.array(skills)
    votes = np.where(right, truth[:, None], ~truth[:, None])
    item, rater = np.indices(votes.shape)
    return truth, item.ravel(), rater.ravel(), votes.ravel()


def test_dawid_skene_beats_the_majority() -> None:
    by_majority, weighed = [], []
    for seed in range(5):
        truth, item, rater, vote = crowd((0.9, 0.75, 0.55), seed=seed)
        found = dawid_skene(item, rater, vote, 2000, 3)
        assert found.converged
        assert np.argsort(-found.reliability).tolist() == [0, 1, 2]
        weighed.append(((found.q > 0.5) == truth).mean())
        by_majority.append(((majority(item, vote, 2000) > 0.5) == truth).mean())
    assert np.mean(by_majority) == pytest.approx(0.82, abs=0.02)
    assert np.mean(weighed) == pytest.approx(0.90, abs=0.02)


def test_dawid_skene_finds_the_skills_of_a_larger_crowd() -> None:
    _, item, rater, vote = crowd((0.9, 0.8, 0.7, 0.6, 0.85), 5000)
    found = dawid_skene(item, rater, vote, 5000, 5)
    assert found.reliability == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.85], abs=0.02)
    assert found.prior == pytest.approx(0.5, abs=0.02)


def test_a_rater_without_votes_and_an_item_without_votes_are_unknown() -> None:
    item, rater = np.array([0, 0, 2]), np.array([0, 2, 2])
    found = dawid_skene(item, rater, np.array([True, True, False]), 3, 3)
    assert np.isnan(found.reliability[1])
    assert np.isnan(found.q[1])
    assert found.q[0] > 0.5 > found.q[2]
    nobody = np.zeros(0, np.int64)
    assert np.isnan(dawid_skene(nobody, nobody, nobody > 0, 2, 1).q).all()


@pytest.mark.parametrize("answer", [True, False])
def test_one_rater_is_believed(answer: bool) -> None:
    found = dawid_skene(np.arange(3), np.zeros(3, int), np.full(3, answer), 3, 1)
    assert ((found.q > 0.5) == answer).all()


def test_majority() -> None:
    found = majority(np.array([0, 0, 0, 2, 2]), np.array([True, True, False, True, False]), 3)
    assert found.tolist() == pytest.approx([2 / 3, NAN, 0.5], nan_ok=True)


def test_krippendorff_of_the_methods() -> None:
    unit = np.repeat(np.arange(4), 2)
    assert krippendorff_alpha(unit, np.array([0, 0, 0, 1, 1, 1, 0, 0])) == pytest.approx(
        0.5333, abs=1e-4
    )


def test_krippendorff_leaves_single_votes_out_and_knows_its_limits() -> None:
    unit = np.append(np.repeat(np.arange(4), 2), [7, 8])
    value = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1, 2])
    assert krippendorff_alpha(unit, value) == pytest.approx(0.5333, abs=1e-4)
    assert krippendorff_alpha(np.array([1, 2]), np.array([0, 1])) is None
    assert krippendorff_alpha(np.array([1, 1]), np.array([0, 0])) is None
    assert krippendorff_alpha(np.zeros(0, int), np.zeros(0, int)) is None
    assert krippendorff_alpha(np.repeat([1, 2], 3), np.array([0, 0, 1, 2, 2, 2])) == pytest.approx(
        1 - (4 / 2) / ((36 - 14) / 5)
    )


def test_cohen() -> None:
    first = np.array([True, True, False, False])
    assert cohen_kappa(first, first) == 1
    assert cohen_kappa(first, np.array([True, False, True, False])) == 0
    assert cohen_kappa(first, ~first) == -1
    assert cohen_kappa(first[:2], first[:2]) is None
    assert cohen_kappa(first[:0], first[:0]) is None


def test_confident_learning_of_the_methods() -> None:
    found = confident_learning(np.array([0.9, 0.8, 0.7, 0.3, 0.1]))
    assert found.threshold == pytest.approx(0.56)
    assert found.flagged.tolist() == [False, False, False, True, True]
    assert found.rate == pytest.approx(0.4)


def joint_of_random_orders(p: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cleanlab's confident joint after putting the sides of every row in random order."""
    label = np.random.default_rng(seed).random(len(p)) < 0.5
    first = np.where(label, p, 1 - p)
    both = np.stack([1 - first, first], 1)
    thresholds = np.array([both[label == k, k].mean() for k in (0, 1)])
    likely = np.where(both >= thresholds, both, -1)
    named = likely.max(1) >= 0
    return thresholds, named & (likely.argmax(1) != label)


def test_is_what_random_orders_give() -> None:
    p = sigmoid(np.random.default_rng(1).normal(1, 2, 20_000))
    found = confident_learning(p)
    assert found.threshold is not None
    for seed in range(3):
        thresholds, off = joint_of_random_orders(p, seed)
        assert thresholds == pytest.approx([found.threshold] * 2, abs=0.01)
        assert (off == found.flagged).mean() > 0.99


def test_tells_the_noise_that_was_planted() -> None:
    draw = np.random.default_rng(3)
    flipped = draw.random(20_000) < 0.2
    p = sigmoid(np.abs(draw.normal(2.5, 1, 20_000)) * np.where(flipped, -1, 1))
    assert confident_learning(p).rate == pytest.approx(0.2, abs=0.02)


def test_odd_probabilities() -> None:
    nothing = confident_learning(np.array([NAN]))
    assert (nothing.threshold, nothing.rate) == (None, None)
    assert not nothing.flagged.any()
    gaps = confident_learning(np.array([0.9, NAN, 0.1]))
    assert gaps.flagged.tolist() == [False, False, True]
    assert confident_learning(np.full(3, 0.1)).rate == 1.0
    assert confident_learning(np.full(7, 0.7)).rate == 0.0
    assert confident_learning(np.full(2, 0.5)).rate == 0.0


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.4])
def test_confident_learning_less_its_model_s_own_errors_tells_the_noise(noise: float) -> None:
    draw = np.random.default_rng(0)
    clean = sigmoid(draw.normal(0, 2, 20_000))
    best = draw.random(20_000) < clean
    right = np.where(best, clean, 1 - clean)
    p = np.where(draw.random(20_000) < noise, 1 - right, right)
    assert confident_learning(p).rate > noise + 0.03
    assert noise_of_confident(p) == pytest.approx(noise, abs=0.02)


def test_a_coin_s_confident_flags_tell_nothing() -> None:
    assert noise_of_confident(np.full(100, 0.51)) is None
    assert noise_of_confident(np.full(5, np.nan)) is None
    assert noise_of_confident(np.ones(10)) == 0
