"""Agreement beyond chance: the textbooks' numbers, intervals, and what is not defined."""

from __future__ import annotations

import numpy as np
import pytest

from core.schema import Floats, Ints
from core.signals.agreement import (
    STATISTICS,
    agreement,
    alpha,
    between,
    bootstrap,
    cohen_kappa,
    fleiss,
    fleiss_kappa,
    krippendorff_alpha,
)

NOBODY = np.zeros(0, np.int64)

# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", C: four observers, twelve units.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# The same, A: two observers, ten units, two kinds.
TWO = ("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")

# Fleiss' kappa as in its textbook example: ten subjects, fourteen raters, five kinds.
SUBJECTS = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)


def read(lines: tuple[str, ...]) -> tuple[Ints, Ints, Ints]:
    """Return unit, person and value of every vote in a table of observers by units."""
    votes = [
        (unit, person, int(said))
        for person, line in enumerate(lines)
        for unit, said in enumerate(line.split())
        if said != "."
    ]
    unit, person, value = np.array(votes, np.int64).T
    return unit, person, value


def subjects() -> tuple[Ints, Ints, Ints]:
    value = np.concatenate([np.repeat(np.arange(5), row) for row in SUBJECTS])
    return np.repeat(np.arange(10), 14), np.tile(np.arange(14), 10), value


def crossed(both: int, first: int, second: int, neither: int) -> tuple[Ints, Ints]:
    sizes = [both, first, second, neither]
    return np.repeat([1, 1, 0, 0], sizes), np.repeat([1, 0, 1, 0], sizes)


def test_krippendorff_of_four_pairs() -> None:
    unit, value = np.repeat(np.arange(4), 2), np.array([0, 0, 0, 1, 1, 1, 0, 0])
    assert krippendorff_alpha(unit, value) == pytest.approx(0.5333, abs=1e-4)


@pytest.mark.parametrize(("lines", "expected"), [(OBSERVERS, 0.743), (TWO, 0.095)])
def test_krippendorff_of_the_textbook(lines: tuple[str, ...], expected: float) -> None:
    unit, _, value = read(lines)
    assert krippendorff_alpha(unit, value) == pytest.approx(expected, abs=5e-4)


def test_fleiss_of_the_textbook() -> None:
    unit, _, value = subjects()
    assert fleiss_kappa(unit, value) == pytest.approx(0.210, abs=5e-4)


def test_cohen_of_the_textbook() -> None:
    first, second = crossed(20, 5, 10, 15)
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    assert cohen_kappa(first == 1, second == 1) == pytest.approx(0.4)


def test_fleiss_with_unequal_numbers_of_votes() -> None:
    # AA, AAB and a lone B that no other vote meets: agreement (1 + 1/3) / 2, shares 4/5 and 1/5.
    unit, value = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 0, 0, 0, 1, 1])
    expected = 0.8**2 + 0.2**2
    assert fleiss_kappa(unit, value) == pytest.approx((2 / 3 - expected) / (1 - expected))


@pytest.mark.parametrize("statistic", [krippendorff_alpha, fleiss_kappa])
@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (NOBODY, NOBODY),
        (np.arange(5), np.array([0, 1, 0, 1, 1])),
        (np.repeat(np.arange(5), 2), np.ones(10, np.int64)),
    ],
    ids=["no votes", "nobody met", "all alike"],
)
def test_agreement_that_is_not_defined(statistic, unit: Ints, value: Ints) -> None:
    assert statistic(unit, value) is None
    assert bootstrap(unit, value, alpha) is None


def test_cohen_that_is_not_defined() -> None:
    assert cohen_kappa(NOBODY, NOBODY) is None
    assert cohen_kappa(np.ones(4, np.int64), np.ones(4, np.int64)) is None


@pytest.mark.parametrize("statistic", STATISTICS)
def test_swapping_the_two_answers_changes_nothing(statistic: str) -> None:
    unit, person, value = read(TWO)
    one = agreement(unit, person, value, statistic)
    assert one == agreement(unit, person, 1 - value, statistic)
    assert one == agreement(unit[::-1], person[::-1], value[::-1], statistic)


def test_a_bootstrap_covers_what_the_crowd_agrees_on() -> None:
    # Two votes on a pair, each right at 0.9, both answers equally often: alpha is (2·0.9 − 1)².
    covered = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        truth = np.repeat(draw.random(150) < 0.5, 2)
        value = np.where(draw.random(300) < 0.9, truth, ~truth).astype(np.int64)
        found = bootstrap(np.repeat(np.arange(150), 2), value, alpha, seed=seed)
        assert found is not None
        covered += found.low <= 0.64 <= found.high
    assert covered >= 88


def test_a_bootstrap_draws_whole_units() -> None:
    # Five units of AA, five of AB: a unit torn apart could yield BB, and alpha below that of ABs.
    unit = np.repeat(np.arange(10), 2)
    value = np.array([0, 0] * 5 + [0, 1] * 5)
    seen: list[Floats] = []

    def watching(counts: Floats, weight: Floats) -> Floats:
        seen.append(counts)
        return alpha(counts, weight)

    bootstrap(unit, value, watching)
    assert seen[0].tolist() == [[1, 1], [2, 0]]  # the commonest kind first


def test_the_seed_decides_the_interval() -> None:
    unit, _, value = subjects()
    assert bootstrap(unit, value, fleiss, seed=3) == bootstrap(unit, value, fleiss, seed=3)
    assert bootstrap(unit, value, fleiss, seed=3) != bootstrap(unit, value, fleiss, seed=4)


def test_a_statistic_comes_with_its_interval_and_its_sizes() -> None:
    unit, person, value = read(OBSERVERS)
    found = agreement(unit, person, value)
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert (found.units, found.votes, found.people, found.why) == (11, 40, 4, "")


def test_few_units_have_a_sentence_instead() -> None:
    unit, person, value = read(OBSERVERS)
    found = agreement(unit, person, value, fewest=12)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.why == (
        "Not defined because only 11 pairs were judged by two people; 12 are needed."
    )


@pytest.mark.parametrize(
    ("unit", "value", "why"),
    [
        (NOBODY, NOBODY, "there are no votes yet"),
        (np.arange(30), np.tile([0, 1], 15), "no two people judged the same pair"),
        (np.repeat(np.arange(15), 2), np.ones(30, np.int64), "everybody always said the same"),
    ],
)
def test_what_is_not_defined_says_why(unit: Ints, value: Ints, why: str) -> None:
    for statistic in STATISTICS:
        found = agreement(unit, np.arange(len(unit)) % 2, value, statistic)
        assert found.value is None
        assert why in found.why
        assert found.why.startswith("Not defined because ")


def test_a_value_whose_resamples_are_too_often_undefined_has_no_interval() -> None:
    unit = np.repeat(np.arange(20), 2)
    value = np.zeros(40, np.int64)
    value[0] = 1
    found = agreement(unit, unit % 2, value)
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert found.why.startswith("The interval is not defined because nearly all votes are alike")


def test_two_people_are_compared_where_they_met() -> None:
    first, second = crossed(20, 5, 10, 15)
    unit = np.concatenate([np.arange(50), np.arange(50), [50, 51]])
    person = np.concatenate([np.zeros(50), np.full(50, 2), [0, 1]]).astype(np.int64)
    value = np.concatenate([first, second, [1, 1]])
    found = between(unit, person, value, (0, 2))
    assert found.value == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < 0.4 < found.high < 0.7
    assert (found.units, found.votes, found.people) == (50, 100, 2)
    assert found.value == between(unit, person, value, (2, 0)).value
    alone = between(unit, person, value, (0, 1))
    assert alone.why == "Not defined because no two people judged the same pair."
