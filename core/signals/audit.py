"""The audited noise rate: what rows that were looked at say about all, by how they were drawn."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from core.schema import Bools, Floats
from core.schema.relabel import Population
from core.signals.wilson import Z90, wilson


@dataclass(frozen=True)
class Audited:
    """A share of reversed labels, with its 90 % interval."""

    rate: float
    low: float
    high: float
    naive: float
    """Share among the rows looked at, as if they had been drawn evenly."""


def horvitz_thompson(wrong: Bools, probability: Floats, rows: int) -> float:
    """Return sum(wrong / probability) / rows: the share of reversed labels among `rows`.

    wrong, probability: shape (audited,); the chance each had of being drawn, known by design and
    never clipped. With probability 1 it is the plain share. Source: Horvitz and Thompson 1952.
    """
    return float((wrong / probability).sum() / rows)


def audited(wrong: Bools, probability: Floats, rows: int) -> Audited:
    """Return Hajek's form, sum(wrong / p) / sum(1 / p), with a Wilson interval.

    The interval uses the effective number of audits (sum 1/p)² / sum 1/p² (Kish 1965), and is that
    of the process that made the labels, also where every row was looked at. `rows` bounds nothing
    but the check that as many were not drawn.

    Raises:
        ValueError: no audit, a probability outside (0, 1], or more audits than rows.
    """
    if not len(wrong) or len(wrong) > rows:
        raise ValueError(f"{len(wrong)} audits of {rows} rows")
    if not ((probability > 0) & (probability <= 1)).all():
        raise ValueError("a probability of being drawn lies above 0 and at most at 1")
    weight = 1 / probability
    rate = float((wrong * weight).sum() / weight.sum())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    low, high = wilson(rate, effective, Z90)
    return Audited(rate, low, high, float(np.mean(wrong)))


TAIL = 50
"""Ranked pairs judged last, by which one sees whether the ranking still finds anything."""
FEWEST = 30
"""Judged pairs of a kind below which the stop rule does not compare it."""


@dataclass(frozen=True)
class Share:
    """How many of n, with the 95 % interval of Wilson; all None of none."""

    k: float
    n: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


def share_of(k: float, n: int) -> Share:
    """Return k of n with its interval; k may be fractional, 0 ≤ k ≤ n."""
    return Share(k, n, k / n, *wilson(k / n, n)) if n else Share(k, n)


@dataclass(frozen=True)
class Stratum:
    """A part of all pairs of which some were drawn and judged."""

    pairs: int
    judged: int
    wrong: float
    """Sum of verdicts, each 0 (label right) … 1 (reversed); contested pairs lie between."""
    effective: float | None = None
    """Number of evenly drawn pairs that tell as much (Kish 1965); None: `judged`."""

    @property
    def rate(self) -> float:
        """Return the share of reversed labels among the judged."""
        return self.wrong / self.judged

    @property
    def open(self) -> int:
        """Return how many pairs nobody judged."""
        return self.pairs - self.judged


@dataclass(frozen=True)
class Rate:
    """A share of reversed labels among `pairs`, with its 95 % interval."""

    rate: float
    low: float
    high: float
    judged: int
    """Pairs the rate rests on."""
    pairs: int
    strata: tuple[Stratum, ...]

    @property
    def half_width(self) -> float:
        """Return half the length of the interval."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Looked:
    """Items of one queue in its order, judged or not, shape (n,) each; no gold, no practice."""

    wrong: Floats
    """Verdict on the label, 0 right … 1 reversed; NaN not judged."""
    probability: Floats
    """Chance of having been drawn as the log says: 1 of every ranked pair. Never clipped."""
    drawn: Bools
    """Drawn at random (stratum `audit`), also where the pair is ranked as well."""
    source: npt.NDArray[np.str_]


@dataclass(frozen=True)
class AuditRate:
    """What the audit says of all pairs, or of those of one source."""

    rate: Rate | None
    """None while too little was judged: `why` tells."""
    naive: float | None
    """Share among all pairs judged, as if those had been drawn evenly; for comparison only."""
    judged: int
    """Ranked or drawn."""
    ranked_open: int
    """Ranked pairs that nobody judged; with none they are a stratum of their own."""
    tail: Share
    """Of the ranked pairs judged last, in the order of the queue, those drawn as well left out."""
    rest: Share
    """Of those drawn that are not ranked."""
    why: str = ""
    sources: Mapping[str, AuditRate] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """Whether to stop relabelling, and why."""

    reached: bool
    sentence: str


def stratified(strata: Sequence[Stratum]) -> Rate:
    """Return the share of reversed labels over strata, each counted by its share of all pairs.

    rate = sum of (N_h/N)·p_h, p_h the share among a stratum's judged (Hajek's form where all of a
    stratum had one chance). Interval by MOVER over Wilson's of each stratum: low = rate − √ sum of
    (N_h/N)²(p_h − l_h)², high alike, so it is not forced to be even. Each Wilson interval takes
    n·(N−1)/(N−n) for n, the finite-population correction: a stratum that was judged whole adds no
    width. Sources: Zou and Donner 2008; Newcombe 1998; Wilson 1927; Cochran 1977, 2.6.

    Raises:
        ValueError: no pairs, more judged than pairs, or a stratum with pairs of which none is
            judged.
    """
    used = tuple(h for h in strata if h.pairs)
    if not used or not all(0 < h.judged <= h.pairs for h in used):
        raise ValueError("every stratum with pairs has 1 to all of them judged")
    total = sum(h.pairs for h in used)
    rate, below, above = 0.0, 0.0, 0.0
    for h in used:
        low, high = _within(h)
        rate += h.pairs / total * h.rate
        below += (h.pairs / total * (h.rate - low)) ** 2
        above += (h.pairs / total * (high - h.rate)) ** 2
    low, high = max(rate - math.sqrt(below), 0.0), min(rate + math.sqrt(above), 1.0)
    return Rate(rate, low, high, sum(h.judged for h in used), total, used)


def _within(h: Stratum) -> tuple[float, float]:
    if not h.open:
        return h.rate, h.rate
    n = float(h.judged) if h.effective is None else h.effective
    return wilson(h.rate, n * (h.pairs - 1) / h.open)


def estimate(items: Looked, population: Mapping[str, Population]) -> AuditRate:
    """Return the share of reversed labels among all pairs of a queue's filter, and per source.

    A queue holds all ranked pairs (probability 1) and a random sample drawn over ALL pairs; a pair
    that is both stands there once, with `drawn` and probability 1. Once every ranked pair is
    judged there are two strata: the ranked, known whole, and the rest, known from the drawn that
    are not ranked. Before, ranked pairs are judged worst first and tell nothing of the others, so
    only the drawn ones tell, those that happen to be ranked included: one random sample of all.

    The drawn ones that are judged are a random part of the drawn ones only because audits are
    offered in random order; a queue that offered them by suspicion would bias the rate. Of each
    source its own items and `population` are taken (post-stratification). Probabilities weigh by
    1/p as they are: clipping 0.0005 at 0.02 would read 0.25 % where 10 % is true (methods 11.2).

    Raises:
        ValueError: a probability outside (0, 1], or a verdict outside [0, 1].
    """
    fits = (items.probability > 0) & (items.probability <= 1)
    known = items.wrong[np.isfinite(items.wrong)]
    if not fits.all() or not ((known >= 0) & (known <= 1)).all():
        raise ValueError("probabilities lie above 0 and at most at 1, verdicts at 0 to 1")
    whole = Population(
        sum(p.pairs for p in population.values()), sum(p.ranked for p in population.values())
    )
    items = _part(items, np.isin(items.source, list(population)))
    sources = {
        name: _estimate(_part(items, items.source == name), population[name]) for name in population
    }
    return replace(_estimate(items, whole), sources=sources)


def _part(items: Looked, rows: Bools) -> Looked:
    return Looked(items.wrong[rows], items.probability[rows], items.drawn[rows], items.source[rows])


def _estimate(items: Looked, of: Population) -> AuditRate:
    judged, ranked = np.isfinite(items.wrong), items.probability == 1
    # Where every pair was drawn all chances are 1, and nothing is left to tell the ranked by.
    census = int(items.drawn.sum()) >= of.pairs
    ranked_open = 0 if census else max(of.ranked - int((judged & ranked).sum()), 0)
    apart = not census and of.ranked > 0 and not ranked_open
    strata = _two(items, of) if apart else _one(items, of)
    why = _missing(strata, of)
    last = items.wrong[judged & ranked & ~items.drawn][-TAIL:]
    drawn = items.wrong[judged & ~ranked]
    return AuditRate(
        rate=None if why else stratified(strata),
        naive=float(items.wrong[judged].mean()) if judged.any() else None,
        judged=int(judged.sum()),
        ranked_open=ranked_open,
        tail=share_of(float(last.sum()), len(last)),
        rest=share_of(float(drawn.sum()), len(drawn)),
        why=why,
    )


def _two(items: Looked, of: Population) -> tuple[Stratum, ...]:
    """Return the ranked pairs, all judged, and what was drawn of the rest."""
    judged, ranked = np.isfinite(items.wrong), items.probability == 1
    top, rest = items.wrong[judged & ranked], judged & ~ranked
    drawn = _weighted(items.wrong[rest], 1 / items.probability[rest], of.pairs - of.ranked)
    return Stratum(of.ranked, len(top), float(top.sum())), drawn


def _one(items: Looked, of: Population) -> tuple[Stratum, ...]:
    """Return what was drawn of all pairs.

    A drawn pair that is ranked carries probability 1, that of standing in the queue; it was drawn
    with the chance of the other drawn ones of its source.
    """
    weight = np.ones(len(items.wrong))
    for name in np.unique(items.source):
        here = (items.source == name) & items.drawn
        others = items.probability[here & (items.probability < 1)]
        weight[here] = 1 / items.probability[here]
        if len(others):
            weight[here & (items.probability == 1)] = float(np.mean(1 / others))
    rows = np.isfinite(items.wrong) & items.drawn
    return (_weighted(items.wrong[rows], weight[rows], of.pairs),)


def _weighted(wrong: Floats, weight: Floats, pairs: int) -> Stratum:
    """Return a stratum in Hajek's form, sum(wrong·w) / sum(w), as so many judged pairs."""
    n = len(wrong)
    if not n:
        return Stratum(pairs, 0, 0.0)
    share = float((wrong * weight).sum() / weight.sum())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    return Stratum(pairs, n, share * n, effective)


def _missing(strata: tuple[Stratum, ...], of: Population) -> str:
    if not of.pairs:
        return "Not known, since the queue does not say how many pairs its filter found."
    if any(h.judged > h.pairs for h in strata):
        return "Not known, since more pairs were judged than the queue says there are."
    if any(h.pairs and not h.judged for h in strata):
        return "Not known, since no randomly drawn pair has been judged yet."
    return ""


def more_to_halve(rate: Rate) -> int | None:
    """Return how many more random audits would halve the interval; None where none can."""
    return more_to_reach(rate, rate.half_width / 2)


def more_to_reach(rate: Rate, half_width: float) -> int | None:
    """Return how many more random audits bring the half width to `half_width`, 0 where it is.

    By the formula of `stratified` with the shares found so far, the finite-population correction
    included; they fall on the stratum that is not judged whole. None where every pair was judged.
    """
    left = [h.open for h in rate.strata]
    if not any(left):
        return None
    return bisect.bisect_left(
        range(sum(left)), True, key=lambda k: _half_width(rate, k) <= half_width
    )


def _half_width(rate: Rate, more: int) -> float:
    """Return the half width after `more` audits, spread over strata by what is open there."""
    total = sum(h.open for h in rate.strata)
    grown = [_grown(h, round(more * h.open / total)) for h in rate.strata]
    return stratified(grown).half_width


def _grown(h: Stratum, more: int) -> Stratum:
    scale = (h.judged + more) / h.judged
    effective = None if h.effective is None else h.effective * scale
    return Stratum(h.pairs, h.judged + more, h.wrong * scale, effective)


def stop(found: AuditRate, target_half_width: float, fewest: int = FEWEST) -> Stop:
    """Return whether relabelling may stop, with the reasons in a sentence or two.

    It may where the interval is narrow enough and the ranked pairs judged last yield no more
    reversed labels than the drawn rest: the lower end of their Wilson interval is not above the
    upper end of the rest's. Fewer than `fewest` of the rest are no comparison, nor of the ranked
    while others are left; without ranked pairs there is nothing to compare.
    """
    if found.rate is None:
        return Stop(False, f"Go on: the rate is not known. {found.why}")
    narrow, width = _narrow(found.rate, target_half_width)
    dry, tail = _dry(found, fewest)
    lead = "Stop" if narrow and dry else "Go on"
    return Stop(narrow and dry, f"{lead}: {width}{tail}")


def _narrow(rate: Rate, target: float) -> tuple[bool, str]:
    points = f"plus or minus {100 * rate.half_width:.1f} percentage points"
    if rate.half_width <= target:
        return True, f"the rate is known to {points}, as asked."
    more = more_to_reach(rate, target)
    audits = "1 more audit is" if more == 1 else f"about {more:,} more audits are"
    return False, f"the rate is known to {points} only; for {100 * target:.1f} {audits} needed."


def _dry(found: AuditRate, fewest: int) -> tuple[bool, str]:
    tail, rest = found.tail, found.rest
    whole = found.rate is not None and found.rate.judged == found.rate.pairs
    if whole or not (found.ranked_open or tail.n):
        return True, ""
    if tail.n < fewest and found.ranked_open:
        return False, f" Too few ranked pairs are judged to compare: {tail.n} of {fewest}."
    if rest.n < fewest:
        return False, f" Too few drawn pairs are judged to compare: {rest.n} of {fewest}."
    said = (
        f"the last {tail.n} ranked pairs judged hold {tail.share:.0%} reversed labels, "
        f"the randomly drawn rest {rest.share:.0%}"
    )
    if (tail.low or 0.0) > (rest.high or 0.0):
        left = "1 is left" if found.ranked_open == 1 else f"{found.ranked_open:,} are left"
        more = left if found.ranked_open else "a longer queue would find more"
        return False, f" The ranking still finds more than a random draw: {said}; {more}."
    return True, f" The ranking finds no more than a random draw: {said}."
