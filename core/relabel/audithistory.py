"""An audit as it came in: the noise rate after so many judged pairs, from the first to the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from core.relabel.auditing import audit
from core.relabel.ballots import ballots
from core.relabel.state import State
from core.relabel.verdicts import RULES, Verdict, verdicts
from core.schema.relabel import CastVote, Decision
from core.views.team import AuditPoint

STEPS = 12
"""Times at which the rate is told; the last is now."""


def audit_history(
    state: State,
    queue_id: str,
    rule: str,
    given: tuple[tuple[str, float], ...] = (),
    steps: int = STEPS,
) -> tuple[AuditPoint, ...]:
    """Return the rate at up to `steps` times, evenly spaced over the answers, in the log's order.

    Of what stands now: a vote that was taken back is in no point. Times without a rate are left
    out: nothing drawn was judged by then.
    """
    queue = state.queues[queue_id]
    said = sorted(_said(state, set(queue.pairs())), key=lambda one: one.seq)
    ends = np.unique(np.linspace(0, len(said), min(steps, len(said)) + 1).astype(int)[1:])
    past, found = _Past(rule, given), []
    for start, end in pairwise([0, *ends.tolist()]):
        past.take(said[start:end])
        report = audit(queue, past.verdicts.values(), past.by_pair)
        if (rate := report.found.rate) is not None:
            told = report.found
            found.append(
                AuditPoint(past.at, told.judged, rate.rate, rate.low, rate.high, told.naive)
            )
    # Of times with as many judged pairs the last one speaks: votes between were second opinions.
    by_judged = {point.judged: point for point in found}
    return tuple(by_judged[judged] for judged in sorted(by_judged))


def _said(state: State, pairs: set[int]) -> Iterator[CastVote | Decision]:
    for pair in pairs:
        yield from state.by_pair.get(pair, {}).values()
        if pair in state.decisions:
            yield state.decisions[pair]


@dataclass
class _Past:
    """What stood at some time; of a rule that weighs nobody only what changed is judged anew."""

    rule: str
    given: tuple[tuple[str, float], ...]
    at: int = 0
    by_pair: dict[int, dict[str, CastVote]] = field(default_factory=dict)
    ruled: dict[int, Decision] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    def take(self, said: Iterable[CastVote | Decision]) -> None:
        """Take the next votes and rulings."""
        changed = set()
        for one in said:
            self.at = max(self.at, one.at)
            changed.add(one.pair_id)
            if isinstance(one, Decision):
                self.ruled[one.pair_id] = one
            else:
                self.by_pair.setdefault(one.pair_id, {})[one.annotator] = one
        if RULES.get(self.rule).weighs:
            changed = {*self.by_pair, *self.ruled}
        votes = ballots({pair: self.by_pair.get(pair, {}) for pair in changed})
        ruled = {pair: self.ruled[pair] for pair in changed if pair in self.ruled}
        for verdict in verdicts(self.rule, votes, ruled, dict(self.given)):
            self.verdicts[verdict.pair_id] = verdict
