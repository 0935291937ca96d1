"""`import`: read preference pairs, and the scores, votes and gold that come with them."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.generation import advance, current
from core.commands.index import build
from core.commands.ingest import Tally, adopt_scores, write_quarantine
from core.commands.output import printable
from core.commands.progress import ahead, step, track
from core.commands.reports import dry_run, joined, preview_lines, report_lines
from core.errors import SourceError, StoreLocked
from core.formats import ImportPlan, plan_import
from core.schema import ImportReport, PairBatch, SourceInfo
from core.settings import Settings
from core.store.build import PairsBuilder
from core.store.layout import Generation
from core.store.lock import writing


@dataclass(frozen=True)
class Request:
    """What `import` was asked for."""

    source: str
    name: str | None = None
    split: str | None = None
    format: str | None = None
    map: Path | None = None
    limit: int | None = None
    licence: str | None = None

    def plan(self) -> ImportPlan:
        """Open the source and settle how it is read; raise a SourceError's kind."""
        return plan_import(
            self.source,
            format_name=self.format,
            map_path=self.map,
            split=self.split,
            limit=self.limit,
        )

    def info(self, plan: ImportPlan) -> SourceInfo:
        """Return where the pairs come from, under the person's name for it if there is one."""
        found = plan.info
        name = self.name or found.name
        named = self.name is not None or found.named
        return replace(found, name=name, named=named, licence=self.licence or found.licence)


def import_source(
    settings: Settings, request: Request, plan: ImportPlan | None = None, *, index: bool = True
) -> ImportReport:
    """Import one source; the store that was there stays current until all is written."""
    plan = plan or request.plan()
    started = time.monotonic()
    with writing(settings.store, f"import {request.source}"):
        report = _import(settings, plan, request.info(plan))
    seconds = round(time.monotonic() - started, 2)
    if index:
        _index(settings)
    return replace(report, seconds=seconds)


def _import(settings: Settings, plan: ImportPlan, info: SourceInfo) -> ImportReport:
    old = current(settings)
    tally = Tally()
    with PairsBuilder(
        settings.store, old.pairs if old else None, settings.memory, settings.threads
    ) as builder:
        for batch in tally.counted(ahead(_tracked(plan))):
            builder.add(batch)
        if not builder.staged:
            raise SourceError(
                f"{info.origin} gave no pair: {tally.said()}.",
                "Nothing was imported; --map FILE says what the columns are.",
            )
        source_id = builder.add_rows(info)
        runs = adopt_scores(settings.store, builder, old.runs if old else {}, tally)
        report = tally.report(info.format, builder)
        report = replace(report, quarantine=write_quarantine(settings.store, info.name, tally))
        fingerprint, pairs = builder.finish(source_id, json.dumps(asdict(report)))
    same_text = old is not None and old.pairs == pairs
    draft = Generation(fingerprint, pairs, "", old.search if old and same_text else None, runs)
    if old is None or replace(draft, signals=old.signals) != old:
        advance(settings, draft)
    return report


def _index(settings: Settings) -> None:
    try:
        build(settings)
    except StoreLocked as locked:
        # The pairs are in; whoever writes now may build the index, and index builds it anyway.
        step(f"Search is not built yet: {locked.message} Then run: python -m core index.")


def _tracked(plan: ImportPlan) -> Iterator[PairBatch]:
    return track(plan.batches(), "import", unit="pairs", size=lambda batch: batch.pairs.num_rows)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("source", nargs="+", help="file, folder, glob or hf:org/name@rev[:split]")
    parser.add_argument("--name", help="the source's name in the store")
    parser.add_argument("--split", help="the split its rows belong to")
    parser.add_argument("--format", help="how to read it; python -m core formats lists them")
    parser.add_argument("--map", type=Path, metavar="FILE", help="a mapping of its columns (TOML)")
    parser.add_argument("--limit", type=int, metavar="N", help="read the first N rows only")
    parser.add_argument(
        "--dry-run", action="store_true", help="show the first pairs, write nothing"
    )


def _run(args: Namespace, settings: Settings) -> Outcome:
    requests = [
        Request(source, args.name, args.split, args.format, args.map, args.limit)
        for source in args.source
    ]
    if args.dry_run:
        return dry_run([request.plan() for request in requests])
    reports = []
    for number, request in enumerate(requests, 1):
        plan = request.plan()
        for line in preview_lines(plan):
            step(printable(line))
        reports.append(import_source(settings, request, plan, index=number == len(requests)))
    return Outcome(joined(reports), tuple(line for r in reports for line in report_lines(r)))


COMMAND = Command("import", "read preference pairs into the store", _arguments, _run)
