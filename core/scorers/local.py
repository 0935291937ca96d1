"""Score on this machine: a plan cut into shards, each prepared in a thread ahead of the model."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from core.errors import ScoreError
from core.schema import Ints, Provenance, ScoringPlan
from core.scorers.spec import Scorer, ScorerOptions, ScorerSpec

AHEAD = 2
"""Shards prepared while one is scored."""
MOST_OF_A_PROMPT = 256
"""Responses of a prompt that stay together; more of them may be cut."""


class Sizes(Protocol):
    """What the cut depends on."""

    @property
    def shard_chars(self) -> int:
        """Return how many characters a piece has at most."""
        ...

    @property
    def shard_items(self) -> int:
        """Return how many ids a piece has at most."""
        ...


class Session(Sizes, Protocol):
    """A scorer that an engine opened: what `open_session` of the engine's module returns."""

    @property
    def provenance(self) -> Provenance:
        """Return what makes the numbers."""
        ...

    def run(self, shards: Sequence[Ints]) -> Generator[pa.Table, None, None]:
        """Yield the values of one shard after the other, each whole, in any order."""
        ...

    def close(self) -> None:
        """Let go of what was opened."""
        ...


@dataclass(frozen=True)
class Local:
    """A session in this process."""

    plan: ScoringPlan
    scorer: Scorer
    provenance: Provenance
    shard_chars: int
    shard_items: int

    def run(self, shards: Sequence[Ints]) -> Generator[pa.Table, None, None]:
        """Yield the values of each shard, in their order."""
        pool = ThreadPoolExecutor(max_workers=1)
        coming: deque[tuple[Ints, Future[Any]]] = deque()
        try:
            for ids in shards:
                coming.append((ids, pool.submit(prepare_shard, self.plan, self.scorer, ids)))
                if len(coming) > AHEAD:
                    yield self._next(coming)
            while coming:
                yield self._next(coming)
        finally:
            pool.shutdown(cancel_futures=True)

    def close(self) -> None:
        """Do nothing: the model goes with the session."""

    def _next(self, coming: deque[tuple[Ints, Future[Any]]]) -> pa.Table:
        ids, prepared = coming.popleft()
        return score_shard(self.scorer, ids, prepared.result())


def open_session(spec: ScorerSpec, options: ScorerOptions, plan: ScoringPlan) -> Session:
    """Open the scorer in this process."""
    scorer = spec.open(options, plan)
    return Local(plan, scorer, scorer.provenance, scorer.shard_chars, scorer.shard_items)


def prepare_shard(plan: ScoringPlan, scorer: Scorer, ids: Ints) -> Any:
    """Read a shard's texts and turn them into what `score_shard` takes."""
    return scorer.prepare(plan.read(ids))


def score_shard(scorer: Scorer, ids: Ints, prepared: Any) -> pa.Table:
    """Return the values of a prepared shard as one table; each of its ids once, in any order."""
    tables = list(scorer.score(prepared))
    rows = pa.concat_tables(tables, promote_options="default") if tables else pa.table({})
    key = "pair_id" if "pair_id" in rows.column_names else "response_id"
    found = np.sort(rows[key].to_numpy()) if tables else np.empty(0, np.int64)
    if not np.array_equal(found, np.sort(ids)):
        raise ScoreError(
            f"The scorer was given {len(ids):,} ids and answered for {len(np.unique(found)):,}.",
            "This is a fault of the scorer; nothing of this shard was kept.",
        )
    return rows


def shards(plan: ScoringPlan, sizes: Sizes, done: Ints) -> list[Ints]:
    """Cut the plan into pieces of whole prompts, leave out what is done, and keep the order.

    The plan is always cut as if nothing were done, so that what is left of a stopped run comes in
    the same pieces, and so in the same batches with the same numbers, whichever pieces were
    finished. Neighbours of which some ids are done join up to the same sizes.
    """
    pieces = _pieces(plan, sizes)
    left = ~np.isin(plan.ids, done)
    found: list[Ints] = []
    waiting: list[Ints] = []
    for start, end in pieces:
        kept = np.flatnonzero(left[start:end]) + start
        whole = len(kept) == end - start
        if waiting and (whole or not len(kept) or not _fit(plan, sizes, [*waiting, kept])):
            found.append(np.concatenate(waiting))
            waiting = []
        if whole:
            found.append(kept)
        elif len(kept):
            waiting.append(kept)
    return [plan.ids[at] for at in (*found, *([np.concatenate(waiting)] if waiting else []))]


def _fit(plan: ScoringPlan, sizes: Sizes, pieces: list[Ints]) -> bool:
    at = np.concatenate(pieces)
    return len(at) <= sizes.shard_items and int(plan.chars[at].sum()) <= sizes.shard_chars


def _pieces(plan: ScoringPlan, sizes: Sizes) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the pieces: as many next prompts as fit, one at least."""
    ends = _prompt_ends(plan.prompt_id)
    chars = np.concatenate([[0], np.cumsum(plan.chars)[ends - 1]])
    items = np.concatenate([[0], ends])
    at = 0
    while at < len(ends):
        by_chars = np.searchsorted(chars, chars[at] + sizes.shard_chars, side="right") - 1
        by_items = np.searchsorted(items, items[at] + sizes.shard_items, side="right") - 1
        end = max(at + 1, int(min(by_chars, by_items)))
        yield int(items[at]), int(items[end])
        at = end


def _prompt_ends(prompt_id: Ints) -> Ints:
    """Return where each prompt's responses end, with more cuts in a prompt of very many."""
    n = len(prompt_id)
    if not n:
        return np.empty(0, np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(prompt_id)) + 1])
    inner = np.arange(n) - np.repeat(starts, np.diff([*starts, n]))
    cuts = np.flatnonzero((inner % MOST_OF_A_PROMPT == 0) & (inner > 0))
    return np.unique(np.concatenate([starts[1:], cuts, [n]])).astype(np.int64)
