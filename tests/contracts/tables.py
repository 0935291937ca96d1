"""The tables in README.md and the whole of docs/commands.md, made from the code.

`python -m tests.contracts.tables` writes them; test_docs.py fails while a file is not current.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from core.commands.cli import COMMANDS, load, parser_of
from core.curate.presets import PRESETS
from core.formats.spec import FORMATS
from core.scorers.spec import SCORERS
from core.signals.spec import SIGNALS

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMANDS_PAGE = ROOT / "docs" / "commands.md"
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def commands() -> str:
    rows = [(f"[`{c.name}`](docs/commands.md#{c.name})", c.summary) for c in COMMANDS]
    return table(["command", "what it does"], rows)


def formats() -> str:
    rows = [
        (
            f"`{f.name}`",
            f.title,
            f.columns,
            f"not imported: {f.refusal}" if f.refusal else f.label_meaning,
        )
        for f in FORMATS
    ]
    return table(["format", "what it is", "columns", "which answer won"], rows)


def scorers() -> str:
    rows = [(f"`{s.name}`", s.title, s.description) for s in SCORERS]
    return table(["scorer", "what it is", "how it works"], rows)


def signals() -> str:
    rows = [(f"`{s.name}`", s.title, s.direction, s.paper) for s in SIGNALS]
    return table(["signal", "what it is", "how to read it", "source"], rows)


def presets() -> str:
    rows = [(f"`{s.name}`", s.title, s.description, s.paper or "ours") for s in PRESETS]
    return table(["preset", "what it is", "what it keeps", "source"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "formats": formats,
    "presets": presets,
    "scorers": scorers,
    "signals": signals,
}


def readme(text: str) -> str:
    """Return README.md with every block between the markers made anew."""
    return BLOCK.sub(lambda block: block[1] + TABLES[block[2]]() + block[4], text)


def commands_page() -> str:
    """Return docs/commands.md."""
    parts = [
        "# Commands\n",
        "`python -m core COMMAND`. Results go to stdout, progress and errors to stderr. The exit "
        "code is 0 when it is done, 1 when the data or the model is at fault, 2 when the command "
        "line is. Settings come from the options first, then from the environment "
        "(`ASSAY_STORE`, `ASSAY_PORT`, …), then from `assay.toml` in the store.\n",
        "Every command takes `--store DIR` (the store's folder), `--json` (one JSON object on the "
        "last line) and `--debug` (the traceback of an error).\n",
        "This page is made by `python -m tests.contracts.tables`.\n",
    ]
    return "\n".join(parts + [_section(entry.name) for entry in COMMANDS])


def _section(name: str) -> str:
    command = load(name)
    parser = parser_of(command)
    text = f"## {name}\n\n{parser.description}\n\n"
    return text + "\n".join(_forms(parser))


def _forms(parser: argparse.ArgumentParser) -> list[str]:
    """Return the parser's form and, where it has verbs of its own, one form for each."""
    nested = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    forms = [_form(sub) for action in nested for sub in action.choices.values()]
    return [_form(parser), *forms]


def _form(parser: argparse.ArgumentParser) -> str:
    actions = [a for a in parser._actions if a.dest not in ("help", "store", "json", "debug")]
    shown = [a for a in actions if a.help != argparse.SUPPRESS]
    usage = " ".join([parser.prog, *(_usage(action) for action in shown)])
    rows = [(f"`{_invocation(action)}`", action.help or "") for action in shown]
    return f"```\n{usage}\n```\n" + ("\n" + table(["option", "meaning"], rows) if rows else "")


def _usage(action: argparse.Action) -> str:
    text = _invocation(action)
    needed = action.required if action.option_strings else action.nargs not in ("?", "*")
    return text if needed else f"[{text}]"


def _invocation(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else _value(action)
    if not action.option_strings:
        return f"{value}…" if action.nargs in ("+", "*") else value
    return f"{action.option_strings[-1]} {value}".strip()


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "|".join(str(choice) for choice in action.choices)
    return action.dest.upper()


def main() -> None:
    README.write_text(readme(README.read_text("utf-8")), "utf-8")
    COMMANDS_PAGE.write_text(commands_page(), "utf-8")


if __name__ == "__main__":
    main()
