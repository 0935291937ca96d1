"""`export`: write a curated split with its manifest and card, or say what it would hold."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from core.commands.command import Command, Outcome
from core.commands.exportargs import recipe_arguments, recipe_of
from core.commands.given import evaluation_of, given_of
from core.commands.progress import track
from core.curate.counts import Counts
from core.curate.export import write
from core.curate.manifests import manifest
from core.curate.manifests.manifest import Manifest, SplitEntry
from core.curate.preview import Preview, preview
from core.errors import UnknownName, UsageError
from core.schema import PairFilter
from core.settings import Settings
from core.store.instance import Store, open_store


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", help="new folder for the export")
    recipe_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")


def _run(args: Namespace, settings: Settings) -> Outcome:
    if not (args.out or args.dry_run):
        raise UsageError("export needs a folder to write to.", "Add --out DIR, or --dry-run.")
    evaluation = evaluation_of(args.evaluation)
    recipe = recipe_of(args, settings, tuple(prompts.file for prompts in evaluation))
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        check_names(store, recipe.filter)
        given = given_of(store, settings, recipe, evaluation)
        if args.dry_run:
            return _previewed(preview(store, recipe, given))
        out = Path(args.out)
        return _written(write(store, recipe, out, given, _watch), out)
    finally:
        store.close()


def check_names(store: Store, asked: PairFilter) -> None:
    """Raise UnknownName for a source or split that the store has not."""
    there = store.query("stats_names")
    for kind, names in (("source", asked.sources), ("split", asked.splits)):
        known = set(there[kind].to_pylist())
        for name in set(names) - known:
            raise UnknownName(kind, name, known)


def _watch(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    return track(tables, "writing", unit="pairs", total=rows, size=lambda table: table.num_rows)


def _written(made: Manifest, out: Path) -> Outcome:
    data = {
        **_counted(made.counts, made.splits),
        "files": [entry.path for entry in made.files],
        "sha256": {entry.path: entry.sha256 for entry in made.files},
        "manifest": str(out / manifest.NAME),
    }
    size = sum(entry.bytes for entry in made.files)
    lines = (*_lines(made.sentence, made.counts, made.splits), f"Written to {out}: {size:,} bytes.")
    return Outcome(data, lines)


def _previewed(seen: Preview) -> Outcome:
    data = {
        **_counted(seen.counts, seen.splits),
        "files": [],
        "sha256": {},
        "manifest": None,
        "format": seen.format,
        "flipped": seen.flipped,
        "leakage": seen.leakage.plain(),
        "contamination": seen.hits.plain() if seen.hits else {},
        "facts": dict(seen.facts),
    }
    lines = _lines(seen.sentence, seen.counts, seen.splits)
    losses = tuple(f"Not in the files: {loss}" for loss in seen.losses)
    end = f"Nothing was written; the format would be {seen.format}."
    return Outcome(data, (*lines, *_leakage(seen), *losses, end))


def _leakage(seen: Preview) -> tuple[str, ...]:
    told = seen.leakage
    unchecked = tuple(f"Not looked for: {kind}. {why}" for kind, why in told.unchecked.items())
    if len(seen.splits) < 2:
        return ()
    crossing = sum(kind.crossing for kind in told.kinds)
    links = sum(kind.links for kind in told.kinds)
    ties = f"{links:,} links between prompts, {crossing:,} cross splits"
    merged = f"{told.merges:,} groups of prompts stay together"
    return (f"Leakage: {ties}; {merged}.", *told.warnings, *unchecked)


def _counted(counts: Counts, splits: tuple[SplitEntry, ...]) -> dict[str, object]:
    return {
        "pairs_in": counts.matching,
        "pairs_out": counts.selected,
        "ties": counts.ties,
        "contradictions": counts.contradictions,
        "duplicates": counts.duplicates,
        "unwritable": counts.unwritable,
        "removed": counts.removed,
        "contaminated": counts.contaminated,
        "unselected": counts.unselected,
        "capped": counts.capped,
        "unbalanced": counts.unbalanced,
        "splits": {entry.name: entry.rows for entry in splits},
    }


def _lines(sentence: str, counts: Counts, splits: tuple[SplitEntry, ...]) -> tuple[str, ...]:
    left_out = (
        ("ties", counts.ties),
        ("removed by verdicts", counts.removed),
        ("rows of pairs with both labels", counts.contradictions),
        ("duplicates", counts.duplicates),
        ("with a turn that is no text", counts.unwritable),
        ("with an evaluation prompt", counts.contaminated),
        ("by the preset", counts.unselected),
        ("over a cap", counts.capped),
        ("for balance", counts.unbalanced),
    )
    return (
        f"{counts.matching:,} rows match ({sentence}); {counts.selected:,} pairs are selected.",
        f"Left out: {', '.join(f'{rows:,} {why}' for why, rows in left_out if rows) or 'nothing'}.",
        f"Splits: {', '.join(f'{entry.name} {entry.rows:,}' for entry in splits)}.",
    )


COMMAND = Command(
    "export", "write a curated split that a trainer loads as it stands", _arguments, _run
)
