"""`patch`: labels as people have them now, by content hash and without a text."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.exportargs import filter_arguments, filter_of, label_arguments, labels_of
from core.commands.given import given_of
from core.commands.relabelling import verbs, write_lines
from core.curate.patches.apply import SHOWN, Applied, Options, apply, check_free, revert
from core.curate.patches.make import make
from core.curate.patches.merge import merge
from core.curate.patches.patch import PatchLine, patch_lines
from core.curate.recipe import Recipe
from core.errors import ExportError, UsageError
from core.relabel.verdicts import RULES
from core.settings import Settings
from core.store.instance import open_store

_PATCH = "a label patch, as patch make writes it"
_FILE = "a data file of rows with chosen and rejected: JSON Lines, CSV or Parquet"
_ACTIONS = ("flip", "remove", "soft", "keep")


def _arguments(parser: ArgumentParser) -> None:
    verb = verbs(parser, without_log=("apply", "revert", "merge"))
    made = verb("make", "write what people's votes make of labels")
    _out(made, "new file for the patch: JSON Lines, also .gz or .zst")
    filter_arguments(made)
    label_arguments(made)
    made.add_argument("--real-names", action="store_true", help="name annotators")
    for name, says in (
        ("apply", "write a data file anew with the labels of a patch"),
        ("revert", "write a data file as it was before a patch"),
    ):
        done = verb(name, says)
        done.add_argument("patch", type=Path, metavar="PATCH", help=_PATCH)
        done.add_argument("source", type=Path, metavar="FILE", help=_FILE)
        _out(done, "new file of the same kind")
        done.add_argument("--format", help="how to read it; python -m core formats lists them")
        done.add_argument(
            "--partial", action="store_true", help="leave rows that do not fit as they are"
        )
    merged = verb("merge", "write two patches as one")
    merged.add_argument("first", type=Path, metavar="PATCH", help=_PATCH)
    merged.add_argument(
        "second", type=Path, metavar="PATCH", help="another one, or of what the first left"
    )
    _out(merged, "new file for the patch")


def _out(parser: ArgumentParser, says: str) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help=says)
    parser.add_argument("--force", action="store_true", help="replace the file")


def _run(args: Namespace, settings: Settings) -> Outcome:
    verbs = {"make": _make, "merge": _merge, "apply": _apply, "revert": _apply}
    return verbs[args.action](args, settings)


def _make(args: Namespace, settings: Settings) -> Outcome:
    labels = labels_of(args)
    if not labels.rule:
        raise UsageError(
            "A patch needs a rule that makes verdicts of votes.",
            f"Add --verdicts, one of {', '.join(RULES.names())}.",
        )
    check_free(args.out, args.force)
    recipe = Recipe(filter=filter_of(args), labels=labels, names=args.real_names)
    with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
        judged = given_of(store, settings, recipe, ()).judged
        if judged is None:
            raise ExportError("There are no votes.", "votes import brings them in.")
        drawn = make(store, recipe.filter, labels, judged)
    if not drawn.lines:
        raise ExportError(
            f"People's votes settle no label of these rows ({drawn.sentence}).",
            "Nothing was written; widen the filter, or take another rule.",
        )
    write_lines(args.out, patch_lines(drawn.header, drawn.lines), args.force)
    return _told(args.out, drawn.lines)


def _merge(args: Namespace, settings: Settings) -> Outcome:
    check_free(args.out, args.force)
    header, lines = merge(args.first, args.second)
    write_lines(args.out, patch_lines(header, lines), args.force)
    return _told(args.out, lines)


def _told(out: Path, lines: list[PatchLine]) -> Outcome:
    counts = {action: sum(line.action == action for line in lines) for action in _ACTIONS}
    said = ", ".join(f"{name} {number:,}" for name, number in counts.items())
    return Outcome(
        {"lines": len(lines), **counts, "file": str(out)},
        (f"{len(lines):,} labels are in {out}: {said}. No text is in it.",),
    )


def _apply(args: Namespace, settings: Settings) -> Outcome:
    options = Options(args.format, args.partial, args.force)
    work = apply if args.action == "apply" else revert
    done = work(args.patch, args.source, args.out, options)
    return Outcome({**asdict(done), "file": str(args.out)}, _lines(done, args))


def _lines(done: Applied, args: Namespace) -> tuple[str, ...]:
    back = " back" if args.action == "revert" else ""
    lines = [
        f"{done.rows:,} rows were read from {args.source}: {done.flipped:,} flipped{back}, "
        f"{done.removed:,} removed, {done.kept:,} confirmed, {done.foreign:,} not in the patch.",
        f"Written to {args.out}.",
    ]
    if done.soft:
        lines.append(
            f"{done.soft:,} labels are soft, which such a file cannot hold: their rows stay."
        )
    if done.stale:
        lines.append(
            f"As they were in flipped rows, though they hang on the label: {', '.join(done.stale)}."
        )
    if done.absent:
        lines.append(f"{done.absent:,} labels of the patch are of rows that are not in the file.")
    if done.refused:
        lines.append(f"{done.refused:,} rows do not fit the patch and stay as they are:")
        lines += [f"  {problem}" for problem in done.problems[:SHOWN]]
    return tuple(lines)


COMMAND = Command(
    "patch", "relabel a data file by content hashes, without the texts", _arguments, _run
)
