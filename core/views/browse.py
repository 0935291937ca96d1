"""Browse: how many rows, a page of them, and where a pair stands."""

from __future__ import annotations

from core.schema import Cursor, Order, PairFilter, id_number
from core.store.instance import Store
from core.views.detail import pair_detail
from core.views.results import Count, PairPage
from core.views.rows import next_cursor, page_params, pair_rows
from core.views.where import number_column, where_of

__all__ = ["browse", "count", "find_rows", "pair_detail", "rows_of"]


def count(store: Store, filter: PairFilter) -> Count:
    """Return how many rows `filter` keeps, of those that are not hidden."""
    where = where_of(store, filter)
    matching = store.query("browse_count", {}, where)["matching"][0].as_py()
    total = store.total - len(set(filter.hidden))
    return Count(matching, total, where.sentence, where.note)


def browse(
    store: Store, filter: PairFilter, order: Order, after: Cursor | None = None, size: int = 50
) -> PairPage:
    """Return the page of at most `size` rows after `after`; unknown values stand last."""
    sign = -1.0 if order.descending else 1.0
    page = store.query(
        "browse_page",
        {"sign": sign, **page_params(after, size, sign)},
        where_of(store, filter),
        order=number_column(store, order.name),
    )
    return PairPage(pair_rows(store, page.slice(0, size)), next_cursor(page, size, sign))


def rows_of(store: Store, pair_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return all rows of some pairs, in order; a pair of another store has none."""
    if not pair_ids:
        return ()
    found = store.query("browse_rows_of_pairs", {"pair_ids": list(pair_ids)})
    return tuple(found["row_id"].to_pylist())


def find_rows(store: Store, pair_id_text: str) -> tuple[int, ...]:
    """Return the rows of a pair, none when the text is no pair's id."""
    pair_id = id_number(pair_id_text)
    if pair_id is None:
        return ()
    return tuple(store.query("browse_rows_of_pair", {"pair_id": pair_id})["row_id"].to_pylist())
