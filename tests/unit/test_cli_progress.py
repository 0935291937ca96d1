"""Work made ahead comes in order, and its errors reach whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.commands.progress import Pace, ahead, track
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


def test_rates_are_of_what_was_counted_since_the_start(monkeypatch) -> None:
    clock = [10.0]
    monkeypatch.setattr("core.commands.progress.time.monotonic", lambda: clock[0])
    pace = Pace(started=10.0)
    pace.add(tokens=3000, pairs=4)
    pace.add(tokens=1000, pairs=0)
    clock[0] = 12.0
    assert (pace.rate("tokens"), pace.rate("pairs"), pace.rate("others")) == (2000, 2, 0)
    assert pace.said() == "2,000 tokens/s, 2 pairs/s"
    assert Pace().said() == ""


def test_counting_changes_nothing_of_what_is_counted() -> None:
    items = track(["ab", "c"], "job", total=9, done=6, size=len, say=lambda: "1 tokens/s")
    assert list(items) == ["ab", "c"]
