"""`votes`: bring votes in from JSON Lines, or write them to it; one object per vote."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.relabelling import WHO, desk_of, verbs, write_lines
from core.commands.voteline import BadVote, vote_line, vote_of
from core.errors import SourceError, StoreMissing, UsageError
from core.formats.json_files import json_lines
from core.relabel.state import State
from core.schema.relabel import CastVote
from core.settings import Settings
from core.store.instance import open_store

_SHOWN = 5
"""Bad lines that a sentence tells of."""


def _arguments(parser: ArgumentParser) -> None:
    verb = verbs(parser)
    bring = verb("import", "add the votes of a file; those that are there already are passed over")
    bring.add_argument("file", type=Path, metavar="FILE", help="JSON Lines, also .gz or .zst")
    bring.add_argument("--skip-bad", action="store_true", help="leave lines out that are no votes")
    write = verb("export", "write all votes that stand to a file")
    write.add_argument("file", type=Path, metavar="FILE", help="JSON Lines, also .gz or .zst")
    write.add_argument("--force", action="store_true", help="replace the file")


def _run(args: Namespace, settings: Settings) -> Outcome:
    return _import(args, settings) if args.action == "import" else _export(args, settings)


def _export(args: Namespace, settings: Settings) -> Outcome:
    with desk_of(settings) as desk:
        lines = desk.ask(_lines)
    write_lines(args.file, lines, args.force)
    data = {"votes": len(lines), "file": str(args.file)}
    return Outcome(data, (f"{len(lines):,} votes are in {args.file}.",))


def _lines(state: State) -> list[str]:
    """Return the lines in an order that does not depend on the log."""
    made = sorted((vote.at, vote_line(vote)) for vote in state.votes.values())
    return [line for _, line in made]


def _import(args: Namespace, settings: Settings) -> Outcome:
    votes, bad = _read(args.file, settings)
    if bad and not args.skip_bad:
        told = "; ".join(f"line {line:,}: {why}" for line, why in bad[:_SHOWN])
        more = f"; and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
        raise SourceError(
            f"{len(bad):,} lines of {args.file} are no votes, so nothing was imported: "
            f"{told}{more}.",
            "Correct them, or leave them out with --skip-bad.",
        )
    with desk_of(settings) as desk:
        standing = set(desk.ask(_lines))
        new = [vote for vote in votes if vote_line(vote) not in standing]
        added = desk.add_votes(new, WHO) if new else 0
    return _told(args.file, votes, added, bad)


def _read(path: Path, settings: Settings) -> tuple[list[CastVote], list[tuple[int, str]]]:
    """Return the votes of a file, and the numbers of bad lines with what is wrong."""
    if not path.is_file():
        raise UsageError(f"There is no file {str(path)!r}.", "votes import takes JSON Lines.")
    votes: list[tuple[int, CastVote]] = []
    bad: list[tuple[int, str]] = []
    for record in json_lines(path):
        try:
            if record.reason:
                raise BadVote(record.reason)
            votes.append((record.line, vote_of(record.row, path.name)))
        except BadVote as error:
            bad.append((record.line, str(error)))
    strange = _strange([vote for _, vote in votes], settings)
    bad += [
        (line, "the winner is no response of the pair") for line, v in votes if id(v) in strange
    ]
    return [vote for _, vote in votes if id(vote) not in strange], sorted(bad)


def _strange(votes: Sequence[CastVote], settings: Settings) -> set[int]:
    """Return which votes name a winner that the store's pair does not have."""
    try:
        store = open_store(settings.store, settings.memory, settings.threads)
    except StoreMissing:  # only with --log: what the pairs are is not known here
        return set()
    with closing(store):
        table = store.query("queue_sides", {"pairs": sorted({vote.pair_id for vote in votes})})
    sides = {row["pair_id"]: (row["first_id"], row["second_id"]) for row in table.to_pylist()}
    return {id(vote) for vote in votes if not _fits(vote, sides.get(vote.pair_id))}


def _fits(vote: CastVote, sides: tuple[int, int] | None) -> bool:
    return sides is None or vote.answer.winner_id is None or vote.answer.winner_id in sides


def _told(
    path: Path, votes: Sequence[CastVote], added: int, bad: Iterable[tuple[int, str]]
) -> Outcome:
    skipped = [{"line": line, "reason": why} for line, why in bad]
    data = {"votes": added, "there": len(votes) - added, "skipped": skipped}
    lines = [f"{added:,} votes came in from {path}; {len(votes) - added:,} were there already."]
    lines += [f"  line {row['line']:,} left out: {row['reason']}" for row in skipped]
    return Outcome(data, tuple(lines))


COMMAND = Command("votes", "bring votes in from a file, or write them to one", _arguments, _run)
