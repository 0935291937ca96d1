"""Work made ahead comes in order, and its errors reach whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.commands.progress import ahead
from core.errors import SourceError


def test_items_come_in_order_and_none_is_lost() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([None, 0, ""])) == [None, 0, ""]
    assert list(ahead([])) == []


def test_at_most_one_item_is_made_ahead() -> None:
    made = []

    def source() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    for number in ahead(source()):
        assert len(made) <= number + 2


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise SourceError("x is cut off.")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(SourceError, match="cut off"):
        next(items)
