"""Measuring: metrics against scikit-learn and by hand, detectors, and a whole trial."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from core.errors import ScoreError
from core.schema import RunValues, SignalInputs
from core.schema.trials import MEASURES
from core.signals import outside
from core.signals.detection_metrics import bootstrap, probabilities, ranking, rates, summary
from core.signals.detectors import DETECTORS, believed, detect, mean_of_z
from core.signals.inputs import make_inputs
from core.signals.planting import flip_rows
from core.signals.trial import Bench, check_rows, run_trial
from tests.planted import N, by_name, scored

# --- metrics -----------------------------------------------------------------------------------


def sample(seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.random(n) < 0.3
    score = np.round(draw.normal(size=n) + truth, 1)  # with ties
    return score, truth


@pytest.mark.parametrize("seed", range(5))
def test_ranks_are_those_of_scikit_learn_ties_too(seed: int) -> None:
    score, truth = sample(seed)
    found = ranking(score, truth)
    assert found["auroc"][0] == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    assert found["auprc"][0] == pytest.approx(average_precision_score(truth, score), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_weighted_draws_are_those_of_repeated_rows(seed: int) -> None:
    score, truth = sample(seed, 80)
    weights = bootstrap(80, 6, seed)
    found = ranking(score, truth, weights)
    p = 1 / (1 + np.exp(-score))
    chance = probabilities(p, truth, weights)
    for draw, counts in enumerate(weights):
        rows = np.repeat(np.arange(80), counts)
        assert len(rows) == 80
        alone = ranking(score[rows], truth[rows])
        for name in found:
            assert found[name][draw] == pytest.approx(alone[name][0], abs=1e-12), name
        assert chance["brier"][draw] == pytest.approx(brier_score_loss(truth[rows], p[rows]))
        again = probabilities(p[rows], truth[rows])["ece"][0]
        assert chance["ece"][draw] == pytest.approx(again, abs=1e-12)


def test_precision_and_recall_at_k_by_hand() -> None:
    truth = np.array([1, 0, 1, 0, 1, 0], bool)
    found = ranking(np.array([9.0, 8, 7, 6, np.nan, 1]), truth)
    assert found["precision_at_k"][0] == pytest.approx(1 / 2)  # two rows have a score and are true
    assert found["recall_at_k"][0] == pytest.approx(1 / 3)  # the third one is missed
    tied = ranking(np.zeros(6), truth)
    assert tied["precision_at_k"][0] == pytest.approx(1 / 2)
    assert tied["auroc"][0] == pytest.approx(0.5)


def test_calibration_error_by_hand() -> None:
    p = np.array([0.05, 0.05, 0.95, 1.0, np.nan])
    truth = np.array([0, 1, 1, 1, 0], bool)
    found = probabilities(p, truth)
    assert found["ece"][0] == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)
    assert found["brier"][0] == pytest.approx((0.0025 + 0.9025 + 0.0025 + 0.0) / 4)


@pytest.mark.parametrize(
    ("score", "truth"),
    [
        (np.full(5, np.nan), np.array([1, 0, 1, 0, 1], bool)),
        (np.arange(5.0), np.zeros(5, bool)),
        (np.arange(5.0), np.ones(5, bool)),
    ],
)
def test_what_is_not_defined_is_unknown_and_silent(score, truth) -> None:
    found = ranking(score, truth, bootstrap(5, 3))
    assert np.isnan(found["auroc"]).all()
    assert np.isnan(found["auprc"]).all()
    measure = summary([found["auroc"]], "because")
    assert (measure.value, measure.low, measure.reason) == (None, None, "because")
    assert np.isnan(probabilities(np.full(5, np.nan), truth)["brier"]).all()
    assert np.isnan(rates(np.full(5, np.nan), np.ones(5))).all()


def test_a_summary_is_the_mean_over_seeds_inside_its_interval() -> None:
    draws = [np.append(v, np.full(200, v) + np.linspace(-0.1, 0.1, 200)) for v in (0.6, 0.7, 0.8)]
    found = summary(draws, "")
    assert found.value == pytest.approx(0.7)
    assert found.low is not None
    assert found.high is not None
    assert 0.5 < found.low < 0.66 < 0.74 < found.high < 0.9
    assert found.reason == ""


def test_the_interval_covers_the_true_auroc_about_as_often_as_it_says() -> None:
    draw, hits = np.random.default_rng(0), 0
    for _ in range(100):
        truth = np.arange(200) < 60
        score = draw.normal(size=200) + truth
        found = summary(
            [ranking(score, truth, bootstrap(200, 100, int(draw.integers(9999))))["auroc"]], ""
        )
        hits += found.low <= 0.7602 <= found.high  # Φ(1/√2)
    assert 80 <= hits <= 98


# --- detectors and the trial -------------------------------------------------------------------


def test_every_detector_speaks_or_says_why_not() -> None:
    found = detect(scored())
    names = {d.name for d in DETECTORS}
    heard = {n for n in names if any(f == n or f.startswith(f"{n}_") for f in found.detections)}
    assert heard | set(found.absent) == names
    assert not heard & set(found.absent)
    assert "implicit_margin" in found.absent
    assert found.titles["explicit_margin_good"] == "Run good"
    assert all(sentence.endswith(".") for sentence in found.absent.values())


def test_a_run_that_leaks_or_is_constant_is_no_detector() -> None:
    zeros = [0.0] * N
    leaky = {"leak": (list(range(N)), zeros, True), "flat": ([1.0] * N, zeros)}
    found = detect(scored(rewards=leaky))
    assert {"explicit_margin", "mean_z", "confident_learning"} <= set(found.absent)


def test_the_mean_of_z_scores_is_that_of_a_plain_loop() -> None:
    given = replace(scored(), source=np.arange(N) % 2, source_names=("a", "b"))
    expected = np.zeros(N)
    for run in given.rewards.values():
        margin = run.chosen - run.rejected
        for source in (0, 1):
            rows = given.source == source
            expected[rows] += (margin[rows] - margin[rows].mean()) / margin[rows].std() / 3
    assert mean_of_z(given) == pytest.approx(expected)


def test_probabilities_without_gold_follow_the_labels() -> None:
    p = believed(scored())
    assert np.isfinite(p).all()
    assert 0.6 < p.mean() < 1
    against = scored(rewards={"bad": (-np.ones(N) - np.arange(N) % 3, np.zeros(N))})
    assert np.isnan(believed(against)).all()


def test_flips_are_found_by_what_is_good_and_not_by_noise() -> None:
    found = by_name(run_trial(scored(), "symmetric", 0.2, range(4), draws=50))
    auroc = {name: one.measures["auroc"].value for name, one in found.items()}
    assert auroc["explicit_margin_good"] > 0.85
    assert 0.4 < auroc["explicit_margin_noise"] < 0.6
    assert auroc["mean_z"] > auroc["explicit_margin_fair"]
    for one in found.values():
        assert set(one.measures) == set(MEASURES)
        measure = one.measures["auroc"]
        assert measure.low < measure.value < measure.high
    assert found["length"].measures["brier"].reason == "It gives no probability."
    mirrored = found["mirrored_gaussians"].measures
    assert mirrored["noise_rate"].value == pytest.approx(0.2, abs=0.15)
    assert mirrored["noise_error"].value < 0.15
    assert mirrored["noise_rise"].value > 0


def test_the_order_is_that_of_auroc() -> None:
    scores = run_trial(scored(), "length", 0.2, range(2), draws=20)
    values = [one.measures["auroc"].value for one in scores]
    assert values == sorted(values, reverse=True)


def test_a_run_that_covers_a_few_rows_says_so() -> None:
    part = np.where(np.arange(N) < 12, 1.0, np.nan) * np.arange(N)
    given = scored(rewards={"few": (part, np.zeros(N)), "all": (np.arange(N) % 7, np.zeros(N))})
    found = by_name(run_trial(given, "symmetric", 0.2, range(2), draws=20))
    assert found["explicit_margin_few"].rows == 12
    assert found["explicit_margin_few"].seeds == 2
    assert found["explicit_margin_few"].measures["recall_at_k"].value < 0.1


def test_a_detector_that_is_silent_in_a_copy_is_measured_in_the_others() -> None:
    """With margins that disagree with the labels, nothing is believed."""
    given, seen = scored(), []

    def relearn(copy: SignalInputs, flips: np.ndarray) -> SignalInputs:
        seen.append(flips.any())
        odd = {"only": RunValues(np.full(N, -1.0) - np.arange(N) % 3, np.zeros(N))}
        return replace(copy, rewards=odd) if len(seen) == 2 else copy

    bench = Bench(given, relearn, draws=5)
    for seed in range(3):
        bench.plant("symmetric", 0.2, seed)
    found = by_name(bench.results())
    assert (found["cleanlab"].seeds if "cleanlab" in found else 2) == 2
    assert (found["confident_learning"].seeds, found["confident_learning"].rows) == (2, N)
    assert found["length"].seeds == 3
    assert "confident_learning" not in bench.silent()


def test_real_noise_is_ranked_where_gold_knows_enough_of_it() -> None:
    given = scored()
    wrong = np.random.default_rng(1).random(N) < 0.1
    noisy = replace(flip_rows(given, wrong), gold=np.where(wrong, 0.0, 1.0))
    found = by_name(run_trial(noisy, "symmetric", 0.2, [0], draws=30))
    gold = found["explicit_margin_good"].measures["gold_auroc"]
    assert gold.value > 0.8
    few = replace(given, gold=np.where(np.arange(N) < 19, 0.0, 1.0))
    kept = by_name(run_trial(few, "symmetric", 0.2, [0], draws=10))
    gold = kept["explicit_margin_good"].measures["gold_auroc"]
    assert gold.value is None
    assert "fewer than 20" in gold.reason


def test_gold_is_seen_by_no_detector() -> None:
    given = replace(scored(), gold=np.ones(N))
    seen: list[SignalInputs] = []

    def look(copy: SignalInputs, flips: np.ndarray) -> SignalInputs:
        seen.append(copy)
        return copy

    bench = Bench(given, look, draws=5)
    bench.before()
    bench.plant("symmetric", 0.2, 0)
    assert len(seen) == 2
    assert all(np.isnan(copy.gold).all() for copy in seen)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (scored(tie=[True] * N), "None of these rows has a label"),
        (scored(49), "49 labelled rows are too few"),
        (make_inputs({"chosen_chars": [1.0] * 60}), "No run has scored"),
        (scored(rewards={"l": ([1.0] * N, [0.0] * N, True)}), "Every run moves with the labels"),
    ],
)
def test_a_trial_of_nothing_is_refused_in_a_sentence(given: SignalInputs, sentence: str) -> None:
    with pytest.raises(ScoreError, match=sentence):
        check_rows(given)


@pytest.mark.parametrize(
    "bad", [np.zeros(60), np.full(60, np.nan), np.ones(60), np.full(60, 1e308)]
)
def test_margins_that_say_nothing_bring_no_warning(bad: np.ndarray) -> None:
    given = make_inputs({"rewards": {"a": (bad, -bad), "b": (bad * 0, bad * 0)}})
    scores = run_trial(given, "symmetric", 0.2, [0], draws=5)
    for one in scores:
        for measure in one.measures.values():
            assert measure.value is not None or measure.reason
            assert measure.value is None or np.isfinite(measure.value)


# --- outside -----------------------------------------------------------------------------------


def test_cleanlab_ranks_as_its_probabilities_do() -> None:
    pytest.importorskip("cleanlab")
    p = np.append(np.random.default_rng(2).random(200), np.nan)
    found = outside.cleanlab(p)[""]
    assert found.score[:200] == pytest.approx(1 - p[:200])
    assert np.isnan(found.score[200])
    assert 0 < np.nanmean(found.counted) < 1


def test_without_cleanlab_there_is_no_such_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "find_spec", lambda name: None)
    assert outside.cleanlab(np.full(50, 0.7)) == {}
    assert "cleanlab" in detect(scored()).absent


def test_asking_the_registry_imports_no_cleanlab() -> None:
    import subprocess

    code = "import core.signals.trial, sys; assert not {'cleanlab', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
