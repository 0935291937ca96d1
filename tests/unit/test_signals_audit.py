"""The audit: unbiased whatever was judged first, covered by its interval, and honest about gaps."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from core.schema.relabel import Population
from core.signals.audit import (
    AuditRate,
    Looked,
    Rate,
    Stratum,
    estimate,
    horvitz_thompson,
    more_to_halve,
    more_to_reach,
    share_of,
    stop,
    stratified,
)
from core.signals.wilson import wilson

PAIRS, FLIPS, RANKED, DRAWN = 20_000, 2_000, 1_000, 400
SEEDS = range(200)
OF = {"s": Population(PAIRS, RANKED)}
STRONG, WEAK = 3.0, 1.8
"""How far reversed labels stand above right ones in suspicion, in standard deviations: the top
twentieth holds 98 % reversed labels, or 72 %."""


def made(wrong, probability, drawn, source=None) -> Looked:
    n = len(wrong)
    return Looked(
        np.asarray(wrong, np.float64),
        np.broadcast_to(np.asarray(probability, np.float64), (n,)),
        np.broadcast_to(np.asarray(drawn, np.bool_), (n,)),
        np.array(["s"] * n if source is None else source, np.str_),
    )


def queue(seed: int, apart: float, ranked_judged: float = 1.0, drawn_judged: float = 1.0) -> Looked:
    """Return a queue of the top twentieth by suspicion and 2 % drawn, judged from the front."""
    draw = np.random.default_rng(seed)
    wrong = np.arange(PAIRS) < FLIPS
    score = draw.normal(size=PAIRS) + apart * wrong
    top = np.argsort(-score)[:RANKED]
    drawn = draw.choice(PAIRS, DRAWN, replace=False)
    only = top[~np.isin(top, drawn)]
    told = wrong.astype(np.float64)
    told[only[round(ranked_judged * len(only)) :]] = np.nan
    told[drawn[round(drawn_judged * DRAWN) :]] = np.nan
    places = np.concatenate([only, drawn])
    chance = np.where(np.isin(places, top), 1.0, DRAWN / PAIRS)
    return made(told[places], chance, np.arange(len(places)) >= len(only))


def rate_of(items: Looked, of: dict[str, Population]) -> Rate:
    found = estimate(items, of).rate
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("apart", "ranked_judged", "drawn_judged", "naive"),
    [
        (STRONG, 1.0, 1.0, 0.72),
        (WEAK, 1.0, 1.0, 0.54),
        (STRONG, 0.5, 1.0, 0.59),
        (WEAK, 0.5, 0.5, 0.62),
        (STRONG, 0.0, 1.0, 0.10),
    ],
)
def test_the_rate_is_right_whatever_was_judged(
    apart: float, ranked_judged: float, drawn_judged: float, naive: float
) -> None:
    found = [estimate(queue(s, apart, ranked_judged, drawn_judged), OF) for s in SEEDS]
    rates = [one.rate for one in found if one.rate is not None]
    assert len(rates) == len(found)
    assert np.mean([one.naive for one in found]) == pytest.approx(naive, abs=0.03)
    assert np.mean([rate.rate for rate in rates]) == pytest.approx(0.1, abs=0.01)
    assert np.mean([rate.low <= 0.1 <= rate.high for rate in rates]) >= 0.9


def test_the_naive_rate_reads_what_the_ranking_found() -> None:
    for seed in SEEDS:
        naive = estimate(queue(seed, STRONG), OF).naive
        assert naive is not None
        assert 0.68 < naive < 0.77
        weak = queue(seed, WEAK)
        assert 0.68 < weak.wrong[weak.probability == 1].mean() < 0.77


def test_few_audits_of_very_many_pairs_are_not_clipped() -> None:
    of, rates = {"s": Population(1_000_000, 0)}, []
    for seed in SEEDS:
        flips = np.random.default_rng(seed).hypergeometric(100_000, 900_000, 500)
        rates.append(rate_of(made(np.arange(500) < flips, 0.0005, True), of))
    assert np.mean([rate.rate for rate in rates]) == pytest.approx(0.1, abs=0.01)
    assert np.mean([rate.low <= 0.1 <= rate.high for rate in rates]) >= 0.9
    # What a clip at 0.02 would have read.
    assert horvitz_thompson(np.arange(500) < 50, np.full(500, 0.02), 1_000_000) == 0.0025


def test_two_strata_by_hand() -> None:
    found = stratified([Stratum(100, 100, 70.0), Stratum(900, 90, 9.0)])
    low, high = wilson(0.1, 90 * 899 / 810)
    assert found.rate == pytest.approx(0.1 * 0.7 + 0.9 * 0.1)
    assert (found.low, found.high) == pytest.approx(
        (found.rate - 0.9 * (0.1 - low), found.rate + 0.9 * (high - 0.1))
    )
    assert (found.judged, found.pairs) == (190, 1000)


def test_the_interval_adds_squares_of_what_each_stratum_adds() -> None:
    one, other = Stratum(500, 50, 10.0), Stratum(500, 40, 2.0)
    both = stratified([one, other])
    lows = [h.rate - stratified([h]).low for h in (one, other)]
    highs = [stratified([h]).high - h.rate for h in (one, other)]
    assert both.rate - both.low == pytest.approx(math.hypot(*lows) / 2)
    assert both.high - both.rate == pytest.approx(math.hypot(*highs) / 2)


def test_what_was_judged_whole_has_no_width() -> None:
    found = stratified([Stratum(40, 40, 10.0), Stratum(0, 0, 0.0)])
    assert (found.rate, found.low, found.high) == (0.25, 0.25, 0.25)
    assert more_to_halve(found) is None


def test_soft_verdicts_count_by_their_share() -> None:
    assert rate_of(made([0.0, 0.5, 1.0, 0.25], 0.1, True), {"s": Population(40, 0)}).rate == 0.4375


@pytest.mark.parametrize(
    "strata",
    [[], [Stratum(0, 0, 0.0)], [Stratum(9, 0, 0.0)], [Stratum(9, 10, 1.0)]],
)
def test_strata_that_tell_nothing_are_refused(strata: list[Stratum]) -> None:
    with pytest.raises(ValueError, match="every stratum with pairs"):
        stratified(strata)


@pytest.mark.parametrize(("wrong", "probability"), [([1.0], 0.0), ([1.0], 1.1), ([1.5], 0.5)])
def test_impossible_numbers_are_refused(wrong: list[float], probability: float) -> None:
    with pytest.raises(ValueError, match="probabilities lie"):
        estimate(made(wrong, probability, True), OF)


def test_unequal_chances_weigh_by_their_inverse() -> None:
    items = made([1, 0, 0, 0], [0.1, 0.1, 0.5, 0.5], True)
    rate = rate_of(items, {"s": Population(100, 0)})
    assert rate.rate == pytest.approx(10 / 24)
    assert rate.strata[0].effective == pytest.approx(24**2 / (2 * 100 + 2 * 4))


def test_a_drawn_pair_that_is_ranked_counts_in_either_way() -> None:
    # Ranked: three judged, one of them drawn, one open. Drawn beside: two of six.
    items = made([1, 1, np.nan, 1, 0, 0], [1, 1, 1, 1, 0.03, 0.03], [0, 0, 0, 1, 1, 1])
    of = {"s": Population(100, 4)}
    assert estimate(items, of).ranked_open == 1
    assert rate_of(items, of).rate == pytest.approx(1 / 3)
    whole = replace(items, wrong=np.array([1, 1, 1, 1, 0, 0.0]))
    assert estimate(whole, of).ranked_open == 0
    assert rate_of(whole, of).rate == pytest.approx(4 / 100)


def test_a_queue_that_drew_every_pair_is_one_sample() -> None:
    items = made([1, 0, np.nan, np.nan], 1.0, True)
    rate = rate_of(items, {"s": Population(4, 1)})
    assert (rate.rate, rate.judged) == (0.5, 2)
    assert rate.low < 0.5 < rate.high


def test_every_source_is_told_by_its_own_pairs() -> None:
    items = made(
        [1, 1, 0, 1, 0, 0, 0],
        [1, 1, 0.1, 0.1, 0.1, 0.1, 0.1],
        [0, 0, 1, 1, 1, 1, 1],
        list("aaaabbb"),
    )
    of = {"a": Population(22, 2), "b": Population(30, 0), "c": Population(5, 0)}
    found = estimate(items, of)
    assert found.rate is not None
    assert found.rate.pairs == 57
    told = {name: one.rate.rate for name, one in found.sources.items() if one.rate}
    assert told == pytest.approx({"a": (2 + 20 / 2) / 22, "b": 0.0})
    assert found.sources["a"].naive == 0.75
    assert found.sources["c"].why.startswith("Not known, since no randomly drawn pair")
    assert found.sources["c"].naive is None


@pytest.mark.parametrize(
    ("items", "of", "why"),
    [
        (made([1, 1], 1.0, False), {"s": Population(100, 2)}, "no randomly drawn pair has been"),
        (made([1, 1], 1.0, False), {}, "does not say how many pairs"),
        (made([1, 1, 0], 0.1, True), {"s": Population(2, 0)}, "more pairs were judged than"),
        (made([], 0.1, True), {"s": Population(2, 0)}, "no randomly drawn pair has been"),
    ],
)
def test_what_cannot_be_told_says_why(items: Looked, of: dict[str, Population], why: str) -> None:
    found = estimate(items, of)
    assert found.rate is None
    assert why in found.why
    assert not stop(found, 1.0).reached
    assert why in stop(found, 1.0).sentence


def test_more_audits_halve_the_interval() -> None:
    before = stratified([Stratum(1_000_000, 500, 50.0)])
    more = more_to_halve(before)
    assert more == pytest.approx(1_500, rel=0.02)  # four times as many halve it
    after = stratified([Stratum(1_000_000, 500 + more, 0.1 * (500 + more))])
    assert after.half_width == pytest.approx(before.half_width / 2, rel=0.01)
    assert more_to_reach(before, before.half_width) == 0


def test_a_small_population_needs_fewer_more() -> None:
    small = more_to_halve(stratified([Stratum(1_000, 500, 50.0)]))
    assert small is not None
    assert small < 400
    assert more_to_reach(stratified([Stratum(20, 10, 1.0)]), 0.0) == 10


def told(last: tuple[int, int], rest: tuple[int, int], ranked_open: int = 0) -> AuditRate:
    """Return an audit with so many of so many wrong among the last ranked and the drawn rest."""
    return AuditRate(
        rate=stratified([Stratum(5_000, rest[1], rest[0])]),
        naive=None,
        judged=0,
        ranked_open=ranked_open,
        tail=share_of(*last),
        rest=share_of(*rest),
    )


def test_stop_when_known_well_and_the_ranking_is_dry() -> None:
    found = stop(told((4, 50), (80, 1_000)), 0.02)
    assert found.reached
    assert found.sentence == (
        "Stop: the rate is known to plus or minus 1.5 percentage points, as asked. The ranking "
        "finds no more than a random draw: the last 50 ranked pairs judged hold 8% reversed "
        "labels, the randomly drawn rest 8%."
    )


def test_what_may_be_chance_is_not_more() -> None:
    assert stop(told((7, 50), (80, 1_000)), 0.02).reached
    assert not stop(told((20, 50), (80, 1_000)), 0.02).reached


def test_the_tail_is_what_was_judged_last_of_the_ranked() -> None:
    wrong = [1.0] * 60 + [0.0] * 50 + [1.0, 1.0, np.nan]
    drawn = np.arange(113) >= 110
    items = made(wrong, np.where(np.arange(113) < 111, 1.0, 0.01), drawn)
    found = estimate(items, {"s": Population(200, 111)})
    assert (found.tail.k, found.tail.n) == (0, 50)  # a drawn one stands at a random place
    assert (found.rest.k, found.rest.n) == (1, 1)


def test_where_every_pair_was_judged_there_is_nothing_to_go_on_with() -> None:
    items = made([1.0] * 35 + [0.0] * 5, [1.0] * 35 + [0.125] * 5, np.arange(40) >= 35)
    found = estimate(items, {"s": Population(40, 35)})
    assert stop(found, 0.0).reached
    assert stop(found, 0.0).sentence == (
        "Stop: the rate is known to plus or minus 0.0 percentage points, as asked."
    )


def test_items_of_a_source_without_population_tell_nothing() -> None:
    items = made([0, 0, 1, 1], 0.1, True, ["s", "s", "gone", "gone"])
    found = estimate(items, {"s": Population(20, 0)})
    assert rate_of(items, {"s": Population(20, 0)}).rate == 0
    assert (found.judged, found.naive) == (2, 0)


@pytest.mark.parametrize(
    ("found", "target", "why"),
    [
        (told((4, 50), (80, 1_000)), 0.01, r"for 1\.0 about [\d,]+ more audits are needed\."),
        (told((30, 50), (80, 1_000)), 0.02, "still finds more .* a longer queue would find more"),
        (told((30, 50), (80, 1_000), 7), 0.02, "still finds more .*; 7 are left"),
        (told((4, 29), (80, 1_000), 7), 0.02, "Too few ranked pairs are judged to compare: 29"),
        (told((4, 50), (1, 20)), 0.2, "Too few drawn pairs are judged to compare: 20"),
    ],
)
def test_go_on_with_a_reason(found: AuditRate, target: float, why: str) -> None:
    said = stop(found, target)
    assert not said.reached
    assert said.sentence.startswith("Go on: ")
    assert re.search(why, said.sentence)


def test_without_ranked_pairs_the_interval_decides() -> None:
    assert stop(told((0, 0), (80, 1_000)), 0.02).reached
    assert not stop(told((0, 0), (80, 1_000)), 0.001).reached
