"""Progress on stderr: a sentence per step, and on a terminal a bar with rate and time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
    done: int = 0,
    size: Callable[[T], int] = lambda item: 1,
    say: Callable[[], str] = lambda: "",
) -> Iterator[T]:
    """Yield `items` and count `size(item)` units each; silent when stderr is not a terminal.

    `done` units were there before and count for no rate; `say` adds words behind the bar.
    """
    bar = tqdm(
        desc=what, total=total, initial=done, unit=f" {unit}", unit_scale=True, disable=None,
        leave=False,
    )  # fmt: skip
    with bar:
        for item in items:
            yield item
            bar.set_postfix_str(say(), refresh=False)
            bar.update(size(item))


@dataclass
class Pace:
    """Rates since the start."""

    started: float = field(default_factory=time.monotonic)
    counts: dict[str, float] = field(default_factory=dict)

    def add(self, **counts: float) -> None:
        """Count some more of each."""
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def seconds(self) -> float:
        """Return the time since the start, never 0."""
        return max(time.monotonic() - self.started, 1e-9)

    def rate(self, name: str) -> float:
        """Return how many of it came per second."""
        return self.counts.get(name, 0) / self.seconds()

    def said(self) -> str:
        """Return the rates of all that was counted."""
        known = [name for name, count in self.counts.items() if count]
        return ", ".join(f"{self.rate(name):,.0f} {name}/s" for name in known)
