"""Every error a person can see: one sentence that names the thing, then a hint.

AssayError
├── UsageError          the command line or a link does not say a possible thing (exit 2)
├── UnknownName         a name that no registry or column list knows (exit 2)
├── SourceError         a file or row that cannot be read as what it claims to be
│   ├── AmbiguousFormat     two readings fit; the person must choose
│   └── MappingError        the mapping file and the rows do not fit
├── StoreError          the store's folder or one of its files
│   ├── StoreMissing        nothing was imported yet
│   ├── StoreLocked         another process writes
│   ├── StoreDamaged        a file does not hold what the pointer says
│   └── NewerSchema         written by a later Assay
├── FilterError         a condition that names no column or compares badly (exit 2)
├── ScoreError          a scorer or a run
├── LogError            the votes' log cannot be reached, read or written; nothing was saved
│   ├── LogUnsure           the connection broke in the act: sending again tells, and is safe
│   └── LogDamaged          its chain is broken, or it is shorter than it was
├── RelabelError        a step that is not open to this person, item or queue now
└── ExportError         the output folder or the selection
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class AssayError(Exception):
    """Base of all errors that are shown as they are: `message` and, when there is one, `hint`."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence and the hint, as printed."""
        return f"{self.message} {self.hint}".strip()


class UsageError(AssayError):
    """The command line or link asks for something that does not exist."""

    exit_code = 2


class UnknownName(AssayError):
    """A name nobody registered; answered with the known ones, the nearest first."""

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        listed = ", ".join(names) or "none"
        super().__init__(f"There is no {kind} named {name!r}.", f"{guess}Known: {listed}.")


class SourceError(AssayError):
    """A source that cannot be read."""


class AmbiguousFormat(SourceError):
    """Two readings fit the columns and values; nothing is picked silently."""


class MappingError(SourceError):
    """The mapping file is wrong, or names what the rows do not have."""


class StoreError(AssayError):
    """The store's folder cannot be used."""


class StoreMissing(StoreError):
    """There is no store in the folder yet."""


class StoreLocked(StoreError):
    """Another process is writing the next generation."""


class StoreDamaged(StoreError):
    """A file of the store is missing or does not hold what it must."""


class NewerSchema(StoreError):
    """The store was written by a later version of Assay."""


class FilterError(AssayError):
    """A condition that cannot be compiled."""

    exit_code = 2


class ScoreError(AssayError):
    """A scorer that cannot run, or a run that cannot be used."""


class ExportError(AssayError):
    """An export that cannot be written."""


class LogError(AssayError):
    """The votes' log cannot be used; what was to be written is not in it."""


class LogUnsure(LogError):
    """It is not known whether the last step reached the log; to send it again is safe."""


class LogDamaged(LogError):
    """The log does not hold what it held."""


class RelabelError(AssayError):
    """A step that is not open to this person, item or queue now."""
