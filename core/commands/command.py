"""What a command is: its arguments, its steps, and what it says to people and machines."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """What a command found or did."""

    data: Mapping[str, object]
    """The JSON object of `--json`."""
    lines: tuple[str, ...] = ()
    """The same for people, on stdout."""
    code: int = field(default=0)
    """Exit code: 0 done, 1 the data or model is at fault."""
    then: Callable[[], int] | None = None
    """What goes on after this was printed, until it is stopped (a server); its exit code."""


@dataclass(frozen=True)
class Command:
    """One verb of `python -m core`."""

    name: str
    summary: str
    """One line for `--help` and the README table."""
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Settings], Outcome]
