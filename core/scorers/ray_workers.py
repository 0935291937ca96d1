"""What runs in Ray's processes: the workers that score, and the desk where they ask for texts."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import traceback
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

import core.errors
from core.errors import AssayError, ScoreError
from core.schema import Ints, Provenance, ScoringPlan
from core.scorers.local import score_shard
from core.scorers.spec import Scorer, ScorerOptions, ScorerSpec

MOST_TRIES = 5
"""Workers that may die over a shard, or while one opens the scorer, before the run stops."""
News = int | str
"""The number of a shard whose texts are asked for, or a sentence for the person."""


@dataclass(frozen=True)
class Order:
    """What a worker is to open."""

    spec: ScorerSpec
    options: ScorerOptions
    """Without `say` and `template`, which are of the driver's process and machine."""
    template: str | None
    folders: tuple[str, ...]
    """Models that are folders; each machine must see them."""
    seed: int
    made: Provenance | None = None
    """What the first worker opened; every other must have opened the same."""


@dataclass(frozen=True)
class Opened:
    """What the driver must know of a scorer."""

    provenance: Provenance
    shard_chars: int
    shard_items: int


@dataclass(frozen=True)
class Trouble:
    """An error on its way to the driver; Ray's own way would wrap it in tracebacks."""

    kind: str
    message: str
    hint: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Trouble:
        """Describe an error; one that is none of ours is a fault of the worker."""
        if isinstance(error, ImportError):
            error = ScoreError(
                f"{error.name or error} is not installed on {_here()}.",
                "pip install -r requirements.txt -r requirements-ray.txt on every machine",
            )
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, AssayError):
            return cls(type(error).__name__, error.message, error.hint, trace)
        said = f"A worker on {_here()} failed: {type(error).__name__}: {error}".rstrip(": .")
        return cls("ScoreError", f"{said}.", "--debug shows where.", trace)

    def error(self) -> AssayError:
        """Return the error, caused by what the worker's traceback says."""
        made: AssayError = getattr(core.errors, self.kind)
        made = AssayError.__new__(getattr(core.errors, self.kind))
        AssayError.__init__(made, self.message, self.hint)
        made.__cause__ = RuntimeError(self.trace)
        return made


class Desk:
    """Where workers ask for texts and leave sentences; the driver comes by and answers.

    Workers cannot call the driver, so both call this actor, which holds no more than the texts
    that are on their way.
    """

    def __init__(self) -> None:
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self._waiting: defaultdict[int, list[asyncio.Future[pa.Table | None]]] = defaultdict(list)
        self._tries: Counter[object] = Counter()

    async def tried(self, what: object) -> int:
        """Count a try and return how many there were."""
        self._tries[what] += 1
        return self._tries[what]

    async def done(self, what: object) -> None:
        """Forget the tries."""
        del self._tries[what]

    async def texts(self, number: int) -> pa.Table | None:
        """Return a shard's rows when the driver has brought them, None when it cannot."""
        future: asyncio.Future[pa.Table | None] = asyncio.get_running_loop().create_future()
        self._waiting[number].append(future)
        self._news.put_nowait(number)
        return await future

    async def give(self, number: int, rows: pa.Table | None) -> None:
        """Hand a shard's rows to who asked for them; one who died meanwhile asks again."""
        for future in self._waiting.pop(number, []):
            if not future.done():
                future.set_result(rows)

    async def say(self, sentence: str) -> None:
        """Leave a sentence for the person."""
        self._news.put_nowait(sentence)

    async def news(self, seconds: float) -> list[News]:
        """Return what was asked and said since; wait up to `seconds` for the first."""
        try:
            found = [await asyncio.wait_for(self._news.get(), seconds)]
        except TimeoutError:
            return []
        while not self._news.empty():
            found.append(self._news.get_nowait())
        return found


@dataclass(frozen=True)
class Told:
    """The `say` of a worker."""

    desk: Any

    def __call__(self, sentence: str) -> None:
        """Leave the sentence at the desk, and wait until it lies there."""
        _ray().get(self.desk.say.remote(sentence))


def look(order: Order, desk: Any) -> Opened | Trouble:
    """Open the scorer once, before anything is scored, and return what the run must know."""
    try:
        scorer = _open(order, desk)
        return Opened(scorer.provenance, scorer.shard_chars, scorer.shard_items)
    except Exception as error:
        return Trouble.of(error)


class Worker:
    """A process with an opened scorer; Ray Data calls it with numbers of shards."""

    def __init__(self, order: Order, desk: Any) -> None:
        self._desk = desk
        self._preparing, self._scoring = Lock(), Lock()
        self._opened: Scorer | Trouble
        try:
            self._opened = self._open(order)
        except Exception as error:  # raised here, Ray would start it again
            self._opened = Trouble.of(error)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Return for each shard of `batch` its values, or the trouble with it, as one row.

        Two threads come in: texts are fetched and prepared while another shard is scored.
        """
        return pa.concat_tables(self._answer(number) for number in batch["item"].to_pylist())

    def _open(self, order: Order) -> Scorer:
        context = _ray().get_runtime_context()
        me = context.get_actor_id()
        if _ray().get(self._desk.tried.remote(me)) > MOST_TRIES:
            raise _died(f"A worker on {_here()} died {MOST_TRIES} times while it opened the scorer")
        if context.was_current_actor_reconstructed:
            Told(self._desk)("A worker died and was started again; its shards are scored again.")
        scorer = _open(order, self._desk)
        _ray().get(self._desk.done.remote(me))
        return scorer

    def _answer(self, number: int) -> pa.Table:
        try:
            return answered(number, packed(self._scored(number)), None)
        except Exception as error:
            return answered(number, None, Trouble.of(error))

    def _scored(self, number: int) -> pa.Table:
        if isinstance(self._opened, Trouble):
            raise self._opened.error()
        ids, rows = self._texts(number)
        with self._preparing:
            prepared = self._opened.prepare(rows)
        with self._scoring:
            return score_shard(self._opened, ids, prepared)

    def _texts(self, number: int) -> tuple[Ints, pa.Table]:
        if _ray().get(self._desk.tried.remote(number)) > MOST_TRIES:
            raise _died(f"{MOST_TRIES} workers died over the same shard")
        rows = _ray().get(self._desk.texts.remote(number))
        if rows is None:
            raise ScoreError("The texts of a shard could not be read.")
        return rows["pair_id" if "pair_id" in rows.column_names else "response_id"].to_numpy(), rows


def answered(number: int, values: pa.Buffer | None, trouble: Trouble | None) -> pa.Table:
    """Return one row; values are packed, so that no engine joins or casts their columns."""
    said = json.dumps(asdict(trouble)) if trouble else None
    return pa.table(
        {
            "shard": pa.array([number], pa.int64()),
            "values": pa.array([values], pa.large_binary()),
            "trouble": pa.array([said], pa.string()),
        }
    )


def packed(table: pa.Table) -> pa.Buffer:
    """Return a table in Arrow's stream format."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _open(order: Order, desk: Any) -> Scorer:
    for folder in order.folders:
        if not Path(folder).is_dir():
            raise ScoreError(
                f"{_here()} has no folder {folder}.",
                "Every machine of the cluster must see the model at this path.",
            )
    options = replace(order.options, say=Told(desk))
    scorer = order.spec.open(options, _no_plan(order.seed)) if order.template is None else (
        _with_template(order, options)
    )
    if order.made and replace(scorer.provenance, device=order.made.device) != order.made:
        raise ScoreError(
            f"{_here()} opened the scorer otherwise than the first worker: "
            f"{_otherwise(order.made, scorer.provenance)}.",
            "Numbers made in two ways do not fit together: give all machines the same versions.",
        )
    return scorer
