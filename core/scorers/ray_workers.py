"""A scorer in a process of Ray: opened once, then asked for shard after shard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import ScoreError
from core.schema import PLAN_COLUMNS, Ints, Provenance, ScoringPlan
from core.scorers.local import score_shard
from core.scorers.ray_desk import Told, Trouble, here
from core.scorers.spec import Scorer, ScorerOptions, ScorerSpec


@dataclass(frozen=True)
class Order:
    """What a worker is to open."""

    spec: ScorerSpec
    options: ScorerOptions
    """Without what lives in the driver's process and on its machine."""
    template: bytes | None
    """What the template file holds."""
    folders: tuple[str, ...]
    """Models that are folders: every machine must see them."""
    deaths: int
    """Of workers over one shard, or of one worker that opens the scorer, that are survived."""
    made: Provenance | None = None
    """What the first worker opened; all others must open the same."""


@dataclass(frozen=True)
class Opened:
    """What the driver must know of a scorer."""

    provenance: Provenance
    shard_chars: int
    shard_items: int


def look(order: Order, desk: Any) -> Opened | Trouble:
    """Open the scorer, before anything is scored, for what the run must know of it."""
    try:
        scorer = opened(order, Told(import_module("ray"), desk))
        return Opened(scorer.provenance, scorer.shard_chars, scorer.shard_items)
    except Exception as error:
        return Trouble.of(error)


class Worker:
    """What Ray Data calls with numbers of shards, in an actor with two threads.

    So a shard's texts are fetched and prepared while the one before is scored. Errors are
    answers: raised, they would come as tracebacks, and from here Ray would try for ever.
    """

    def __init__(self, order: Order, desk: Any) -> None:
        self._ray: Any = import_module("ray")
        self._desk, self._deaths = desk, order.deaths
        self._preparing, self._scoring = Lock(), Lock()
        self._opened: Scorer | Trouble
        try:
            self._opened = self._open(order)
        except Exception as error:
            self._opened = Trouble.of(error)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Return a row per shard: its values, or the trouble with it."""
        return pa.concat_tables([self._answer(number) for number in batch["item"].to_pylist()])

    def _open(self, order: Order) -> Scorer:
        told, context = Told(self._ray, self._desk), self._ray.get_runtime_context()
        if self._ask("tried", context.get_actor_id()) > self._deaths:
            raise ScoreError(
                f"A worker on {here()} died {self._deaths} times while it opened the scorer.",
                "Its machine may lack the memory; fewer workers need less.",
            )
        if context.was_current_actor_reconstructed:
            told(f"A worker died and was started again on {here()}; its shards are scored again.")
        scorer = opened(order, told)
        self._ask("managed", context.get_actor_id())
        return scorer

    def _answer(self, number: int) -> pa.Table:
        if isinstance(self._opened, Trouble):
            return _row(number, trouble=self._opened)
        try:
            return _row(number, values=self._scored(self._opened, number))
        except Exception as error:
            return _row(number, trouble=Trouble.of(error))

    def _scored(self, scorer: Scorer, number: int) -> pa.Table:
        if self._ask("tried", number) > self._deaths:
            raise ScoreError(
                f"{self._deaths} workers died over the same shard.",
                "A machine may lack the memory; --set batch_tokens=N makes batches smaller.",
            )
        ids, rows = self._texts(number)
        with self._preparing:
            prepared = scorer.prepare(rows)
        with self._scoring:
            return score_shard(scorer, ids, prepared)

    def _texts(self, number: int) -> tuple[Ints, pa.Table]:
        rows = self._ask("texts", number)
        if rows is None:
            raise ScoreError("The texts of a shard could not be read.")
        key = "response_id" if "response_id" in rows.column_names else "pair_id"
        return rows[key].to_numpy(), rows

    def _ask(self, what: str, argument: object) -> Any:
        return self._ray.get(getattr(self._desk, what).remote(argument))


def opened(order: Order, told: Callable[[str], None]) -> Scorer:
    """Open the scorer on this machine; raise ScoreError when it is not what others opened."""
    for folder in order.folders:
        if not Path(folder).is_dir():
            raise ScoreError(
                f"There is no folder {folder} on {here()}.",
                "Every machine of the cluster must see the model at the same path.",
            )
    with _template(order) as template:
        options = replace(order.options, say=told, template=template)
        scorer = order.spec.open(options, _no_plan(options.seed))
    if order.made:
        _check_same(order.made, scorer.provenance)
    return scorer


@contextmanager
def _template(order: Order) -> Iterator[Path | None]:
    """Give the driver's template file to this machine."""
    if order.template is None:
        yield None
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.jinja"
        path.write_bytes(order.template)
        yield path


def _no_plan(seed: int) -> ScoringPlan:
    """Return a plan for scorers that need none to open: texts come shard by shard."""
    nothing = np.empty(0, np.int64)
    return ScoringPlan(nothing, nothing, nothing, lambda _: PLAN_COLUMNS.empty_table(), seed=seed)


def _check_same(first: Provenance, own: Provenance) -> None:
    theirs, ours = asdict(first), asdict(own)
    other = [f"{k} {ours[k]}, not {v}" for k, v in theirs.items() if ours[k] != v]
    if other:
        raise ScoreError(
            f"{here()} opened the scorer in another way than the first worker: {'; '.join(other)}.",
            "Give all machines the same files and the same versions.",
        )


def _row(
    number: int, *, values: pa.Table | None = None, trouble: Trouble | None = None
) -> pa.Table:
    """Return one answer; values are packed, so that nobody joins, cuts or casts their columns."""
    said = json.dumps(asdict(trouble)) if trouble else None
    return pa.table(
        {
            "shard": pa.array([number], pa.int64()),
            "values": pa.array([None if values is None else _packed(values)], pa.large_binary()),
            "trouble": pa.array([said], pa.string()),
        }
    )


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def unpacked(values: pa.Buffer) -> pa.Table:
    """Return the table of an answer."""
    with pa.ipc.open_stream(values) as stream:
        return stream.read_all()
