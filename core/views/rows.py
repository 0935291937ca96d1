"""Rows of a page: signals from the narrow table, text previews fetched by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from core.schema import Cursor, id_text
from core.store.instance import Store
from core.views.results import PairRow

PREVIEW_CHARS = 280
"""Length of a text preview."""


def page_params(after: Cursor | None, size: int, sign: float = 1.0) -> dict[str, object]:
    """Return the parameters of a keyset page: `size` rows and one more, which tells the end."""
    value = after.value if after else None
    return {
        "first": after is None,
        "value": None if value is None else sign * value,
        "row_id": after.row_id if after else None,
        "size": size + 1,
    }


def next_cursor(page: pa.Table, size: int, sign: float = 1.0) -> Cursor | None:
    """Return where the next page starts, None when `page` has no row beyond `size`."""
    if page.num_rows <= size:
        return None
    last = page.slice(size - 1, 1).to_pylist()[0]
    value = last["sort_key"]
    return Cursor(None if value is None else sign * value, last["row_id"])


def pair_rows(store: Store, page: pa.Table) -> tuple[PairRow, ...]:
    """Turn rows of the signals table into rows for people, in the same order."""
    records = page.to_pylist()
    row_ids = [record["row_id"] for record in records]
    texts = records_by_row(store, "browse_previews", row_ids, preview=PREVIEW_CHARS)
    names = tuple(column.name for column in store.signal_columns)
    return tuple(_pair_row(record, texts[record["row_id"]], names) for record in records)


def records_by_row(
    store: Store, statement: str, row_ids: list[int], **params: object
) -> dict[int, dict[str, Any]]:
    """Run a statement over some row ids; return its records by row id."""
    if not row_ids:
        return {}
    found = store.query(statement, {"row_ids": row_ids, **params})
    return {record["row_id"]: record for record in found.to_pylist()}


def _pair_row(record: dict[str, Any], text: dict[str, Any], names: Sequence[str]) -> PairRow:
    return PairRow(
        row_id=record["row_id"],
        pair_id=id_text(text["pair_id"]),
        source=record["source"],
        split=record["split"],
        row=text["row"],
        tie_kind=text["tie_kind"],
        prompt=text["prompt"],
        chosen=text["chosen"],
        rejected=text["rejected"],
        signals={name: record[name] for name in names},
    )
