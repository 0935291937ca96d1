"""The making of a run: its lock, plan and provenance, shard after shard, then one swap.

The store's lock is held for the last step only, so that scoring and importing do not wait for each
other. Whatever stops it, the shards that are written stay, and the same command goes on with them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.commands.generation import advance
from core.commands.progress import Pace, step, track
from core.commands.request import ENGINES, Request, given, places, proceed
from core.errors import ScoreError
from core.schema import JobProgress, Provenance, RunInfo, ScoringPlan
from core.scorers.local import Session, shards
from core.scorers.spec import ScorerSpec
from core.settings import Settings
from core.store.begin import Begun, Own, begin, write_begun
from core.store.files import remove
from core.store.instance import open_store
from core.store.jobs import PROGRESS
from core.store.layout import RUNS, read_generation
from core.store.lock import scoring, writing
from core.store.merge import MOST_PARTS, merge_parts
from core.store.parts import GIVEN, Part, Tally, next_number, read_part, write_part
from core.store.plan import scoring_plan
from core.store.remote import Remote, remote
from core.store.runs import write_info
from core.store.standing import drop_parts, scored_ids, write_progress

PROGRESS_SECONDS = 1.0
MOST_NOTES = 50
NOTHING = JobProgress("", "", 0, 0, 0, "", "")


@dataclass(frozen=True)
class RunReport:
    """What `score` did."""

    run_id: str
    model: str | None
    pairs: int
    responses: int
    tokens: int | None
    seconds: float
    pairs_per_second: float
    tokens_per_second: float | None
    device: str
    truncated: int
    failed: int


@dataclass
class Job:
    """A run on its way."""

    settings: Settings
    asked: Request
    spec: ScorerSpec
    rows: int = 0
    """Rows of the store that the plan covers."""
    notes: list[str] = field(default_factory=list)
    begun: RunInfo | None = None
    there: Remote | None = None
    """Where copies of the parts go, with --shards."""
    progress: JobProgress = NOTHING
    pace: Pace = field(default_factory=Pace)
    started: float = field(default_factory=time.monotonic)
    mark: float = field(default_factory=time.monotonic)
    """When the last part was written."""
    number: int = 0
    """Of the next part."""
    told: float = 0.0
    """When progress was written."""

    def say(self, sentence: str) -> None:
        """Tell the person, and keep it with the run."""
        step(sentence)
        if sentence not in self.notes[-MOST_NOTES:] and len(self.notes) < MOST_NOTES:
            self.notes.append(sentence)

    def count(self, responses: int, tokens: int) -> None:
        """Note how far it is, on the disk at most once a second."""
        at = self.progress
        self.progress = replace(at, done=at.done + responses, tokens=at.tokens + tokens)
        now = time.monotonic()
        if not responses or now - self.told >= PROGRESS_SECONDS:
            write_progress(self.settings.store, replace(self.progress, updated=_now()))
            self.told = now

    @property
    def run_id(self) -> str:
        """Return the run's name."""
        return self.asked.run_id


def score_store(settings: Settings, asked: Request) -> RunReport:
    """Score what the run lacks; the store stays current until the run is whole."""
    read_generation(settings.store)
    spec, asked = asked.settled()
    there = remote(asked.shards, asked.run_id) if asked.shards else None
    job = Job(settings, asked, spec, there=there)
    with scoring(settings.store, job.run_id, f"score {spec.name}"), _continuable(job):
        info, parts = _score(job)
        info = _finish(job, info, parts)
    return _report(job, info)


@contextmanager
def _continuable(job: Job) -> Iterator[None]:
    """Say how to go on when something stops a run that has begun."""
    try:
        yield
    except BaseException:
        if job.begun:
            step(f"What was scored stays. To go on: {proceed(job.begun, job.settings.store)}")
        raise


def _score(job: Job) -> tuple[RunInfo, tuple[Part, ...]]:
    """Score what no part holds; return the run and all its parts."""
    settings, asked = job.settings, job.asked
    with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
        job.rows = min(asked.limit or store.total, store.total)
        step(f"Reading {job.rows:,} pairs")
        plan = scoring_plan(
            store, asked.options.seed, labels=job.spec.needs_labels, limit=asked.limit,
            pairs=job.spec.of_pairs,
        )  # fmt: skip
        with closing(_open(job, plan)) as session:
            made, whole = _made(job, session), job.spec.needs_labels
            begun = begin(settings.store, made, whole=whole)
            every = list(begun.parts)
            if job.there:
                job.there.check(*_copied(job, every))
            with closing(_fill(job, begun, plan, session)) as parts:
                for part in parts:
                    every.append(part)
                    _copy(job, every)
            return begun.info, tuple(every)


def _copy(job: Job, parts: Collection[Part], *, last: bool = False) -> None:
    """Copy what is new to --shards; what is refused on the way goes with the next part."""
    try:
        if job.there:
            job.there.keep(*_copied(job, parts))
    except ScoreError as error:
        if last:
            raise
        job.say(str(error))


def _copied(job: Job, parts: Collection[Part]) -> tuple[Path, list[str], set[str]]:
    """Return the run's folder, the names of its parts and of those merged into them."""
    gone = {name for part in parts for name in part.replaces}
    return job.settings.store / RUNS / job.run_id, [part.name for part in parts], gone


def _open(job: Job, plan: ScoringPlan) -> Session:
    options = replace(job.asked.options, say=job.say)
    try:
        engine = import_module(ENGINES[job.asked.engine])
        session: Session = engine.open_session(job.spec, options, plan)
    except ImportError as error:
        file = "requirements-ray.txt" if job.asked.engine == "ray" else "requirements.txt"
        raise ScoreError(
            f"{error.name or error} is not installed; {job.spec.name} needs it here.",
            f"pip install -r {file}",
        ) from error
    return session


def _made(job: Job, session: Session) -> RunInfo:
    """Return what `run.json` says at the beginning."""
    made = {f.name: getattr(session.provenance, f.name) for f in fields(Provenance)}
    made["parameters"] = {**made["parameters"], GIVEN: given(job.asked.options)}
    return RunInfo(**made, run_id=job.run_id, scorer=job.spec.name, state="running")


def _fill(
    job: Job, begun: Begun, plan: ScoringPlan, session: Session
) -> Generator[Part, None, None]:
    """Score what is left, a part per shard; yield each part."""
    done = np.intersect1d(scored_ids(job.settings.store, job.run_id, begun.counted), plan.ids)
    job.progress = JobProgress(
        job.run_id, job.spec.name, len(done), len(plan.ids), 0, _now(), _now(),
        "pairs" if job.spec.of_pairs else "responses", len(done),
    )  # fmt: skip
    todo = shards(plan, session, done)
    if todo:
        options = job.asked.options
        write_begun(job.settings.store, begun, Own(options.template, places(options)))
    job.begun = begun.info
    job.number = next_number(job.settings.store / RUNS / job.run_id)
    job.count(0, 0)
    job.pace = Pace()
    with closing(session.run(todo)) as made:
        tables = track(
            made, job.run_id, unit=job.progress.unit, total=len(plan.ids), done=len(done),
            size=lambda table: table.num_rows, say=job.pace.said,
        )  # fmt: skip
        for table in tables:
            yield _write(job, begun.info, table, len(plan.ids))


def _write(job: Job, info: RunInfo, table: pa.Table, planned: int) -> Part:
    root, now = job.settings.store, time.monotonic()
    seconds = now - job.mark
    name = write_part(root, job.run_id, table, info, number=job.number, seconds=seconds)
    job.number += 1
    part, job.mark = read_part(root / RUNS / job.run_id, name), now
    tokens = part.tally.tokens or 0
    job.pace.add(tokens=tokens, pairs=table.num_rows * job.rows / planned)
    job.count(table.num_rows, tokens)
    return part


def _finish(job: Job, info: RunInfo, parts: tuple[Part, ...]) -> RunInfo:
    """Merge the parts, close the run and make it part of the store."""
    settings, root = job.settings, job.settings.store
    if len(parts) > MOST_PARTS:
        step(f"Joining {len(parts):,} parts")
        parts = (merge_parts(root, info, parts),)
    info = _whole(job, info, Tally.joined(part.tally for part in parts))
    write_info(root, info)
    names = tuple(part.name for part in parts)
    with writing(root, f"score {job.spec.name}", wait=step):
        generation = read_generation(root)
        if generation.runs.get(job.run_id) != names:
            runs = {**generation.runs, job.run_id: names}
            generation = advance(settings, replace(generation, runs=runs))
    drop_parts(root, generation, job.run_id, [name for part in parts for name in part.replaces])
    remove(root / RUNS / job.run_id / PROGRESS)
    _copy(job, parts, last=True)
    return info


def _whole(job: Job, info: RunInfo, tally: Tally) -> RunInfo:
    return replace(
        info,
        state="done",
        responses=tally.rows,
        truncated=tally.truncated,
        failed=tally.failed,
        tokens=tally.tokens,
        seconds=round(tally.seconds, 2) if tally.seconds is not None else None,
        notes=tuple(dict.fromkeys((*info.notes, *job.notes)))[-MOST_NOTES:],
    )


def _report(job: Job, info: RunInfo) -> RunReport:
    tokens = job.pace.counts.get("tokens")
    return RunReport(
        run_id=info.run_id,
        model=info.model,
        pairs=job.rows,
        responses=info.responses,
        tokens=info.tokens,
        seconds=round(time.monotonic() - job.started, 2),
        pairs_per_second=round(job.pace.rate("pairs"), 1),
        tokens_per_second=round(job.pace.rate("tokens"), 1) if tokens else None,
        device=info.device or "cpu",
        truncated=info.truncated or 0,
        failed=info.failed or 0,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
