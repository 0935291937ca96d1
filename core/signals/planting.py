"""Planting: labels reversed on purpose in a copy, so that it is known which ones are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np

from core.errors import UsageError
from core.schema import Bools, Floats, Ints, SignalInputs
from core.schema.trials import FLIP_KINDS, FlipKind

LOWEST_RATE, HIGHEST_RATE = 0.01, 0.45
"""At a half the labels say nothing any more, and beyond it the flips are the truth."""

_STEEP = 4.0
"""A flip is at most this many times as likely, or as unlikely, as at equal length; and so are the
labellers from the most careful to the most careless, on both sides of the middle."""
_MOST = 0.8
"""Share of one labeller's labels that is reversed at most."""

T = TypeVar("T")


def plant(inputs: SignalInputs, kind: FlipKind, rate: float, seed: int) -> Bools:
    """Return which rows to reverse, shape (n,): exactly round(rate·m) of the m rows with a label.

    `symmetric`: each row alike. `length`: drawn without replacement, row by row with odds
    |rejected| / |chosen| (kept in 1/4 … 4), so most flips make the longer answer the chosen one.
    `annotator`: each labeller has a rate of their own, from a quarter to four times a middle one,
    dealt out by the seed (at most 0.8); labels of nobody in particular have the middle rate.
    Rows of one pair are drawn one by one: each is somebody's judgement. Ties stay.

    Source: methods 15; keys of the draw after Efraimidis and Spirakis 2006.
    """
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UsageError(
            f"A rate of {rate:g} cannot be planted.",
            f"It is {LOWEST_RATE:g} to {HIGHEST_RATE:g}, such as 0.2.",
        )
    if kind not in FLIP_KINDS:
        raise UsageError(f"There are no {kind!r} flips.", f"Known: {', '.join(FLIP_KINDS)}.")
    rng, rows = np.random.default_rng(seed), np.flatnonzero(~inputs.tie)
    wanted = round(rate * len(rows))
    flips = np.zeros(len(inputs.tie), np.bool_)
    if kind == "annotator":
        flips[_by_labeller(inputs, rows, wanted, rng)] = True
    else:
        odds = _longer(inputs)[rows] if kind == "length" else np.ones(len(rows))
        flips[rows[_drawn(odds, wanted, rng)]] = True
    return flips


def _drawn(odds: Floats, wanted: int, rng: np.random.Generator) -> Ints:
    """Return `wanted` positions, drawn one after the other with these odds."""
    return np.argsort(rng.standard_exponential(len(odds)) / odds, kind="stable")[:wanted]


def _longer(inputs: SignalInputs) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        odds = inputs.rejected_chars / inputs.chosen_chars
    return np.clip(np.where(np.isnan(odds), 1.0, odds), 1 / _STEEP, _STEEP)


def _by_labeller(inputs: SignalInputs, rows: Ints, wanted: int, rng: np.random.Generator) -> Ints:
    """Return the rows to flip: every labeller's own number of them, drawn evenly."""
    who = _named(inputs)[rows]
    people = np.unique(who[who >= 0])
    if len(people) < 2:
        raise UsageError(
            "Flips by annotator need labels of two named annotators or more.",
            "Use --kind symmetric or --kind length on this set.",
        )
    found, at, n = np.unique(who, return_inverse=True, return_counts=True)
    odds = np.ones(len(found))
    odds[found >= 0] = rng.permutation(np.geomspace(1 / _STEEP, _STEEP, len(people)))
    left = _shared(n, odds, wanted)
    order = rng.permutation(len(rows))
    order = order[np.argsort(at[order], kind="stable")]
    place = np.arange(len(rows)) - (np.cumsum(n) - n)[at[order]]
    return rows[order[place < left[at[order]]]]


def _named(inputs: SignalInputs) -> Ints:
    """Return whose label each row has, shape (n,); −1 where it is nobody's in particular."""
    if not len(inputs.labeller) or not inputs.labellers:
        return np.full(len(inputs.tie), -1)
    named = np.array([labeller.annotator is not None for labeller in inputs.labellers])
    return np.where((inputs.labeller >= 0) & named[inputs.labeller], inputs.labeller, -1)


def _shared(n: Ints, odds: Floats, wanted: int) -> Ints:
    """Return how many of each labeller's n labels to flip; the sum is `wanted`."""
    low, high = 0.0, 1 / odds.min()
    for _ in range(100):
        middle = (low + high) / 2
        enough = (n * np.minimum(_MOST, middle * odds)).sum() >= wanted
        low, high = (low, middle) if enough else (middle, high)
    exact = n * np.minimum(_MOST, high * odds)
    whole: Ints = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")
    for place in rest[: max(0, wanted - int(whole.sum()))]:
        whole[place] += 1
    return whole


def flip_rows(inputs: SignalInputs, flips: Bools) -> SignalInputs:
    """Return a copy with the labels of `flips`, shape (n,), reversed: its two sides swapped.

    What would give the answer away is unknown in the copy, of all rows: gold, votes, ratings. Whose
    label a row has stays. A response that no row of the pair names gets a number of its own.
    """
    unknown = np.full(len(inputs.row_id), np.nan)

    def swap(chosen: T, rejected: T) -> tuple[T, T]:
        return _swapped(chosen, rejected, flips)

    chosen_chars, rejected_chars = swap(inputs.chosen_chars, inputs.rejected_chars)
    return replace(
        inputs,
        chosen_id=np.where(flips, _others(inputs.pair_id, inputs.chosen_id), inputs.chosen_id),
        chosen_chars=chosen_chars,
        rejected_chars=rejected_chars,
        votes_chosen=unknown,
        votes_rejected=unknown,
        votes_tie=unknown,
        rating_chosen=unknown,
        rating_rejected=unknown,
        gold=unknown,
        rewards={run: _sides(values, flips) for run, values in inputs.rewards.items()},
        logps={run: _sides(values, flips) for run, values in inputs.logps.items()},
        passes={run: _sides(values, flips) for run, values in inputs.passes.items()},
        votes=None,
        texts=_sides(inputs.texts, flips) if inputs.texts else None,
    )


def _others(pair_id: Ints, chosen_id: Ints) -> Ints:
    """Return the response of each row's pair that is not chosen; −1 − id where none is named.

    Ids are positive, so the number meets no other, and is the same in all rows of the pair.
    """
    _, pair = np.unique(pair_id, return_inverse=True)
    low = np.full(len(pair), np.iinfo(np.int64).max)
    high = np.full(len(pair), np.iinfo(np.int64).min)
    np.minimum.at(low, pair, chosen_id)
    np.maximum.at(high, pair, chosen_id)
    other = np.where(chosen_id == low[pair], high[pair], low[pair])
    return np.asarray(np.where(low[pair] == high[pair], ~chosen_id, other), np.int64)


def _sides(values: T, flips: Bools) -> T:
    """Swap every two fields `…chosen…` and `…rejected…` of a frozen value where `flips` is set."""
    changed: dict[str, Any] = {}
    for field in fields(cast("Any", values)):
        here, there = field.name, field.name.replace("chosen", "rejected")
        one = getattr(values, here)
        if is_dataclass(one):
            changed[here] = _sides(one, flips)
        elif here != there:
            changed[here], changed[there] = _swapped(one, getattr(values, there), flips)
    return cast("T", replace(cast("Any", values), **changed))


def _swapped(chosen: T, rejected: T, flips: Bools) -> tuple[T, T]:
    """Swap two arrays, or mappings of arrays, row by row."""
    if isinstance(chosen, Mapping) and isinstance(rejected, Mapping):
        pairs = {name: _swapped(chosen[name], rejected[name], flips) for name in chosen}
        sides = tuple({name: pair[side] for name, pair in pairs.items()} for side in (0, 1))
        return cast("tuple[T, T]", sides)
    one, other = np.asarray(chosen), np.asarray(rejected)
    at = flips.reshape(-1, *[1] * (one.ndim - 1))
    return cast("tuple[T, T]", (np.where(at, other, one), np.where(at, one, other)))


def take_rows(inputs: SignalInputs, rows: Ints) -> SignalInputs:
    """Return only these rows, in ascending order, as rows 0 … m−1; votes of others are left out."""
    n = len(inputs.row_id)
    votes = inputs.votes
    if votes is not None:
        place = np.full(n, -1)
        place[rows] = np.arange(len(rows))
        kept = np.flatnonzero(place[votes.row_id] >= 0)
        mine = place[votes.row_id[kept]]
        votes = replace(votes, row_id=mine, labeller=votes.labeller[kept], side=votes.side[kept])
    few = _each(replace(inputs, votes=None), lambda values: values[rows] if len(values) else values)
    return replace(few, row_id=np.arange(len(rows)), votes=votes)


def _each(value: T, change: Callable[[Any], Any]) -> T:
    """Change every array of a frozen value, inside mappings and values too."""
    if isinstance(value, np.ndarray):
        return cast("T", change(value))
    if isinstance(value, Mapping):
        return cast("T", {name: _each(inner, change) for name, inner in value.items()})
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: _each(getattr(value, f.name), change) for f in fields(value)}
        return cast("T", replace(cast("Any", value), **inner))
    return value
