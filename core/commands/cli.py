"""The frame of `python -m core`: finds the command, merges its settings, prints what it returns.

A command's module is imported when it is called, so that `--help` answers at once and no engine
is loaded for it.
"""

from __future__ import annotations

import os
import sys
import traceback
from argparse import ArgumentParser, HelpFormatter, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from typing import NoReturn

from core.commands.command import Command, Outcome
from core.commands.output import json_line, printable
from core.errors import AssayError, UnknownName, UsageError
from core.settings import Settings, load_settings

PROG = "python -m core"


@dataclass(frozen=True)
class Listed:
    """What is known of a command before its module is imported."""

    name: str
    module: str
    summary: str


COMMANDS = (
    Listed("demo", "demo", "build the demo store from sample_data and open it in the browser"),
    Listed("serve", "serve", "open a store in the browser"),
    Listed("import", "import_", "read preference pairs into the store"),
    Listed("formats", "formats", "list what import understands"),
    Listed("index", "index", "build the search index"),
    Listed("score", "score", "score the responses with a scorer"),
    Listed("runs", "runs", "list, add or remove scored runs"),
    Listed("signals", "signals", "rebuild the signals, or write them to a file"),
    Listed("detect", "detect", "plant known flips and see which detector finds them"),
    Listed("stats", "stats", "say what is in the store"),
    Listed("pair", "pair", "show one pair: its rows, numbers and votes"),
    Listed("people", "people", "list who may use the store, and make their links"),
    Listed("queue", "queue", "make queues of pairs to relabel, and say who is asked"),
    Listed("votes", "votes", "bring votes in from a file, or write them to one"),
    Listed("export", "export", "write a curated split that a trainer loads as it stands"),
    Listed("push", "push", "send an export to a hub, private unless said"),
    Listed("verify", "verify", "make an export anew and say whether it is what it says"),
    Listed("patch", "patch", "relabel a data file by content hashes, without the texts"),
    Listed("check", "check", "look whether the store and the votes' log are whole"),
    Listed("backup", "backup", "copy the votes' log to a file"),
    Listed("restore", "restore", "put a copy of the votes' log back"),
)


def main(argv: Sequence[str]) -> int:
    """Run one command line; return its exit code and never raise."""
    # What fetches data sets and models would ask the hub which programs to look for on this
    # machine, and tell it which of them runs; it reads this when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return _run(argv)
    except SystemExit as stop:  # argparse ends --help this way
        return int(stop.code or 0)
    except BrokenPipeError:
        return _closed()
    except KeyboardInterrupt:
        _say("Stopped. The store is as the last finished step left it.")
        return 130
    except Exception as error:
        if "--debug" in argv:
            traceback.print_exc()
        known = _explained(error)
        _say(f"error: {known.message}", *([f"hint: {known.hint}"] if known.hint else []))
        if "--json" in argv:
            _print(json_line({"error": known.message, "hint": known.hint}))
        return known.exit_code


def load(name: str) -> Command:
    """Return the command of that name; raise UnknownName with the known ones."""
    listed = {entry.name: entry for entry in COMMANDS}
    if name not in listed:
        raise _unknown(name)
    command: Command = import_module(f"core.commands.{listed[name].module}").COMMAND
    return command


def parser_of(command: Command) -> ArgumentParser:
    """Return the parser of a command: its own arguments and those of every command."""
    parser = _Parser(
        prog=f"{PROG} {command.name}",
        description=f"{command.summary[0].upper()}{command.summary[1:]}.",
        allow_abbrev=False,
        formatter_class=_Formatter,
    )
    command.arguments(parser)
    shared = parser.add_argument_group("with every command")
    shared.add_argument("--store", metavar="DIR", help="the store's folder (ASSAY_STORE, ./store)")
    shared.add_argument(
        "--json", action="store_true", help="print one JSON object on the last line"
    )
    shared.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def overview() -> str:
    """Return what `--help` without a command prints."""
    width = max(len(entry.name) for entry in COMMANDS)
    rows = "\n".join(f"  {entry.name:<{width}}  {entry.summary}" for entry in COMMANDS)
    return (
        f"usage: {PROG} COMMAND [options]\n\n"
        "Assay tests preference data: margins, suspected label flips, curated splits.\n\n"
        f"commands:\n{rows}\n\n"
        f"Options of a command: {PROG} COMMAND --help"
    )


def _run(argv: Sequence[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        _print(overview())
        return 0 if argv else 2
    if argv[0].startswith("-"):
        raise UsageError("The command comes first, then its options.", f"See {PROG} --help.")
    command = load(argv[0])
    args = parser_of(command).parse_args(argv[1:])
    outcome = command.run(args, load_settings(_flags(args)))
    _report(outcome, as_json=args.json)
    return outcome.then() if outcome.then else outcome.code


def _flags(args: Namespace) -> dict[str, object]:
    return {field.name: getattr(args, field.name, None) for field in fields(Settings)}


def _report(outcome: Outcome, *, as_json: bool) -> None:
    for line in [json_line(outcome.data)] if as_json else outcome.lines:
        _print(line)


def _print(text: str) -> None:
    print(printable(text), flush=True)


def _say(*lines: str) -> None:
    for line in lines:
        print(printable(line), file=sys.stderr, flush=True)


def _closed() -> int:
    """The reader (`head`, a pager) has what it wanted: keep Python from complaining at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unknown(name: str) -> UsageError:
    answer = UnknownName("command", name, [entry.name for entry in COMMANDS])
    return UsageError(answer.message, answer.hint)


def _explained(error: Exception) -> AssayError:
    """Return what to tell a person about any exception."""
    if isinstance(error, AssayError):
        return error
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return AssayError(f"The system refused: {error.strerror}{where}.", "--debug says where.")
    what = f"{type(error).__name__}: {error}".rstrip(": .")
    return AssayError(
        f"This is a fault in Assay: {what}.",
        "Please report it; run again with --debug for the traceback.",
    )


class _Formatter(HelpFormatter):
    """One width everywhere, so that help reads the same in a log and in a narrow terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=96)


class _Parser(ArgumentParser):
    """Mistakes on the command line become our errors."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing usage and leaving."""
        raise UsageError(f"{message[0].upper()}{message[1:]}.", f"See {self.prog} --help.")
