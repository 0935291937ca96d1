"""`export`: write a curated split with its manifest and card, or say what it would hold."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyarrow as pa

from core.commands.command import Command, Outcome
from core.commands.exportargs import recipe_arguments, recipe_of
from core.commands.given import evaluation_of, given_of
from core.commands.progress import track
from core.curate.counts import Counts
from core.curate.export import write
from core.curate.judged import Judged
from core.curate.manifests import manifest
from core.curate.manifests.manifest import Manifest, SplitEntry
from core.curate.preview import Preview, preview
from core.curate.recipe import Labels, Recipe
from core.curate.written.knobs import KNOBS
from core.curate.written.writers import FORMATS
from core.errors import ExportError, UnknownName, UsageError
from core.schema import PairFilter
from core.settings import Settings
from core.store.instance import Store, open_store

_DONE = {"keep": "kept", "flip": "flipped", "remove": "removed", "soft": "soft"}
"""What a verdict does to a label → how it is told."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", help="new folder for the export")
    recipe_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")


def _run(args: Namespace, settings: Settings) -> Outcome:
    if not (args.out or args.dry_run):
        raise UsageError("export needs a folder to write to.", "Add --out DIR, or --dry-run.")
    if args.out:
        _check_place(Path(args.out), settings.store)
    evaluation = evaluation_of(args.evaluation)
    recipe = recipe_of(args, settings, tuple(prompts.file for prompts in evaluation))
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        check_names(store, recipe.filter)
        given = given_of(store, settings, recipe, evaluation)
        if args.dry_run:
            return _previewed(preview(store, recipe, given), recipe, given.judged)
        out, watch = Path(args.out), _Watch()
        made = write(store, recipe, out, given, watch)
        return _written(made, out, given.judged, watch.empty)
    finally:
        store.close()


def _check_place(out: Path, store: Path) -> None:
    """Raise ExportError for a folder among the store's own files, of which it may remove any."""
    folder, home = out.resolve(), store.resolve()
    kept = home / "exports"
    if home in folder.parents and kept not in (folder, *folder.parents):
        raise ExportError(
            f"{out} lies inside the store's own folder {store}.",
            f"Choose another --out, such as {store / 'exports' / out.name}.",
        )


def check_names(store: Store, asked: PairFilter) -> None:
    """Raise UnknownName for a source or split that the store has not."""
    there = store.query("stats_names")
    for kind, names in (("source", asked.sources), ("split", asked.splits)):
        known = set(there[kind].to_pylist())
        for name in set(names) - known:
            raise UnknownName(kind, name, known)


class _Watch:
    """Shows how far the writing is, and counts pairs in which a column of numbers is empty."""

    def __init__(self) -> None:
        self.empty: Counter[str] = Counter()

    def __call__(self, tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
        """Pass the tables of a split on."""
        counted = map(self._counted, tables)
        return track(counted, "writing", unit="pairs", total=rows, size=lambda t: t.num_rows)

    def _counted(self, table: pa.Table) -> pa.Table:
        for name in {*KNOBS.names()}.intersection(table.column_names):
            self.empty[name] += table[name].null_count
        return table


def _written(made: Manifest, out: Path, judged: Judged | None, empty: Mapping[str, int]) -> Outcome:
    data = {
        **_counted(made.counts, made.splits),
        "files": [entry.path for entry in made.files],
        "sha256": {entry.path: entry.sha256 for entry in made.files},
        "manifest": str(out / manifest.NAME),
    }
    done = cast(Mapping[str, int], made.annotators.get("verdicts", {}))
    size = sum(entry.bytes for entry in made.files)
    lines = (
        *_lines(made.sentence, made.counts, made.splits),
        *_verdicts(made.recipe.labels, judged, done),
        *_empty(made.recipe, empty, made.counts.selected),
        f"Written to {out}: {size:,} bytes.",
    )
    return Outcome(data, lines)


def _previewed(seen: Preview, recipe: Recipe, judged: Judged | None) -> Outcome:
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
        "refusal": seen.refusal,
    }
    lines = (
        *_lines(seen.sentence, seen.counts, seen.splits),
        *_verdicts(recipe.labels, judged, seen.verdicts),
        *_leakage(seen),
        *_empty(replace(recipe, format=seen.format), seen.empty, seen.counts.selected),
        *(f"Not in the files: {loss}" for loss in seen.losses),
        *([f"It would not be written: {seen.refusal}"] if seen.refusal else ()),
        f"Nothing was written; the format would be {seen.format}.",
    )
    return Outcome(data, lines, code=1 if seen.refusal else 0)


def _verdicts(labels: Labels, judged: Judged | None, done: Mapping[str, int]) -> tuple[str, ...]:
    """Return what people's verdicts did to labels; nothing where no rule was asked for."""
    if judged is None:
        return ()
    if not any(done.get(action) for action in _DONE):
        votes = judged.votes.unit.size
        return (f"People's verdicts change no label here: the log holds {votes:,} votes.",)
    told = ", ".join(f"{done.get(action, 0):,} {word}" for action, word in _DONE.items())
    open_ = done.get("unresolved", 0)
    left = f", {open_:,} unresolved" if open_ else ""
    return (f"Verdicts ({labels.rule}): {told}{left}.",)


def _empty(recipe: Recipe, empty: Mapping[str, int], pairs: int) -> tuple[str, ...]:
    """Return which columns of numbers are empty in some pairs, and what those lack."""
    filled = FORMATS.get(recipe.format).own.names  # a margin of the format's own is never empty
    return tuple(
        f"{name} is empty in {empty[name]:,} of {pairs:,} pairs: they have no "
        f"{KNOBS.get(name).unknown}."
        for name in recipe.columns
        if name not in filled and empty.get(name)
    )


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
