"""What a person decides about a queue, and whether it can be had."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from core.curate.queues.kinds import QUEUE_KINDS, RANDOM, SUSPECTS, QueueKind
from core.curate.reading import parts
from core.errors import UnknownName, UsageError
from core.schema import PairFilter
from core.store.instance import Store

LEAST_SHARE, MOST_SHARE = 0.1, 0.2
"""Share of a queue that is drawn at random (methods 14: 10-20 %, or noise cannot be estimated)."""
LEAST_PRACTICE, MOST_PRACTICE = 3, 10
MOST_NAME = 80
By = Literal["benefit", "random"]


@dataclass(frozen=True)
class QueueAsk:
    """Everything a person decides about a queue."""

    name: str
    kind: str = SUSPECTS.name
    filter: PairFilter = field(default_factory=PairFilter)
    preset: str = "everything"
    params: Mapping[str, float] = field(default_factory=dict)
    """Of the preset."""
    size: int = 500
    """Most pairs of the ranked part; of a random queue, of all."""
    audit_share: float = 0.15
    """Share of the queue that is drawn at random."""
    gold: int = 50
    """Most pairs with known answers that check people silently."""
    practice: int = 5
    """Pairs with known answers to begin with; fewer where gold is scarce, none below three."""
    overlap: int = 1
    people: tuple[str, ...] | None = None
    guideline: str = ""
    warning: str = ""
    warn: tuple[str, ...] = ()
    order: By = "benefit"
    seed: int = 42
    chars_per_second: float = 25.0
    """How fast people read here: about 300 words a minute."""


def checked(store: Store, ask: QueueAsk) -> QueueKind:
    """Return the kind that was asked for.

    Raises:
        UnknownName, UsageError: no such kind, order or source, or no possible name or number.
    """
    name = ask.name.strip()
    if not name or len(name) > MOST_NAME or any(_hidden(c) for c in name):
        raise UsageError(
            f"A queue cannot be called {ask.name[:MOST_NAME]!r}.",
            f"Take 1 to {MOST_NAME} characters that can be seen.",
        )
    if ask.order not in get_args(By):
        raise UnknownName("order", ask.order, get_args(By))
    for what, number, fits, hint in _limits(ask):
        if not fits:
            raise UsageError(f"{what} cannot be {number:g}.", hint)
    known = [part.name for part in parts(store)]
    for source in set(ask.warn) - set(known):
        raise UnknownName("source", source, known)
    return QUEUE_KINDS.get(ask.kind)


def _limits(ask: QueueAsk) -> Iterator[tuple[str, float, bool, str]]:
    share, practice = ask.audit_share, ask.practice
    fits = LEAST_SHARE <= share <= MOST_SHARE or ask.kind == RANDOM.name
    more = f"It is {LEAST_SHARE:g} to {MOST_SHARE:g}; --kind random asks about drawn pairs only."
    yield "The size of a queue", ask.size, ask.size >= 1, "It is 1 or more."
    yield "The audit share", share, fits, more
    yield "The number of gold pairs", ask.gold, ask.gold >= 0, "It is 0 or more."
    fits = practice == 0 or LEAST_PRACTICE <= practice <= MOST_PRACTICE
    hint = f"It is {LEAST_PRACTICE} to {MOST_PRACTICE}, or 0 for none."
    yield "The number of practice pairs", practice, fits, hint
    yield "The overlap", ask.overlap, ask.overlap >= 1, "It is 1 or more."
    yield "The reading speed", ask.chars_per_second, ask.chars_per_second > 0, "It is above 0."


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def chance(ask: QueueAsk, step: str) -> np.random.Generator:
    """Return the chance of one step: queues of other names draw other pairs."""
    words = f"{ask.seed} {step} {ask.name.strip()}".encode()
    return np.random.default_rng(list(hashlib.sha256(words).digest()))
