"""A table of named entries: how formats, scorers, signals and presets are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from core.errors import UnknownName, UsageError


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


@dataclass(frozen=True)
class Param:
    """A number of an entry that a person can set; its type is that of the default."""

    name: str
    title: str
    default: float
    low: float
    high: float
    help: str


def settle(owner: str, params: tuple[Param, ...], given: Mapping[str, object]) -> dict[str, float]:
    """Return all parameters of an entry; raise UsageError for one unknown or out of bounds."""
    known = {param.name: param for param in params}
    for name in given:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(f"{owner} has no parameter {name!r}.", f"Known: {listed}.")
    return {p.name: _fitting(owner, p, given.get(p.name, p.default)) for p in params}


def _fitting(owner: str, param: Param, value: object) -> float:
    try:
        number = float(str(value))
        if isinstance(param.default, int):
            number = _whole(number)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{param.name} of {owner} cannot be {value!r}.", param.help) from error
    if not param.low <= number <= param.high:
        raise UsageError(
            f"{param.name} of {owner} cannot be {number:g}.",
            f"It is {param.low:g} to {param.high:g}.",
        )
    return number


def _whole(number: float) -> int:
    if number != int(number):
        raise ValueError(f"{number} is not a whole number")
    return int(number)
