"""`formats`: what import understands, with an example row of each."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from core.commands.command import Command, Outcome
from core.settings import Settings

if TYPE_CHECKING:
    from core.formats import FormatSpec


def _arguments(parser: ArgumentParser) -> None:
    """Take nothing but what every command takes."""


def _run(args: Namespace, settings: Settings) -> Outcome:
    from core.formats import FORMATS

    data = {"formats": [_entry(spec) for spec in FORMATS]}
    return Outcome(data, tuple(line for spec in FORMATS for line in _lines(spec)))


def _entry(spec: FormatSpec) -> dict[str, object]:
    return {
        "name": spec.name,
        "title": spec.title,
        "columns": spec.columns,
        "label": spec.label_meaning,
        "example": spec.example,
        "refused": spec.refusal or None,
    }


def _lines(spec: FormatSpec) -> list[str]:
    lines = [
        f"{spec.name}: {spec.title}",
        f"  columns  {spec.columns}",
        f"  label    {spec.label_meaning}",
        f"  example  {json.dumps(spec.example, ensure_ascii=False)}",
    ]
    return [*lines, *([f"  refused  {spec.refusal}"] if spec.refusal else []), ""]


COMMAND = Command("formats", "list what import understands", _arguments, _run)
