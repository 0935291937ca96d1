"""Where Ray's workers ask the driver for texts and tell it what a person should know."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import pyarrow as pa

from core.errors import AssayError, ScoreError, UsageError
from core.schema import Ints, ScoringPlan
from core.scorers.ray_cluster import gist

LISTEN_SECONDS = 1.0
"""How long the driver waits at the desk before it looks whether it is over."""
CLOSE_SECONDS = 30.0
"""For the thread to finish reading a shard's texts."""
GO_ON = "What was scored stays; --resume goes on with it."
News = int | str
"""The number of a shard whose texts are asked for, or a sentence for the person."""


class Desk:
    """An actor beside the driver, since workers cannot call the driver itself.

    It holds no more than the texts that are on their way.
    """

    def __init__(self) -> None:
        self._news: asyncio.Queue[News] = asyncio.Queue()
        self._waiting: defaultdict[int, list[asyncio.Future[pa.Table | None]]] = defaultdict(list)
        self._tries: Counter[int | str] = Counter()

    async def tried(self, what: int | str) -> int:
        """Count a try at a shard, or of an actor to open; return how many there were."""
        self._tries[what] += 1
        return self._tries[what]

    async def managed(self, what: int | str) -> None:
        """Forget the tries."""
        del self._tries[what]

    async def texts(self, number: int) -> pa.Table | None:
        """Return a shard's rows when the driver has brought them, None when it cannot."""
        coming: asyncio.Future[pa.Table | None] = asyncio.get_running_loop().create_future()
        self._waiting[number].append(coming)
        self._news.put_nowait(number)
        return await coming

    async def give(self, number: int, rows: pa.Table | None) -> None:
        """Hand a shard's rows to who asked; one who asks again is answered again."""
        for coming in self._waiting.pop(number, []):
            if not coming.done():
                coming.set_result(rows)

    async def say(self, sentence: str) -> None:
        """Leave a sentence for the person."""
        self._news.put_nowait(sentence)

    async def news(self, seconds: float) -> list[News]:
        """Return what was asked and said since; wait up to `seconds` for the first."""
        try:
            found = [await asyncio.wait_for(self._news.get(), seconds)]
        except TimeoutError:
            return []
        while not self._news.empty():
            found.append(self._news.get_nowait())
        return found


@dataclass(frozen=True)
class Told:
    """The `say` of a worker."""

    ray: Any
    desk: Any

    def __call__(self, sentence: str) -> None:
        """Leave the sentence at the desk, and wait until it lies there."""
        self.ray.get(self.desk.say.remote(sentence))


@dataclass(frozen=True)
class Trouble:
    """An error on its way to the driver; Ray's own way would wrap it in tracebacks."""

    message: str
    hint: str
    usage: bool
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Trouble:
        """Describe an error; one that is none of ours is a fault of the worker."""
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, AssayError):
            return cls(error.message, error.hint, error.exit_code == UsageError.exit_code, trace)
        if isinstance(error, ImportError):
            said = f"{error.name or error} is not installed on {here()}."
            return cls(said, "pip install -r requirements.txt on every machine", False, trace)
        said = f"A worker on {here()} failed: {type(error).__name__}: {error}".rstrip(": .")
        return cls(f"{said}.", "Please report it; --debug shows where.", False, trace)

    def error(self) -> AssayError:
        """Return it as an error, caused by what the worker's traceback says."""
        made = (UsageError if self.usage else ScoreError)(self.message, self.hint)
        made.__cause__ = RuntimeError(self.trace)
        return made


@dataclass
class Clerk:
    """The driver's side of the desk: a thread that brings texts and collects sentences."""

    ray: Any
    desk: Any
    plan: ScoringPlan
    say: Callable[[str], None]
    cut: Sequence[Ints] = ()
    """The shards, by their numbers."""
    failed: Exception | None = None
    """Why it could bring no texts."""
    _said: deque[str] = field(default_factory=deque)
    _told: set[str] = field(default_factory=set)
    _over: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        """Begin to listen."""
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """Say what was left at the desk, each sentence once; call from the person's thread."""
        while self._said:
            sentence = self._said.popleft()
            if sentence not in self._told:
                self._told.add(sentence)
                self.say(sentence)

    def close(self) -> None:
        """Stop listening and clear the desk away."""
        self._over.set()
        self._thread.join(timeout=CLOSE_SECONDS)
        self.tell()
        with suppress(Exception):  # of a Ray that is gone
            self.ray.kill(self.desk)

    def _listen(self) -> None:
        try:
            while not self._over.is_set():
                for news in self.ray.get(self.desk.news.remote(LISTEN_SECONDS)):
                    if isinstance(news, str):
                        self._said.append(news)
                    else:
                        self.desk.give.remote(news, self._texts(news))
        except Exception as error:  # the desk or Ray itself is gone
            said = f"Ray stopped between the workers and this process: {gist(error)}."
            self.failed = self.failed or ScoreError(said, GO_ON)

    def _texts(self, number: int) -> pa.Table | None:
        try:
            return self.plan.read(self.cut[number])
        except Exception as error:  # raised in the run, which waits for the values
            self.failed = error
            return None


def here() -> str:
    """Return how a person knows this machine."""
    return os.uname().nodename
