"""Agreement beyond chance, of two raters or of many, with an interval or the reason for none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints
from core.signals.mixture import Interval

ROUNDS = 1000
FEWEST = 10
"""Pairs that two people judged, below which a statistic is not told."""
_UNDEFINED = 0.05
"""Share of resamples that may be undefined before there is no interval."""

Statistic = Callable[[Floats, Floats], Floats]
"""Votes per unit and kind, shape (patterns, kinds), and how often each pattern stands there, shape
(rounds, patterns) → the statistic of each round, shape (rounds,), NaN where it is not defined."""


@dataclass(frozen=True)
class Agreement:
    """One statistic with its 95 % interval, or a sentence that says why it has none."""

    statistic: str
    value: float | None
    low: float | None
    high: float | None
    units: int
    """Pairs that two people or more judged; only they tell."""
    votes: int
    """On those pairs."""
    people: int
    why: str = ""
    """Empty where value and interval are known."""


def cohen_kappa(first: Bools | Ints, second: Bools | Ints) -> float | None:
    """Return (observed − expected) / (1 − expected) agreement of two raters, shape (n,) each.

    The values are kinds without an order. 1 perfect, 0 chance. None without rows and where chance
    alone agrees always. Source: Cohen 1960.
    """
    return _known(_kappas(_crossed(first, second)[None]))


def krippendorff_alpha(unit: Ints, value: Ints) -> float | None:
    """Return Krippendorff's alpha for nominal values; `unit` and `value` of each vote, shape (n,).

    1 − observed/expected disagreement over units with two votes or more: 1 perfect, 0 chance. None
    where no two votes meet or all votes are alike, when agreement by chance is certain.
    Source: Krippendorff 1970, 2011.
    """
    counts, units = _patterns(unit, value)
    return _known(alpha(counts, units[None]))


def fleiss_kappa(unit: Ints, value: Ints) -> float | None:
    """Return Fleiss' kappa of the votes, `unit` and `value` of each, shape (n,).

    With m votes on a unit, its agreement is the share of its m(m−1) ordered pairs of votes that are
    alike; kappa is (mean agreement − expected) / (1 − expected), expected the sum of squared shares
    of the kinds. Units may have unequal numbers of votes: those with one are left out, each other
    counts once in the mean whatever its m, and the shares are of all votes on units that count.
    With equal numbers this is the published form. None where no two votes meet or all are alike.
    Source: Fleiss 1971.
    """
    counts, units = _patterns(unit, value)
    return _known(fleiss(counts, units[None]))


def alpha(counts: Floats, weight: Floats) -> Floats:
    """Return Krippendorff's alpha of each round; see Statistic."""
    sizes, of_kind = counts.sum(1), weight @ counts
    n = of_kind.sum(1)
    # Per unit: ordered pairs of unlike votes, each vote of m counted with 1/(m − 1).
    unlike = weight @ ((sizes**2 - (counts**2).sum(1)) / (sizes - 1))
    expected = (n**2 - (of_kind**2).sum(1)) / np.maximum(n - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - unlike / expected, np.nan)


def fleiss(counts: Floats, weight: Floats) -> Floats:
    """Return Fleiss' kappa of each round; see Statistic."""
    sizes, of_kind = counts.sum(1), weight @ counts
    alike = ((counts**2).sum(1) - sizes) / (sizes * (sizes - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = weight @ alike / weight.sum(1)
        share = of_kind / of_kind.sum(1, keepdims=True)
        return _beyond(observed, (share**2).sum(1))


def bootstrap(
    unit: Ints, value: Ints, statistic: Statistic = alpha, rounds: int = ROUNDS, seed: int = 0
) -> Interval | None:
    """Return the 95 % percentile interval of `statistic` when whole units are drawn anew.

    Votes on one unit stay together, since they depend on each other. Units with the same votes are
    drawn as one pattern, so the time does not grow with the votes. None where fewer than two units
    have two votes, and where more than 5 % of the resamples are undefined. Source: Efron 1979.
    """
    counts, units = _patterns(unit, value)
    if units.sum() < 2:
        return None
    return _percentiles(statistic(counts, _draws(units, rounds, seed)))


STATISTICS: dict[str, Statistic] = {"krippendorff_alpha": alpha, "fleiss_kappa": fleiss}


def agreement(
    unit: Ints,
    person: Ints,
    value: Ints,
    statistic: str = "krippendorff_alpha",
    fewest: int = FEWEST,
    seed: int = 0,
) -> Agreement:
    """Return one of STATISTICS of the votes, shape (n,) each, with interval or the reason why not.

    A person has at most one vote on a unit.
    """
    counts, units = _patterns(unit, value)
    _, at, sizes = np.unique(unit, return_inverse=True, return_counts=True)
    met = sizes[at] > 1
    n, people = int(units.sum()), len(np.unique(person[met]))
    why = _too_few(len(unit), n, fewest)
    found = None if why else _known(STATISTICS[statistic](counts, units[None]))
    bounds = None
    if found is not None:
        bounds = bootstrap(unit, value, STATISTICS[statistic], seed=seed)
    return _told(statistic, found, bounds, (n, int(met.sum()), people), why)


def between(
    unit: Ints,
    person: Ints,
    value: Ints,
    two: tuple[int, int],
    fewest: int = FEWEST,
    seed: int = 0,
) -> Agreement:
    """Return Cohen's kappa of two people on the units that both judged; see `agreement`."""
    one, other = person == two[0], person == two[1]
    both, at, there = np.intersect1d(unit[one], unit[other], return_indices=True)
    table = _crossed(value[one][at], value[other][there])
    n, why = len(both), _too_few(int(one.sum() + other.sum()), len(both), fewest)
    found = None if why else _known(_kappas(table[None]))
    bounds = None
    if found is not None:
        drawn = _draws(table.ravel(), ROUNDS, seed).reshape(-1, *table.shape)
        bounds = _percentiles(_kappas(drawn))
    return _told("cohen_kappa", found, bounds, (n, 2 * n, 2 if n else 0), why)


def _told(
    statistic: str,
    value: float | None,
    bounds: Interval | None,
    sizes: tuple[int, int, int],
    why: str,
) -> Agreement:
    units, votes, people = sizes
    if not why and value is None:
        why = (
            "Not defined because everybody always said the same, so that agreement by chance "
            "is certain."
        )
    elif not why and bounds is None:
        why = (
            "The interval is not defined because nearly all votes are alike: when pairs are drawn "
            "anew, too often everybody says the same."
        )
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    return Agreement(statistic, value, low, high, units, votes, people, why)


def _too_few(votes: int, units: int, fewest: int) -> str:
    if not votes:
        return "Not defined because there are no votes yet."
    if not units:
        return "Not defined because no two people judged the same pair."
    if units < fewest:
        pairs = "1 pair was" if units == 1 else f"{units} pairs were"
        return f"Not defined because only {pairs} judged by two people; {fewest} are needed."
    return ""


def _patterns(unit: Ints, value: Ints) -> tuple[Floats, Floats]:
    """Return the different rows of votes per kind of units with two votes, and how many of each."""
    _, at, sizes = np.unique(unit, return_inverse=True, return_counts=True)
    kinds, kind = np.unique(value, return_inverse=True)
    cells = np.bincount(at * len(kinds) + kind, minlength=len(sizes) * len(kinds))
    table = cells.reshape(len(sizes), len(kinds))[sizes > 1]
    # The commonest kind first, so that the seed draws the same units whatever the kinds are called.
    table = table[:, np.argsort(-table.sum(0), kind="stable")]
    counts, units = np.unique(table, axis=0, return_counts=True)
    return counts.astype(np.float64), units.astype(np.float64)


def _crossed(first: Bools | Ints, second: Bools | Ints) -> Floats:
    """Return how often each kind of the first met each of the second, shape (kinds, kinds)."""
    kinds, at = np.unique(np.concatenate([first, second]), return_inverse=True)
    k, n = len(kinds), len(first)
    cells = np.bincount(at[:n] * k + at[n:], minlength=k * k)
    return cells.reshape(k, k).astype(np.float64)


def _kappas(tables: Floats) -> Floats:
    """Return Cohen's kappa of each table, shape (rounds, kinds, kinds) → (rounds,)."""
    n = tables.sum((1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(tables, axis1=1, axis2=2) / n
        expected = (tables.sum(1) / n[:, None] * (tables.sum(2) / n[:, None])).sum(1)
        return _beyond(observed, expected)


def _beyond(observed: Floats, expected: Floats) -> Floats:
    """Return agreement beyond chance; NaN where chance is certain, but for a rounding error."""
    return np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan)


def _known(values: Floats) -> float | None:
    return float(values[0]) if np.isfinite(values[0]) else None


def _draws(units: Floats, rounds: int, seed: int) -> Floats:
    """Return how often each pattern is drawn, as many units a round, shape (rounds, patterns)."""
    n = int(units.sum())
    drawn = np.random.default_rng(seed).multinomial(n, units / n, rounds)
    return drawn.astype(np.float64)


def _percentiles(values: Floats) -> Interval | None:
    told = values[np.isfinite(values)]
    if len(told) < (1 - _UNDEFINED) * len(values):
        return None
    low, high = np.quantile(told, (0.025, 0.975))
    return Interval(float(low), float(high))
