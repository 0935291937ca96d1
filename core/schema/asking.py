"""What a page or a command asks for: which rows, in which order, from where on."""

from __future__ import annotations

from dataclasses import dataclass

Scalar = str | float | bool | None


@dataclass(frozen=True)
class Condition:
    """`name op value`; op one of = != < <= > >= null notnull."""

    name: str
    op: str
    value: Scalar = None


@dataclass(frozen=True)
class PairFilter:
    """Which rows: read as SQL, as parameters and as a sentence (`store.filters`)."""

    sources: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    search: str = ""
    conditions: tuple[Condition, ...] = ()
    hidden: tuple[int, ...] = ()
    """row_ids that are open to who asks: left out whatever else is asked, and never written into
    a link, a recipe or the sentence."""


@dataclass(frozen=True)
class Order:
    """Sort by a stored column; NULL last; ties broken by row_id."""

    name: str = "row_id"
    descending: bool = False


@dataclass(frozen=True)
class Cursor:
    """Last row of a page: keyset paging continues after it."""

    value: float | None
    row_id: int
