"""The audit of a queue: the share of reversed labels among all pairs that its filter found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.relabel.queues import Queue
from core.relabel.verdicts import Verdict
from core.schema import Bools, Floats
from core.schema.relabel import CastVote, QueueItem
from core.signals.audit import (
    AuditRate,
    Looked,
    Stop,
    estimate,
    more_to_halve,
    stop,
)
from core.signals.misjudged import Accuracy, Corrected

TARGET = 0.02
"""Half width of the interval at which a rate is known well enough, if nobody says otherwise."""
MOST_MISSING = 0.1
"""Share of the drawn pairs behind the work that may lack a verdict before bounds are told."""


@dataclass(frozen=True)
class AuditReport:
    """What a queue's judged pairs say; rates, naive ones beside, overall and in `found.sources`."""

    queue: str
    found: AuditRate
    more: int | None
    """Further random audits that halve the interval; None where none can or no rate is known."""
    stop: Stop
    waiting: int
    """Drawn pairs whose turn has come and that have no verdict yet."""
    without_winner: int
    """Judged pairs where neither is better; they count as not reversed."""
    passed: int = 0
    """Drawn pairs whose turn has come, with a verdict or without."""
    bounds: tuple[float, float] | None = None
    """The rate if the labels of all `waiting` were right, and if all were reversed; None where
    they are few."""
    accuracy: Accuracy | None = None
    """How those who judged did on silent gold, None where too little is known."""
    corrected: Corrected | None = None
    """The rate without their mistakes."""
    correction: str = ""
    """What was corrected, or why nothing was; empty without a rate, and where nobody asked."""

    @property
    def note(self) -> str:
        """Return what makes the rate less sure than its interval says; empty where nothing does."""
        if not self.waiting:
            return ""
        pairs = "1 drawn pair has" if self.waiting == 1 else f"{self.waiting:,} drawn pairs have"
        if self.bounds is not None:
            low, high = (f"{100 * bound:.1f}\u00a0%" for bound in self.bounds)
            return (
                f"Of {self.passed:,} drawn pairs that the work has passed {self.waiting:,} lack a "
                "verdict: skipped, still open to somebody, or nobody could judge. Were all their "
                f"labels right, the rate would be {low}; were all reversed, {high}. People rather "
                "skip what is hard, so the truth may lie well away from the rate."
            )
        return (
            f"{pairs} no verdict although later ones have: while those are the hard ones, the rate "
            "may move once they are settled."
        )


def audit(
    queue: Queue,
    found: Iterable[Verdict],
    by_pair: Mapping[int, Mapping[str, CastVote]],
    target_half_width: float = TARGET,
) -> AuditReport:
    """Return the audit of one queue by its verdicts; `by_pair` is `State.by_pair`.

    Drawn pairs are offered in random order, so that those judged are a random part of them. Pairs
    judged in other queues were picked for some reason: a drawn one counts only once the work in
    this queue has come to its place or past it, or when every drawn one has a verdict.
    """
    by = {v.pair_id: v for v in found if v.outcome != "unresolved"}
    places = [p for p in queue.real if queue.items[p].probability is not None]
    items = [queue.items[place] for place in places]
    drawn = np.array([item.stratum == "audit" for item in items], np.bool_)
    wrong = np.array([wrong_by(by.get(item.pair_id), item) for item in items], np.float64)
    answered = np.array([item.pair_id in by for item in items], np.bool_)
    passed = drawn & _reached(queue, items, drawn, answered, by_pair)
    wrong[drawn & ~passed] = np.nan
    waiting = passed & np.isnan(wrong)
    looked = _looked(items, drawn, wrong)
    rate = estimate(looked, queue.population)
    told = [by[i.pair_id].outcome for i, w in zip(items, wrong, strict=True) if np.isfinite(w)]
    many = waiting.sum() > MOST_MISSING * passed.sum()
    return AuditReport(
        queue=queue.id,
        found=rate,
        more=more_to_halve(rate.rate) if rate.rate else None,
        stop=stop(rate, target_half_width),
        waiting=int(waiting.sum()),
        without_winner=sum(outcome in ("tie", "both_bad") for outcome in told),
        passed=int(passed.sum()),
        bounds=_bounds(looked, waiting, queue) if many else None,
    )


def _bounds(looked: Looked, waiting: Bools, queue: Queue) -> tuple[float, float] | None:
    """Return the rate if what waits is all right, and if it is all reversed (Manski 1989)."""
    ends = [
        estimate(replace(looked, wrong=np.where(waiting, end, looked.wrong)), queue.population).rate
        for end in (0.0, 1.0)
    ]
    low, high = (None if end is None else end.rate for end in ends)
    return None if low is None or high is None else (low, high)


def _looked(items: list[QueueItem], drawn: Bools, wrong: Floats) -> Looked:
    return Looked(
        wrong=wrong,
        probability=np.array([item.probability for item in items], np.float64),
        drawn=drawn,
        source=np.array([item.source for item in items], np.str_),
    )


def _reached(
    queue: Queue,
    items: list[QueueItem],
    drawn: Bools,
    answered: Bools,
    by_pair: Mapping[int, Mapping[str, CastVote]],
) -> Bools:
    """Return which items stand no later than the last drawn one that was answered here.

    answered: shape (items,), also where nobody could judge.
    """
    here = [
        any(vote.queue == queue.id for vote in by_pair.get(item.pair_id, {}).values())
        for item in items
    ]
    at = np.flatnonzero(drawn & answered & np.array(here, np.bool_))
    last = len(items) - 1 if answered[drawn].all() else at.max(initial=-1)
    return np.arange(len(items)) <= last


def wrong_by(verdict: Verdict | None, item: QueueItem) -> float:
    """Return how far the label is reversed: 0 no, 1 yes, NaN without a verdict.

    Who cannot judge says nothing of the label: it is not known, as where a pair was skipped.

    A contested pair counts by the share of votes against its label, half where a ruling says so
    and nobody voted. Where rows of the pair differ half of its labels are reversed, whichever wins.
    Where neither is better none is.
    """
    if verdict is None or verdict.outcome in ("unresolved", "cannot_judge"):
        return np.nan
    if verdict.outcome not in ("winner", "contested"):
        return 0.0
    if item.label_id is None or not (verdict.n or verdict.winner_id):
        return 0.5
    if verdict.outcome == "winner":
        return float(verdict.winner_id != item.label_id)
    return verdict.against(item.label_id)
