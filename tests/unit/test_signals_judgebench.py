"""Five real reward models on 350 pairs whose right answer is known: planted flips are found."""

import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.signals.compute import compute_one
from core.signals.detection_metrics import ranking
from core.signals.inputs import make_inputs
from core.signals.noise_estimates import Ground, estimates
from core.signals.suspicion_model import judge_labels

FOLDER = Path("sample_data/judgebench")
SEEDS = range(20)
ROWS = 350


@cache
def margins() -> np.ndarray:
    """Return five models' margins for the right answer, shape (350, 5)."""
    return np.column_stack([_margins(path) for path in sorted(FOLDER.glob("rm_*.jsonl.gz"))])


def _margins(path: Path) -> list[float]:
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    rows = sorted((json.loads(line) for line in lines if line), key=lambda row: row["pair_id"])
    scores = [row["judgments"][0]["judgment"]["scores"] for row in rows]
    signs = [1 if row["label"] == "A>B" else -1 for row in rows]
    return [sign * (a - b) for sign, (a, b) in zip(signs, scores, strict=True)]


def planted(rate: float, seed: int, spoil: bool = False):
    """Return margins after planted flips, the flips, and which models are sound."""
    draw = np.random.default_rng(seed)
    found, sound = margins().copy(), np.ones(5, bool)
    if spoil:
        noise, turned = draw.permutation(5)[:2]
        found[:, noise] = draw.permutation(found[:, noise]) * draw.choice([-1, 1], ROWS)
        found[:, turned] *= -1
        sound[[noise, turned]] = False
    wrong = np.zeros(ROWS, bool)
    wrong[draw.permutation(ROWS)[: round(rate * ROWS)]] = True
    return np.where(wrong[:, None], -found, found), wrong, sound


def auroc(score: np.ndarray, wrong: np.ndarray) -> float:
    return float(ranking(score, wrong)["auroc"][0])


def mean_of_z(found: np.ndarray) -> np.ndarray:
    return -((found - found.mean(0)) / found.std(0)).mean(1)


def inputs(found: np.ndarray, gold=None):
    rewards = {f"rm{k}": (column, np.zeros(len(column))) for k, column in enumerate(found.T)}
    return make_inputs({"rewards": rewards} | ({} if gold is None else {"gold": gold}))


def suspicion(found: np.ndarray, gold=None) -> np.ndarray:
    return compute_one("suspicion", inputs(found, gold), {})


def gold_of(wrong: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return gold answers on `n` rows drawn at random."""
    rows = np.random.default_rng(1000 + seed).permutation(ROWS)[:n]
    gold = np.full(ROWS, np.nan)
    gold[rows] = ~wrong[rows]
    return gold


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.4])
def test_the_mean_of_z_scores_is_not_beaten_by_more_than_a_hair(rate: float) -> None:
    gaps, with_gold = [], []
    for seed in SEEDS:
        found, wrong, _ = planted(rate, seed)
        without = auroc(suspicion(found), wrong)
        gaps.append(without - auroc(mean_of_z(found), wrong))
        with_gold.append(auroc(suspicion(found, gold_of(wrong, 100, seed)), wrong) - without)
    assert np.mean(gaps) >= -0.003
    assert np.mean(with_gold) >= -0.003


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.4])
def test_a_model_of_noise_and_an_inverted_one_are_left_out(rate: float) -> None:
    found_by, by_good, by_all = [], [], []
    for seed in SEEDS:
        found, wrong, sound = planted(rate, seed, spoil=True)
        found_by.append(auroc(suspicion(found), wrong))
        by_good.append(auroc(mean_of_z(found[:, sound]), wrong))
        by_all.append(auroc(mean_of_z(found), wrong))
    assert np.mean(found_by) >= np.mean(by_good) - 0.02
    assert np.mean(found_by) >= np.mean(by_all) + 0.01


def test_the_inverted_model_is_named() -> None:
    found, _, sound = planted(0.2, 0, spoil=True)
    weights = judge_labels(inputs(found)).models[0].weights
    left_out = [item for item in weights if "is it inverted?" in item.reason]
    assert len(left_out) == 1
    assert left_out[0].weight == 0
    assert not sound[int(left_out[0].run_id[2:])]


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2, 0.3, 0.4])
def test_the_noise_s_interval_covers_what_was_planted(rate: float) -> None:
    covered = []
    for seed in SEEDS:
        found, wrong, _ = planted(rate, seed)
        gold = gold_of(wrong, 150, seed)
        judged = judge_labels(inputs(found, gold))
        told = estimates(Ground(judged.evidence, gold))["repo"]
        covered.append(told.low <= wrong.mean() <= told.high)
    assert np.mean(covered) >= 0.85
