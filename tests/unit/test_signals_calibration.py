"""Slope and noise rate from gold: simulated sources, chosen audits, and where nothing is said."""

import numpy as np
import pytest

from core.signals.audit import audited, horvitz_thompson
from core.signals.calibration import Beside, calibrate, slope_at
from core.signals.logistic import sigmoid

N = 4000


def source(rate: float, seed: int, slope: float = 1.0):
    """Draw evidence for the label whose logit slope is `slope`, and whether the label is right."""
    draw = np.random.default_rng(seed)
    quality = draw.normal(0, 2, N)
    better = draw.random(N) < sigmoid(slope * quality)
    toward_truth = np.where(better, quality, -quality)
    wrong = draw.random(N) < rate
    return np.where(wrong, -toward_truth, toward_truth), ~wrong


def gold(right: np.ndarray, rows: np.ndarray) -> np.ndarray:
    found = np.full(len(right), np.nan)
    found[rows] = right[rows]
    return found


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2, 0.3, 0.4])
def test_within_two_points_and_covered(rate: float) -> None:
    errors, covered = [], 0
    for seed in range(10):
        evidence, right = source(rate, seed)
        rows = np.random.default_rng(seed).permutation(N)[:200]
        found = calibrate(evidence, gold(right, rows))
        true = float(1 - right.mean())
        errors.append(found.rate - true)
        covered += found.low <= true <= found.high
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.035
    assert covered >= 7


def test_audits_chosen_by_the_evidence_do_not_bias() -> None:
    errors, slopes = [], []
    for seed in range(8):
        evidence, right = source(0.2, seed, slope=0.7)
        found = calibrate(evidence, gold(right, np.argsort(evidence)[:200]))
        errors.append(found.rate - (1 - right.mean()))
        slopes.append(found.slope)
        naive = 1 - right[np.argsort(evidence)[:200]].mean()
        assert naive > 0.4
    assert abs(np.mean(errors)) < 0.02
    assert np.mean(slopes) == pytest.approx(0.7, rel=0.1)


def test_the_slope_undoes_any_scale() -> None:
    evidence, right = source(0.2, 0)
    marks = gold(right, np.arange(300))
    one, small = calibrate(evidence, marks), calibrate(evidence * 1e-3, marks)
    assert small.slope == pytest.approx(1000 * one.slope, rel=1e-6)
    assert small.rate == pytest.approx(one.rate, abs=1e-6)


def test_gold_everywhere_counts_the_reversed_labels() -> None:
    evidence, right = source(0.2, 1)
    found = calibrate(evidence, right.astype(float))
    assert found.rate == pytest.approx(1 - right.mean(), abs=2e-3)
    all_right = calibrate(np.abs(evidence), np.ones(N))
    assert all_right.rate < 2e-3
    assert all_right.low == 0


def test_rows_beside_a_slice_tell_its_slope() -> None:
    evidence, right = source(0.1, 2)
    none = np.full(N, np.nan)
    other = source(0.4, 3)
    beside = Beside(other[0], gold(other[1], np.arange(300)), prior=float(np.log(0.6 / 0.4)))
    assert calibrate(evidence, none) is None
    found = calibrate(evidence, none, beside)
    assert found.rate == pytest.approx(1 - right.mean(), abs=0.03)


@pytest.mark.parametrize(
    ("evidence", "right"),
    [
        (np.ones(99), np.ones(99)),
        (np.zeros(500), np.ones(500)),
        (np.full(500, np.nan), np.ones(500)),
        (np.ones(500), np.full(500, np.nan)),
        (np.empty(0), np.empty(0)),
    ],
)
def test_says_nothing_without_ground(evidence: np.ndarray, right: np.ndarray) -> None:
    assert calibrate(evidence, right) is None


def test_gold_that_contradicts_the_runs_stays_finite() -> None:
    evidence, _ = source(0.2, 4)
    found = calibrate(evidence, (evidence < 0).astype(float))
    assert np.isfinite([found.slope, found.rate, found.low, found.high]).all()


def test_an_audit_of_everything_is_the_plain_share() -> None:
    wrong = np.array([True, False, False, True, False])
    assert horvitz_thompson(wrong, np.ones(5), 5) == pytest.approx(0.4)
    assert audited(wrong, np.ones(5), 5).rate == pytest.approx(0.4)


def test_an_audit_of_suspects_is_weighed_back() -> None:
    """Methods 11.2: all of the top 5 % and 2 % of the rest; 10 % of the labels are reversed."""
    plain, weighed, naive = [], [], []
    for seed in range(40):
        draw = np.random.default_rng(seed)
        wrong = draw.random(20_000) < 0.1
        score = wrong * 2.5 + draw.normal(size=20_000)
        top = score >= np.quantile(score, 0.95)
        chance = np.where(top, 1.0, 0.02)
        drawn = draw.random(20_000) < chance
        found = audited(wrong[drawn], chance[drawn], 20_000)
        plain.append(horvitz_thompson(wrong[drawn], chance[drawn], 20_000))
        weighed.append(found.rate)
        naive.append(found.naive)
    assert np.mean(plain) == pytest.approx(0.1, abs=0.01)
    assert np.mean(weighed) == pytest.approx(0.1, abs=0.01)
    assert np.mean(naive) > 0.5


def test_small_probabilities_are_not_clipped() -> None:
    """Methods 11.2: 500 audits of a million rows; clipping at 0.02 would read 0.25 %."""
    wrong = np.arange(500) < 50
    assert horvitz_thompson(wrong, np.full(500, 500 / 1e6), 10**6) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("wrong", "chance", "rows"),
    [([], [], 5), ([True], [0.0], 5), ([True], [1.5], 5), ([True, True], [1, 1], 1)],
)
def test_impossible_audits_are_refused(wrong: list, chance: list, rows: int) -> None:
    with pytest.raises(ValueError, match=r"audit|probability"):
        audited(np.array(wrong, bool), np.array(chance, float), rows)


def test_many_rows_do_not_outvote_gold() -> None:
    """A scorer that is right 80 % of the time however sure it is: its evidence is no true logit."""
    rates, covered = [], 0
    for seed in range(10):
        draw = np.random.default_rng(seed)
        size = draw.uniform(0.7, 4, 20_000)
        wrong = draw.random(20_000) < 0.02
        evidence = np.where((draw.random(20_000) < 0.8) ^ wrong, size, -size)
        found = calibrate(evidence, gold(~wrong, draw.permutation(20_000)[:200]))
        rates.append(found.rate)
        covered += found.low <= 0.02 <= found.high
    assert np.mean(rates) < 0.05
    assert covered >= 7


def test_the_slope_at_a_rate_is_that_of_signs() -> None:
    evidence, right = source(0.2, 5, slope=0.8)
    assert slope_at(evidence, 1 - right.mean()) == pytest.approx(0.8, rel=0.1)
    judge = np.where(np.random.default_rng(0).random(4000) < 0.8, 1.0, -1.0)
    assert slope_at(judge, 0.1) == pytest.approx(np.log(0.875 / 0.125), rel=0.1)
    assert slope_at(np.zeros(10), 0.1) == 0
