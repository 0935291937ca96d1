"""The row before and the row after one, in the order of Browse's table.

Unknown values stand last and equal ones in the order of rows, in both directions; the way back is
therefore asked for with conditions, not by turning the order round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.schema import Condition, Cursor, Order, PairFilter
from core.views.detail import Near, next_row
from pages.components import cached

_BEYOND = 1 << 62
"""More than any row."""


@dataclass(frozen=True)
class Neighbours:
    """Rows around one; None at an end."""

    before: Near | None
    after: Near | None


def around(filter: PairFilter, order: Order, row_id: int, value: float | None) -> Neighbours:
    """Return the neighbours of a row whose ordering column has `value`."""
    following = cached.ask(next_row, filter, order, Cursor(value, row_id))
    return Neighbours(_before(filter, order, row_id, value), following)


def _before(filter: PairFilter, order: Order, row_id: int, value: float | None) -> Near | None:
    backwards = Order("row_id", descending=True)
    above = Condition("row_id", "<", float(row_id))
    if order.name == "row_id":
        turned = Order("row_id", not order.descending)
        return cached.ask(next_row, filter, turned, Cursor(value, row_id))
    if (equal := _first(_with(filter, above, _same(order, value)), backwards)) is not None:
        return equal
    nearer = Order(order.name, not order.descending)
    known = _with(filter, Condition(order.name, "notnull"))
    start = None if value is None else Cursor(value, _BEYOND)
    nearest = _first(known, nearer, start)
    if nearest is None:
        return None
    return _first(_with(filter, _same(order, nearest.value)), backwards)


def _same(order: Order, value: float | None) -> Condition:
    return Condition(order.name, "null" if value is None else "=", value)


def _with(filter: PairFilter, *conditions: Condition) -> PairFilter:
    return replace(filter, conditions=(*filter.conditions, *conditions))


def _first(filter: PairFilter, order: Order, after: Cursor | None = None) -> Near | None:
    return cached.ask(next_row, filter, order, after)
