"""`score`: compute a run, here the built-in crossfit, and make it part of the store."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass, replace

from core.commands.command import Command, Outcome
from core.commands.generation import advance
from core.commands.progress import step, track
from core.schema import RunInfo, ScoringPlan
from core.scorers.spec import SCORERS, ScorerSpec
from core.settings import Settings
from core.store.inputs import scoring_plan
from core.store.instance import open_store
from core.store.lock import writing
from core.store.runs import batches_table, write_info, write_part


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


def score_store(settings: Settings, scorer: str) -> RunReport:
    """Score all responses of the store; the store stays current until the run is whole."""
    spec = SCORERS.get(scorer)
    with writing(settings.store, f"score {scorer}"):
        started = time.monotonic()
        store = open_store(settings.store, settings.memory, settings.threads)
        generation, pairs = store.generation, store.total
        try:
            step(f"Reading {pairs:,} pairs")
            plan = scoring_plan(store, settings.seed)
        finally:
            store.close()
        table = batches_table(
            track(
                spec.score(plan, spec.settled({})),
                spec.name,
                unit="responses",
                total=len(plan.responses.response_id),
                size=lambda batch: len(batch.response_id),
            )
        )
        part = write_part(settings.store, spec.name, table)
        write_info(settings.store, _info(spec, plan))
        runs = {**generation.runs, spec.name: (part,)}
        advance(settings, replace(generation, runs=runs))
    return _report(spec.name, plan, pairs, table["reward"].null_count, time.monotonic() - started)


def _info(spec: ScorerSpec, plan: ScoringPlan) -> RunInfo:
    return RunInfo(
        run_id=spec.name,
        scorer=spec.name,
        device="cpu",
        parameters={**spec.settled({}), "seed": plan.seed},
        versions=spec.versions(),
        responses=len(plan.responses.response_id),
    )


def _report(run_id: str, plan: ScoringPlan, pairs: int, failed: int, seconds: float) -> RunReport:
    return RunReport(
        run_id=run_id,
        model=None,
        pairs=pairs,
        responses=len(plan.responses.response_id),
        tokens=None,
        seconds=round(seconds, 2),
        pairs_per_second=round(pairs / seconds, 1),
        tokens_per_second=None,
        device="cpu",
        truncated=0,
        failed=failed,
    )


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("scorer", help="a scorer's name: crossfit is built in")


def _run(args: Namespace, settings: Settings) -> Outcome:
    report = score_store(settings, args.scorer)
    line = (
        f"{report.run_id}: {report.responses:,} responses of {report.pairs:,} pairs in "
        f"{report.seconds} s. How far it agrees with the labels stands on Overview."
    )
    return Outcome(asdict(report), (line,))


COMMAND = Command("score", "score the responses with a scorer", _arguments, _run)
