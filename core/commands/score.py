"""`score`: compute a run with a scorer and make it part of the store, or go on with one."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict

import core.scorers  # noqa: F401 (its modules register themselves)
from core.commands.command import Command, Outcome
from core.commands.request import arguments, request_of
from core.commands.scoring import RunReport, score_store
from core.settings import Settings


def _run(args: Namespace, settings: Settings) -> Outcome:
    report = score_store(settings, request_of(args, settings))
    none = report.failed == report.responses > 0
    return Outcome(asdict(report), tuple(_lines(report)), code=int(none))


def _lines(report: RunReport) -> Iterator[str]:
    yield (
        f"{report.run_id}: {report.responses:,} responses of {report.pairs:,} pairs in "
        f"{report.seconds} s. How far it agrees with the labels stands on Scorers."
    )
    if report.truncated:
        yield f"{report.truncated:,} were longer than the model reads and were cut."
    if report.failed:
        yield f"{report.failed:,} have no number: it was not finite, empty or unreadable."


COMMAND = Command("score", "score the responses with a scorer", arguments, _run)
