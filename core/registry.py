"""A table of named entries: how formats, scorers, signals and presets are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from core.errors import UnknownName


class Named(Protocol):
    """What an entry must have."""

    @property
    def name(self) -> str:
        """Return the name people type."""
        ...


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Entries by name, in order of registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, entry: T) -> T:
        """Add `entry`; a second one of the same name is a mistake in the code."""
        if entry.name in self._entries:
            raise ValueError(f"two {self.kind}s are named {entry.name!r}")
        self._entries[entry.name] = entry
        return entry

    def get(self, name: str) -> T:
        """Return the entry; raise UnknownName with the known names."""
        if name not in self._entries:
            raise UnknownName(self.kind, name, self._entries)
        return self._entries[name]

    def names(self) -> tuple[str, ...]:
        """Return all names in order of registration."""
        return tuple(self._entries)

    def __iter__(self) -> Iterator[T]:
        """Iterate over the entries in order of registration."""
        return iter(self._entries.values())
