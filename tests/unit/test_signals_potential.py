"""Alignment potential: the authors' numbers, their cut, and which runs stand for what."""

import statistics

import numpy as np
import pytest

from core.signals.compute import compute_one, compute_signals
from core.signals.inputs import make_inputs
from core.signals.potential import (
    cut_overlap,
    map_dpo,
    map_official,
    map_signed,
    spearman,
    top_share,
    z_scores,
)

E = np.array([0.10, 0.04, 0.02, 0.12, 0.06])
I = np.array([0.05, 0.60, 0.02, 0.70, 0.10])  # noqa: E741
IDS = np.arange(5)
ONES = [1.0] * 5


def policy(gaps, **over):
    n = len(gaps)
    return {
        "policy_chosen": [-1.0] * n,
        "policy_rejected": (-1.0 - np.array(gaps)).tolist(),
        "chosen_tokens": [1.0] * n,
        "rejected_tokens": [1.0] * n,
        **over,
    }


def column(given, name="alignment_potential_p"):
    made = compute_signals(make_inputs(given))
    return next(c for c in made.columns if c.name == name), made.table[name].to_pylist()


def test_z_scores_of_the_methods() -> None:
    assert z_scores(E) == pytest.approx([0.863, -0.755, -1.294, 1.402, -0.216], abs=1e-3)
    assert z_scores(I) == pytest.approx([-0.831, 1.043, -0.934, 1.383, -0.661], abs=1e-3)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (1.0, [1.694, -1.797, -0.360, 0.019, 0.445]),
        (2.5, [2.941, -3.361, 1.040, -2.056, 1.437]),
    ],
)
def test_the_authors_score_and_cut(weight: float, expected: list[float]) -> None:
    scores = map_official(E, I, weight)
    assert scores == pytest.approx(expected, abs=1e-3)
    assert top_share(scores, IDS).tolist() == [0, 4]


def reference_potential(explicit, implicit, weight):
    """The authors' lines again, one number at a time with exact sums."""

    def z(column):
        mean, deviation = statistics.fmean(column), statistics.pstdev(column)
        return [(x - mean) / deviation for x in column]

    return [e - weight * i for e, i in zip(z(explicit), z(implicit), strict=True)]


@pytest.mark.parametrize("weight", [1.0, 2.5])
def test_equals_an_independent_reference_on_10000_rows(weight: float) -> None:
    draw = np.random.default_rng(5)
    explicit, implicit = draw.normal(3, 20, 10_000), np.abs(draw.normal(0, 0.3, 10_000))
    ids = draw.permutation(10_000)
    explicit[5000:] = explicit[:5000]
    implicit[5000:] = implicit[:5000]
    scores = map_official(explicit, implicit, weight)
    wanted = reference_potential(explicit.tolist(), implicit.tolist(), weight)
    assert np.abs(scores - wanted).max() < 1e-9
    order = sorted(range(10_000), key=lambda i: (-scores[i], ids[i]))
    assert top_share(scores, ids).tolist() == order[:4000]


def test_equal_scores_are_cut_by_id_and_the_cut_is_a_floor() -> None:
    scores = np.array([1.0, 1.0, np.nan, 1.0, 0.0, 1.0])
    ids = np.array([9, 3, 1, 7, 2, 5])
    assert top_share(scores, ids).tolist() == [1, 5]
    assert len(top_share(np.zeros(100), np.arange(100), 0.29)) == 29
    assert len(top_share(np.full(3, np.nan), np.arange(3))) == 0


def test_a_constant_column_counts_nothing() -> None:
    assert np.array_equal(map_official(np.full(5, 0.1), I, 2.0), -2.0 * z_scores(I))
    assert map_official(E, np.full(5, 0.3)) == pytest.approx(z_scores(E))
    assert z_scores(np.array([0.3 - 0.1, 0.4 - 0.2, 0.5 - 0.3])).tolist() == [0, 0, 0]
    assert np.isfinite(z_scores(np.array([1e300, -1e300, 0.0]))).all()


def test_z_is_over_the_rows_that_have_both() -> None:
    more = map_official(np.append(E, [99.0, np.nan]), np.append(I, [np.nan, 9.0]))
    assert more[:5] == pytest.approx(map_official(E, I))
    assert np.isnan(more[5:]).all()


def test_the_variants_differ_only_in_the_implicit_column() -> None:
    signed = I * [1, -1, 1, -1, 1]
    assert np.array_equal(map_dpo(E, signed), map_official(E, I))
    assert map_signed(E, signed) == pytest.approx(z_scores(E) - z_scores(signed))


def test_how_far_the_two_rules_contradict() -> None:
    assert spearman(np.array([1.0, 2, 3, np.nan]), np.array([10.0, 40, 50, 0])) == pytest.approx(1)
    assert spearman(np.array([1.0, 2, 2, 3]), np.array([4.0, 3, 3, 1])) == pytest.approx(-1)
    assert spearman(E, np.ones(5)) is None
    assert spearman(E[:1], I[:1]) is None
    # Large E: rows 3 and 0. Small I: rows 2 and 0.
    assert cut_overlap(E, I, IDS) == 0.5
    assert cut_overlap(E[:2], I[:2], IDS[:2]) is None


def test_one_run_is_taken_as_it_is_and_several_as_the_mean_of_their_z_scores() -> None:
    zeros = [0.0] * 5
    logps = {"p": policy(I)}
    info, _ = column({"rewards": {"rm": (E, zeros)}, "logps": logps})
    assert info.note == "Explicit: the margin of rm."
    both = {"a": (E, zeros), "b": (I * 7, zeros), "flat": (ONES, zeros), "gpt": (I, zeros, True)}
    info, values = column({"rewards": both, "logps": logps})
    assert info.note == "Explicit: the mean of the z-scored margins of a, b."
    wanted = map_official((z_scores(E) + z_scores(I)) / 2, I)
    assert values == pytest.approx(wanted.tolist(), abs=1e-6)


def test_a_slider_sees_the_reward_runs_beside_the_policy() -> None:
    inputs = make_inputs({"rewards": {"rm": (E, [0.0] * 5)}, "logps": {"p": policy(I)}})
    found = compute_one("alignment_potential", inputs, {"logp_weight": 2.5}, "p")
    assert found == pytest.approx(map_official(E, I, 2.5))


@pytest.mark.parametrize(
    ("explicit", "gaps", "words"),
    [
        ([2.0], [1.0], "neither margin varies"),
        ([2.0, 2.0], [1.0, -1.0], "neither margin varies"),
        ([2.0, np.nan], [np.nan, 1.0], "No row has both"),
    ],
)
def test_what_is_not_defined_is_unknown_and_says_why(explicit, gaps, words: str) -> None:
    given = {"rewards": {"rm": (explicit, [0.0] * len(gaps))}, "logps": {"p": policy(gaps)}}
    info, values = column(given)
    assert values == [None] * len(gaps)
    assert words in info.note


def test_only_a_leaking_reward_is_no_evidence() -> None:
    given = {"rewards": {"gpt": (E, [0.0] * 5, True)}, "logps": {"p": policy(I)}}
    assert "crossfit" in compute_signals(make_inputs(given)).absent["alignment_potential"]
