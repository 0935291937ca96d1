"""Progress on stderr: a sentence per step, and on a terminal a bar with rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from tqdm import tqdm

T = TypeVar("T")


def step(sentence: str) -> None:
    """Say what begins."""
    tqdm.write(sentence, file=sys.stderr)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield `items`, each made in a thread while the one before is in use."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(next, iterator, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, iterator, end)
            yield cast("T", item)


def track(
    items: Iterable[T],
    what: str,
    *,
    unit: str = "rows",
    total: int | None = None,
    size: Callable[[T], int] = lambda item: 1,
) -> Iterator[T]:
    """Yield `items` and count `size(item)` units each; silent when stderr is not a terminal."""
    bar = tqdm(desc=what, total=total, unit=f" {unit}", unit_scale=True, disable=None, leave=False)
    with bar:
        for item in items:
            yield item
            bar.update(size(item))
