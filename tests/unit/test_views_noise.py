"""Noise rates over sources, what they leave of a set, and intervals of shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.schema import Condition, Method, NoiseEstimate, PairFilter
from core.views.noise import MOST, clean_equivalent, filter_noise, noise_range, store_noise
from core.views.wilson import share
from tests.factories import make_pair, make_store


def told(value: str, method: Method, n: int, *ends: float) -> NoiseEstimate:
    rate = sum(ends) / 2 if ends else None
    low, high = ends or (None, None)
    return NoiseEstimate("source", value, method, n, rate, low, high, "" if ends else "too few")


def test_methods_that_agree_tell_the_surest_range_and_others_the_widest() -> None:
    rows = [
        told("one", "repo", 300, 0.05, 0.15),
        told("one", "audited", 100, 0.1, 0.3),
        told("one", "mirrored", 300),
    ]
    assert noise_range(rows) == (0.05, 0.15)
    assert noise_range([*rows, told("one", "confident", 300, 0.4, 0.5)]) == (0.05, 0.5)
    assert noise_range(rows[2:]) is None


def test_the_store_s_noise_is_that_of_the_sources_that_tell_by_their_rows() -> None:
    rows = [
        told("one", "repo", 300, 0.05, 0.15),
        told("two", "audited", 100, 0.25, 0.35),
        told("three", "repo", 900),
        NoiseEstimate("split", "train", "repo", 10**6, 0.5, 0.4, 0.6, ""),
    ]
    found = store_noise(rows)
    assert found.ends == pytest.approx((0.1, 0.2))
    assert found.rows == 400
    assert found.clean_equivalent == (147 + 9, 243 + 25)
    assert store_noise(rows[2:]).ends is None
    assert store_noise(rows[2:]).clean_equivalent is None


@pytest.mark.parametrize(
    ("noise", "worth"),
    [
        ((0.2, 0.2), (3600, 3600)),
        ((0.1, 0.3), (1600, 6400)),
        ((0.0, 0.5), (0, 10_000)),
        ((0.4, 0.7), (0, 1600)),
    ],
)
def test_clean_equivalent(noise: tuple[float, float], worth: tuple[int, int]) -> None:
    assert clean_equivalent(10_000, noise) == worth


def test_wilson_interval_of_a_known_case() -> None:
    found = share(8, 10)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.49016, 0.94331), abs=1e-5)


# --- browse ------------------------------------------------------------------------------------


def test_a_filter_has_estimates_of_its_own(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = [
        make_pair(
            i,
            chosen_text=f"answer {i} " + "more " * (3 * (i % 7)),
            scores={"rm": (float(draw.normal(-1 if i % 5 == 0 else 1, 1)), 0.0)},
            gold="rejected" if i % 5 == 0 else "chosen",
        )
        for i in range(400)
    ]
    store = make_store(tmp_path / "store", rows)
    longer = PairFilter(conditions=(Condition("length_delta_chars", ">", 40),))
    found = {row.method: row for row in filter_noise(store, longer, 3)}
    assert 150 < found["audited"].n < 300
    assert found["audited"].rate == pytest.approx(0.2, abs=0.03)
    assert found["repo"].low <= 0.2 <= found["repo"].high
    chosen_by_runs = PairFilter(conditions=(Condition("suspicion", ">", 0.1),))
    told = {row.method: row for row in filter_noise(store, chosen_by_runs, 3)}
    assert told["audited"].rate is not None
    assert "the filter chooses by what the runs say" in told["repo"].reason
    some = {row.method: row for row in filter_noise(store, longer, 3 * MOST)}
    assert 0.2 < some["repo"].n / found["repo"].n < 0.5
