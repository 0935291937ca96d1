"""`export`: write a curated split with its manifest and card, or say what it would hold."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from core.commands.command import Command, Outcome
from core.commands.progress import track
from core.commands.relabelling import log_argument, tell_votes
from core.curate import manifest
from core.curate.export import write
from core.curate.manifest import Manifest, SplitEntry
from core.curate.presets import PRESETS
from core.curate.preview import Preview, preview
from core.curate.recipe import AUTO, Recipe
from core.curate.selection import Counts
from core.curate.splits import plan_splits
from core.curate.writers import FILES, FORMATS
from core.errors import UnknownName, UsageError
from core.schema import PairFilter
from core.settings import Settings
from core.store.filters import parse_where
from core.store.instance import Store, open_store

_SEARCH = (
    'only pairs with these words; also "a phrase", fu*, prompt: chosen: rejected:, AND OR NOT, '
    "and exact:TEXT or re:PATTERN, as docs/search.md tells"
)


def filter_arguments(parser: ArgumentParser) -> None:
    """Add what says which rows: a filter and a preset."""
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="'NAME OP VALUE'",
        help="a signal, split, language etc.; = != < <= > >=, is null, is not null; repeats (AND)",
    )
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="only this source; repeats"
    )
    parser.add_argument(
        "--source-split",
        action="append",
        default=[],
        metavar="NAME",
        help="only this split of the sources; repeats",
    )
    parser.add_argument("--search", default="", metavar="TEXT", help=_SEARCH)
    parser.add_argument(
        "--preset", default="everything", help=f"which rows to keep: {', '.join(PRESETS.names())}"
    )


def filter_of(args: Namespace) -> PairFilter:
    """Return the filter that the command line asks for."""
    conditions = [condition for text in args.where for condition in parse_where(text)]
    return PairFilter(
        sources=tuple(args.source),
        splits=tuple(args.source_split),
        search=args.search,
        conditions=tuple(conditions),
    )


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", help="new folder for the export")
    filter_arguments(parser)
    parser.add_argument(
        "--format",
        choices=(AUTO, *FORMATS.names()),
        default=AUTO,
        help="what a row looks like; auto takes trl where every row fits it",
    )
    parser.add_argument("--file", choices=FILES.names(), default="jsonl", help="kind of file")
    parser.add_argument(
        "--splits", default="1", metavar="RATIOS", help="such as 0.9,0.05,0.05; or keep"
    )
    parser.add_argument(
        "--names", default="", help="names of the splits, such as train,validation,test"
    )
    parser.add_argument("--seed", type=int, help="seed of the splits and of presets that draw")
    parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")
    log_argument(parser)


def recipe_of(args: Namespace, settings: Settings) -> Recipe:
    """Return what the command line asks for."""
    return Recipe(
        filter=filter_of(args),
        preset=args.preset,
        splits=plan_splits(args.splits, args.names),
        seed=settings.seed,
        format=args.format,
        file=args.file,
    )


def _run(args: Namespace, settings: Settings) -> Outcome:
    if not (args.out or args.dry_run):
        raise UsageError("export needs a folder to write to.", "Add --out DIR, or --dry-run.")
    recipe = recipe_of(args, settings)
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        check_names(store, recipe.filter)
        tell_votes(store, settings, recipe.filter)
        if args.dry_run:
            return _previewed(preview(store, recipe))
        out = Path(args.out)
        return _written(write(store, recipe, out, _watch), out)
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
    }
    lines = _lines(seen.sentence, seen.counts, seen.splits)
    losses = tuple(f"Not in the files: {loss}" for loss in seen.losses)
    end = f"Nothing was written; the format would be {seen.format}."
    return Outcome(data, (*lines, *losses, end))


def _counted(counts: Counts, splits: tuple[SplitEntry, ...]) -> dict[str, object]:
    return {
        "pairs_in": counts.matching,
        "pairs_out": counts.selected,
        "ties": counts.ties,
        "contradictions": counts.contradictions,
        "duplicates": counts.duplicates,
        "unwritable": counts.unwritable,
        "unselected": counts.unselected,
        "splits": {entry.name: entry.rows for entry in splits},
    }


def _lines(sentence: str, counts: Counts, splits: tuple[SplitEntry, ...]) -> tuple[str, ...]:
    left_out = (
        ("ties", counts.ties),
        ("rows of pairs with both labels", counts.contradictions),
        ("duplicates", counts.duplicates),
        ("with a turn that is no text", counts.unwritable),
        ("by the preset", counts.unselected),
    )
    return (
        f"{counts.matching:,} rows match ({sentence}); {counts.selected:,} pairs are selected.",
        f"Left out: {', '.join(f'{rows:,} {why}' for why, rows in left_out if rows) or 'nothing'}.",
        f"Splits: {', '.join(f'{entry.name} {entry.rows:,}' for entry in splits)}.",
    )


COMMAND = Command(
    "export", "write a curated split that a trainer loads as it stands", _arguments, _run
)
