"""What a format is, and the registry that the recogniser, the command and the docs walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.formats.look import Look
from core.registry import Registry
from core.schema import PairBatch, RawBatch, Recognition


@dataclass(frozen=True)
class FormatSpec:
    """One dataset family: how to know it and how to read it."""

    name: str
    """What people type after --format."""
    title: str
    family: Literal["flat", "nested"]
    """Flat ones are Arrow projections; nested ones build each row."""
    columns: str
    """The columns and their types, in words."""
    label_meaning: str
    """Which response won, in words."""
    example: Mapping[str, object]
    """A row as it stands in a file; its better answer is " 4" or says 4."""
    recognise: Callable[[Look], Recognition | None]
    to_pairs: Callable[[RawBatch], PairBatch]
    refusal: str = ""
    """Why rows of this shape are recognised and still not imported."""


FORMATS: Registry[FormatSpec] = Registry("format")
