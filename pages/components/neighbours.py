"""The row before and the row after one, in the order of Browse's table.

Unknown values stand last and equal ones in the order of rows, in both directions; the way back is
therefore asked for with conditions, not by turning the order round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.schema import Condition, Cursor, Order, PairFilter
from core.views.browse import browse
from core.views.results import PairRow
from pages.components import cached


@dataclass(frozen=True)
class Neighbours:
    """Rows around one; None at an end."""

    before: PairRow | None
    after: PairRow | None


def around(filter: PairFilter, order: Order, row_id: int, value: float | None) -> Neighbours:
    """Return the neighbours of a row whose ordering column has `value`."""
    following = cached.ask(browse, filter, order, Cursor(value, row_id), 1)
    return Neighbours(_before(filter, order, row_id, value), _only(following.rows))


def _before(filter: PairFilter, order: Order, row_id: int, value: float | None) -> PairRow | None:
    backwards = Order("row_id", descending=True)
    above = Condition("row_id", "<", float(row_id))
    if order.name == "row_id":
        turned = Order("row_id", not order.descending)
        return _first(filter, turned, Cursor(value, row_id))
    if (equal := _first(_with(filter, above, _same(order, value)), backwards)) is not None:
        return equal
    nearer = Order(order.name, not order.descending)
    known = _with(filter, Condition(order.name, "notnull"))
    start = None if value is None else Cursor(value, 1 << 62)
    nearest = _first(known, nearer, start)
    if nearest is None:
        return None
    return _first(_with(filter, _same(order, nearest.signals[order.name])), backwards)


def _same(order: Order, value: float | None) -> Condition:
    return Condition(order.name, "null" if value is None else "=", value)


def _with(filter: PairFilter, *conditions: Condition) -> PairFilter:
    return replace(filter, conditions=(*filter.conditions, *conditions))


def _first(filter: PairFilter, order: Order, after: Cursor | None = None) -> PairRow | None:
    return _only(cached.ask(browse, filter, order, after, 1).rows)


def _only(rows: tuple[PairRow, ...]) -> PairRow | None:
    return rows[0] if rows else None
