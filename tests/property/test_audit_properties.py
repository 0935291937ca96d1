"""Whatever was judged: rates and intervals are shares, and what is known whole has no width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.schema.relabel import Population
from core.signals.agreement import STATISTICS, agreement
from core.signals.audit import (
    Looked,
    Rate,
    Stratum,
    estimate,
    more_to_halve,
    more_to_reach,
    stop,
    stratified,
)

SLOW = settings(max_examples=60)


@st.composite
def a_stratum(draw: st.DrawFn) -> Stratum:
    pairs = draw(st.integers(1, 10_000))
    judged = draw(st.integers(1, pairs))
    return Stratum(pairs, judged, draw(st.floats(0, 1)) * judged)


@st.composite
def a_queue(draw: st.DrawFn, most: int = 60) -> tuple[Looked, dict[str, Population]]:
    """Return a queue over a random world, any of its items judged."""
    pairs = draw(st.integers(1, most))
    ranked = draw(st.integers(0, pairs))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    drawn = chance.choice(pairs, draw(st.integers(0, pairs)), replace=False)
    source = chance.choice(["a", "b"], pairs)
    places = np.union1d(np.arange(ranked), drawn)
    wrong = chance.choice([0.0, 0.5, 1.0, np.nan], len(places))
    probability = np.where(places < ranked, 1.0, len(drawn) / pairs)
    items = Looked(wrong, probability, np.isin(places, drawn), source[places])
    of = {
        str(name): Population(int((source == name).sum()), int((source[:ranked] == name).sum()))
        for name in np.unique(source)
    }
    return items, of


def fits(rate: Rate) -> bool:
    return 0 <= rate.low <= rate.rate + 1e-12 and rate.rate - 1e-12 <= rate.high <= 1


@given(st.lists(a_stratum(), min_size=1, max_size=4))
@SLOW
def test_an_interval_holds_its_rate_and_more_audits_narrow_it(strata: list[Stratum]) -> None:
    found = stratified(strata)
    assert fits(found)
    assert found.rate == pytest.approx(
        sum(h.pairs * h.wrong / h.judged for h in strata) / sum(h.pairs for h in strata)
    )
    more = more_to_halve(found)
    assert (more is None) == all(h.open == 0 for h in strata)
    if more is not None:
        assert 1 <= more <= sum(h.open for h in strata)
        assert more_to_reach(found, found.half_width) == 0


@given(a_stratum())
@SLOW
def test_exchanging_right_and_wrong_mirrors_the_interval(h: Stratum) -> None:
    found, other = stratified([h]), stratified([Stratum(h.pairs, h.judged, h.judged - h.wrong)])
    assert (found.rate, found.low, found.high) == pytest.approx(
        (1 - other.rate, 1 - other.high, 1 - other.low), abs=1e-9
    )


@given(a_queue())
@SLOW
def test_any_queue_has_a_rate_or_a_reason(made: tuple[Looked, dict[str, Population]]) -> None:
    items, of = made
    found = estimate(items, of)
    for one in (found, *found.sources.values()):
        assert (one.rate is None) == bool(one.why)
        assert one.rate is None or fits(one.rate)
        assert (one.naive is None) == (one.judged == 0)
        said = stop(one, 0.05)
        assert said.sentence.startswith("Stop: " if said.reached else "Go on: ")
    assert found.judged == sum(one.judged for one in found.sources.values())


@given(a_queue(most=6))
@SLOW
def test_what_was_judged_whole_is_known(made: tuple[Looked, dict[str, Population]]) -> None:
    items, of = made
    pairs = sum(p.pairs for p in of.values())
    wrong = np.nan_to_num(items.wrong, nan=0.5)
    assume(len(wrong) == pairs)
    rate = estimate(Looked(wrong, items.probability, items.drawn, items.source), of).rate
    assert rate is not None
    assert rate.rate == pytest.approx(wrong.mean())
    assert rate.half_width == pytest.approx(0)


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 4), st.integers(0, 3)),
        min_size=1,
        max_size=60,
        unique_by=lambda row: row[:2],
    ),
    st.sampled_from(sorted(STATISTICS)),
)
@SLOW
def test_agreement_has_an_interval_or_a_reason(
    votes: list[tuple[int, int, int]], statistic: str
) -> None:
    unit, person, value = np.array(votes, np.int64).T
    found = agreement(unit, person, value, statistic, fewest=2)
    assert (found.low is None) == (found.high is None) == bool(found.why)
    if found.low is not None and found.high is not None:
        assert found.value is not None
        assert -1 - 1e-9 <= found.low <= found.high <= 1 + 1e-9
