"""Desks, queues and clocks for the tests of relabelling: `Office(url).desk()`."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import sqlalchemy as sa

from core.relabel.desk import Desk
from core.relabel.log import Log, open_log
from core.relabel.serving import Chance
from core.schema.relabel import Answer, BlindItem, QueueDraft, QueueItem, Receipt

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
LEASE = 600
"""Seconds of a lease in these tests."""
ODD = ("naïve 偏好 🙂", "nul \0 in it", "half \ud83d a pair", "' OR 1=1 --", "\u202egnp.exe", "")
"""Texts of all kinds."""


@dataclass
class Clock:
    """A clock that stands still until it is told."""

    at: int = START

    def __call__(self) -> int:
        return self.at

    def pass_(self, seconds: float) -> None:
        """Let seconds pass; fewer than none turns it back."""
        self.at += int(seconds * SECOND)


@dataclass
class Office:
    """One log and whoever works on it; close it at the end."""

    url: str
    witness: Path | None = None
    clock: Clock = field(default_factory=Clock)
    logs: list[Log] = field(default_factory=list)

    def log(self) -> Log:
        """Open the log, as another process would."""
        self.logs.append(open_log(self.url, self.witness, self.clock))
        return self.logs[-1]

    def desk(self, seed: int = 0) -> Desk:
        """Open a desk, as another process would."""
        return Desk(self.log(), chance(seed))

    def close(self) -> None:
        """Close all connections."""
        for log in self.logs:
            log.close()

    def sql(self, statement: str, **values: object) -> list[sa.Row[tuple[object, ...]]]:
        """Run a statement behind the log's back."""
        engine = sa.create_engine(self.url)
        try:
            with engine.begin() as con:
                found = con.execute(sa.text(statement), values)
                return list(found) if found.returns_rows else []
        finally:
            engine.dispose()

    @property
    def file(self) -> Path:
        """The file of a log on SQLite."""
        return Path(sa.make_url(self.url).database or "")

    @property
    def on_sqlite(self) -> bool:
        return self.url.startswith("sqlite")


@contextmanager
def office(url: str, witness: Path | None = None) -> Iterator[Office]:
    """Open an office for a test."""
    made = Office(url, witness)
    try:
        yield made
    finally:
        made.close()


def chance(seed: int = 0) -> Chance:
    """Return a chance that is the same in every run."""
    drawn, number = random.Random(seed), itertools.count()
    return Chance(lambda: f"{seed}-{next(number)}", lambda: drawn.random() < 0.5)


def fix_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make queues whose salts are the same in every run: the lots of gold and repeats are too."""
    number = itertools.count()
    drawn = SimpleNamespace(token_hex=lambda n: f"{next(number):0{2 * n}x}")
    monkeypatch.setattr("core.relabel.desk.secrets", drawn)


def item(pair: int, **over: object) -> QueueItem:
    """Return the item of a pair whose responses are pair·10 + 1 and pair·10 + 2."""
    made = QueueItem(pair, pair * 10 + 1, pair * 10 + 2, "talk", pair * 10 + 1, probability=1.0)
    return replace(made, **over)  # type: ignore[arg-type]


def draft(n: int = 6, **over: object) -> QueueDraft:
    """Return a queue of the pairs 1 … n, without gold or repeats."""
    items = tuple(item(pair) for pair in range(1, n + 1))
    made = QueueDraft(
        "first", "suspects", items, "all pairs", "f" * 64,
        gold_share=0.0, repeat_share=0.0, lease_seconds=LEASE,
    )  # fmt: skip
    return replace(made, **over)  # type: ignore[arg-type]


def answer_next(desk: Desk, person: str, queue: str, **said: object) -> Receipt:
    """Answer what a person is shown first; the response on the left wins unless told."""
    shown = desk.showing(person, queue)[0]
    return desk.vote(person, shown.token, left(shown, **said))


def left(shown: BlindItem, **said: object) -> Answer:
    """Return the answer that names the response on the left."""
    return Answer(**{"winner_id": shown.left_id, **said})  # type: ignore[arg-type]


def answer_all(desk: Desk, person: str, queue: str, most: int = 1000) -> list[Receipt]:
    """Answer until nothing is shown any more."""
    made: list[Receipt] = []
    while len(made) < most and (shown := desk.showing(person, queue)):
        made.append(desk.vote(person, shown[0].token, left(shown[0])))
    return made


def counted(desk: Desk, pair: int) -> dict[str, int | None]:
    """Return who counts on a pair and what they said."""
    desk.refresh(0)
    return {name: vote.answer.winner_id for name, vote in desk.state.answers(pair).items()}


def write(log: Log, *bodies: dict[str, object]) -> list[str]:
    """Append notes in one transaction; return their hashes."""
    with log.writing() as tx:
        return [tx.append("note", "ann", body).hash for body in bodies]


def ten(at: Office) -> Log:
    """Return a log with ten events and a queue of three items after them."""
    log = at.log()
    for n in range(10):
        write(log, {"n": n})
    at.desk().make_queue(draft(3), "lead")
    return log


def break_commit(log: Log, arrives: bool) -> None:
    """Break the connection in the next commit, after or before it reached the database."""
    dialect, broken = log._engine.dialect, []

    def commit(connection: object) -> None:
        if broken:
            return type(dialect).do_commit(dialect, connection)  # type: ignore[arg-type]
        broken.append(True)
        if arrives:
            type(dialect).do_commit(dialect, connection)  # type: ignore[arg-type]
        else:
            type(dialect).do_rollback(dialect, connection)  # type: ignore[arg-type]
        raise dialect.loaded_dbapi.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = commit  # type: ignore[method-assign]


def terminate(url: str) -> None:
    """End every other connection to a server of PostgreSQL, and wait until it is gone."""
    parts = sa.make_url(url)
    with psycopg.connect(
        host=parts.host, port=parts.port, user=parts.username, dbname="postgres", autocommit=True
    ) as con:
        con.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE pid != pg_backend_pid() AND backend_type = 'client backend'"
        )
