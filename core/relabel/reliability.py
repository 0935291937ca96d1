"""How each person's votes look from outside: for leads to see who needs help; it blocks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from core.relabel.ballots import SECOND, Ballots, ballots
from core.relabel.pace import TOO_FAST, chars_per_second
from core.schema import Bools, Floats, Ints
from core.schema.relabel import Answer, CastVote, QueueItem
from core.signals.audit import Share, share_of
from core.signals.dawid_skene import Consensus, dawid_skene
from core.signals.wilson import wilson

FEW = 10
"""Checks below which a person is not flagged by them."""
_FAST_SHARE = 0.1
"""Share of votes too fast to have read that is not worth a word."""

Items = Mapping[tuple[str, int], QueueItem]
"""By queue id and place."""


@dataclass(frozen=True)
class Measure:
    """A number with its 95 % interval, or a sentence that says why there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    why: str = ""


@dataclass(frozen=True)
class PersonReport:
    """One person's votes: every share with its 95 % interval, practice left out."""

    person: str
    votes: int
    median_seconds: float | None
    left: Share
    """Votes for the left side among those that name a winner; sides are drawn evenly."""
    consistent: Share
    """Items shown again that got the person's own first answer, whichever side it stood on."""
    gold: Share
    """Silent gold items answered right; "cannot judge" is no answer."""
    fast: Share
    """Votes too fast to have read what was shown, among those timed."""
    cannot_judge: Share
    reliability: Measure
    """P(a vote is right), by how the votes of all agree."""
    flags: tuple[str, ...]
    """What a lead should look at, in sentences."""


def people_reports(votes: Iterable[CastVote], items: Items) -> tuple[PersonReport, ...]:
    """Return a report per person with a vote, by name; `votes` are all that stand."""
    by: dict[str, list[CastVote]] = defaultdict(list)
    for vote in sorted(votes, key=lambda v: v.seq):
        if vote.purpose != "practice":
            by[vote.annotator].append(vote)
    trusted = reliabilities(_counted(by))
    return tuple(_report(name, by[name], items, trusted) for name in sorted(by))


def _report(
    name: str, cast: list[CastVote], items: Items, trusted: Mapping[str, Measure]
) -> PersonReport:
    seconds = [v.answer.seconds for v in cast if v.answer.seconds is not None]
    named = [v for v in cast if v.answer.winner_id is not None and v.left_id is not None]
    speeds = [s for v in cast if v.purpose != "repeat" if (s := chars_per_second(v, items))]
    left = _of(v.answer.winner_id == v.left_id for v in named)
    again, gold = _of(_consistent(cast)), _of(_gold(cast, items))
    fast = _of(speed > TOO_FAST for speed in speeds)
    return PersonReport(
        person=name,
        votes=len(cast),
        median_seconds=median(seconds) if seconds else None,
        left=left,
        consistent=again,
        gold=gold,
        fast=fast,
        cannot_judge=_of(v.answer.tie == "cannot_judge" for v in cast),
        reliability=trusted.get(name, _untold(0, "Not defined because no vote names a winner.")),
        flags=_flags(left, again, gold, fast),
    )


def _of(hits: Iterable[bool]) -> Share:
    told = list(hits)
    return share_of(sum(told), len(told))


def _consistent(cast: list[CastVote]) -> list[bool]:
    """Return for every item shown again whether its answer is that of the first time."""
    first: dict[int, Answer] = {}
    for vote in cast:
        if vote.purpose != "repeat":
            first.setdefault(vote.pair_id, vote.answer)
    return [
        (v.answer.winner_id, v.answer.tie) == (first[v.pair_id].winner_id, first[v.pair_id].tie)
        for v in cast
        if v.purpose == "repeat" and v.pair_id in first
    ]


def _gold(cast: list[CastVote], items: Items) -> list[bool]:
    """Return for every gold item that was judged whether the answer is the known one."""
    found = []
    for vote in cast:
        item = items.get((vote.queue, vote.place))
        known = item is not None and (item.gold_id is not None or item.gold_tie is not None)
        if vote.purpose != "gold" or item is None or not known:
            continue
        if vote.answer.tie != "cannot_judge":
            found.append((vote.answer.winner_id, vote.answer.tie) == (item.gold_id, item.gold_tie))
    return found


def _flags(left: Share, again: Share, gold: Share, fast: Share) -> tuple[str, ...]:
    """Return what is unlikely to be chance; of twenty fair people one prefers a side so far."""
    found = []
    if left.low is not None and left.high is not None and not left.low <= 0.5 <= left.high:
        side = "left" if left.low > 0.5 else "right"
        found.append(f"Prefers the {side} side: left won {_text(left)} votes.")
    if again.n >= FEW and (again.low or 0.0) <= 0.5:
        found.append(f"Answers items shown again hardly as before: {_text(again)}.")
    if gold.n >= FEW and (gold.low or 0.0) <= 0.5:
        found.append(f"Hardly better than chance on gold items: {_text(gold)} right.")
    if fast.n >= FEW and (fast.low or 0.0) > _FAST_SHARE:
        found.append(f"Too fast to have read what was shown: {_text(fast)} votes.")
    return tuple(found)


def _text(share: Share) -> str:
    return (
        f"{share.k:.0f} of {share.n:,} "
        f"({share.share:.0%}, 95% interval {share.low:.0%} to {share.high:.0%})"
    )


# --- who is right, by how votes agree --------------------------------------------------------


def _counted(by: Mapping[str, list[CastVote]]) -> Ballots:
    """Return the real votes that came in time, a person's last one on each pair."""
    pairs: dict[int, dict[str, CastVote]] = defaultdict(dict)
    for name, cast in by.items():
        for vote in cast:
            if vote.purpose == "real" and not vote.late:
                pairs[vote.pair_id][name] = vote
    return ballots(pairs)


def reliabilities(votes: Ballots) -> dict[str, Measure]:
    """Return P(a vote is right) per person with a vote that names a winner.

    Dawid and Skene's, over pairs on which two people or more name a winner, since a vote that meets
    no other says nothing of its person. The interval is Wilson's, with the number of votes that
    would tell as much if the truth were known: I/(eta·(1 − eta)), I the observed information about
    logit eta. Sources: Dawid and Skene 1979; Louis 1982; Wilson 1927.
    """
    named = votes.where(votes.names_winner)
    met = votes.met()
    _, unit = np.unique(met.unit, return_inverse=True)
    second, raters = met.value == SECOND, len(votes.people)
    found = dawid_skene(unit, met.person, second, int(unit.max(initial=-1)) + 1, raters)
    n = np.bincount(met.person, minlength=raters)
    effective = effective_votes(unit, met.person, second, found)
    # Two people alone only agree or differ: who of them is right cannot be told.
    effective[_circle(unit, met.person, raters) < 3] = 0.0
    shown = np.unique(named.person).tolist()
    return {
        votes.people[p]: _measure(int(n[p]), float(effective[p]), float(found.reliability[p]))
        for p in shown
    }


def effective_votes(unit: Ints, person: Ints, vote: Bools, found: Consensus) -> Floats:
    """Return how many votes on known answers would tell as much, shape (raters,); NaN without.

    The complete-data information about (logit eta_1 … logit eta_k, logit prior) is diagonal, n·eta·
    (1 − eta). What is missing since answers are not known is V'QV, with Q = diag q(1 − q), and V of
    shape (units, k + 1) holding ±1 for the vote of each rater and 1 for the prior. The inverse of
    the difference is the covariance; where it is singular, as of two people who meet only each
    other, hardly any votes remain. Source: Louis 1982.
    """
    skill = np.append(np.nan_to_num(found.reliability, nan=0.5), found.prior)
    k, units = len(found.reliability), len(found.q)
    n = np.append(np.bincount(person, minlength=k), units).astype(np.float64)
    complete = n * skill * (1 - skill)
    values, vectors = np.linalg.eigh(np.diag(complete) - _missing(unit, person, vote, found))
    floor = 1e-6 * max(float(complete.max()), 1.0)
    variance = (vectors**2 / np.maximum(values, floor)).sum(1)[:k]
    with np.errstate(divide="ignore"):
        told = 1 / (variance * (skill * (1 - skill))[:k])
    return np.where(n[:k] > 0, np.minimum(told, n[:k]), np.nan)


def _circle(unit: Ints, person: Ints, raters: int) -> Ints:
    """Return how many people each is linked to by shared units, with oneself, shape (raters,)."""
    order = np.argsort(unit, kind="stable")
    same = np.diff(unit[order]) == 0
    links = np.unique(np.stack([person[order][:-1][same], person[order][1:][same]], 1), axis=0)
    group = np.arange(raters)
    for _ in range(raters):
        before = group.copy()
        low = np.minimum(group[links[:, 0]], group[links[:, 1]])
        np.minimum.at(group, links[:, 0], low)
        np.minimum.at(group, links[:, 1], low)
        if (group == before).all():
            break
    return np.asarray(np.bincount(group, minlength=raters)[group], np.int64)


def _missing(unit: Ints, person: Ints, vote: Bools, found: Consensus) -> Floats:
    """Return V'QV, shape (raters + 1, raters + 1), a slice of units at a time."""
    k, chunk = len(found.reliability), 4096
    total = np.zeros((k + 1, k + 1))
    order = np.argsort(unit, kind="stable")
    edges = np.searchsorted(unit[order], np.arange(0, len(found.q) + chunk, chunk))
    for at, (low, high) in enumerate(pairwise(edges)):
        rows = order[low:high]
        q = found.q[at * chunk : (at + 1) * chunk]
        signs = np.zeros((len(q), k + 1))
        signs[unit[rows] - at * chunk, person[rows]] = np.where(vote[rows], 1.0, -1.0)
        signs[:, k] = 1.0
        total += signs.T @ (signs * (q * (1 - q))[:, None])
    return total


def _measure(n: int, effective: float, eta: float) -> Measure:
    if not n:
        return _untold(n, "Not defined because nobody else judged a pair of theirs.")
    if effective < 1:
        return _untold(
            n,
            "Not defined because too few people met on the same pairs to tell which of them is "
            "right.",
        )
    return Measure(eta, *wilson(eta, effective), n)


def _untold(n: int, why: str) -> Measure:
    return Measure(None, None, None, n, why)
