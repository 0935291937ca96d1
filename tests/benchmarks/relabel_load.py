"""50 annotators in 4 processes over one log, killed with −9 ten times in between.

python -m tests.benchmarks.relabel_load [--votes 20000] [--paced 3000] [--folder DIR] [--only …]

Prints how long a vote takes (a) at people's pace, about 60 votes a second altogether, and (b) as
fast as they can, beside bare INSERTs with their commits on the same disk meanwhile; and whether
every acknowledged vote is in the log exactly once, none over its overlap, the chain intact.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from core.relabel.desk import Desk
from core.relabel.log import open_log
from tests.crew import Crew
from tests.desks import draft
from tests.postgres import Cluster, cluster

PEOPLE, PROCESSES, OVERLAP = 50, 4, 2
VOTES_PER_KILL = 2_000
RATE = 60.0
"""Votes a second of all people together, when each goes at a person's pace."""


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--votes", type=int, default=20_000)
    asked.add_argument("--paced", type=int, default=3_000)
    asked.add_argument("--folder", type=Path, default=None)
    asked.add_argument("--only", choices=("sqlite", "postgresql"))
    said = asked.parse_args()
    root = Path(tempfile.mkdtemp(dir=said.folder))
    try:
        for name in (said.only,) if said.only else ("sqlite", "postgresql"):
            for votes, rate in ((said.paced, RATE), (said.votes, 0.0)):
                if votes:
                    with _database(name, root) as url:
                        _measure(name, url, root, votes, rate)
    finally:
        shutil.rmtree(root)


def _measure(name: str, url: str, root: Path, votes: int, rate: float) -> None:
    folder = Path(tempfile.mkdtemp(dir=root))
    log = open_log(url, folder / "votes.head")
    items = votes // OVERLAP
    queue = Desk(log).make_queue(draft(items, overlap=OVERLAP, lease_seconds=1800), "lead")
    names = [f"person {n}" for n in range(PEOPLE)]
    people = [tuple(names[n::PROCESSES]) for n in range(PROCESSES)]
    crew = Crew(log, queue, folder, people, pause=PEOPLE / rate if rate else 0.0)
    began, worked = time.perf_counter(), _processor_seconds()
    with _bare(url) as bare:
        crew.work(_kills(crew, votes), limit=3600)
    seconds = time.perf_counter() - began
    wrong = crew.wrong(OVERLAP) + log.check()
    how = f"{rate:.0f} a second" if rate else "as fast as they can"
    _print(f"{name}, {how}", [ack.seconds for ack in crew.acks()], bare)
    spent = 1000 * (_processor_seconds() - worked) / len(crew.acks())
    print(
        f"  {len(crew.acks())} votes in {seconds:.0f} s, {crew.kills} kills, wrong: {wrong or 0};",
        end=" ",
    )
    print(f"{spent:.1f} ms of processor a vote in the annotators' processes, their starts included")
    log.close()


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _kills(crew: Crew, votes: int) -> list[tuple[int, Callable[[], None]]]:
    drawn = random.Random(7)
    at = range(VOTES_PER_KILL // 2, votes, VOTES_PER_KILL)
    return [(n, lambda: crew.kill(drawn.randrange(PROCESSES))) for n in at]


def _print(what: str, votes: list[float], bare: list[float]) -> None:
    said = [
        " / ".join(f"{1000 * value:.1f}" for value in _points(times)) for times in (votes, bare)
    ]
    ratio = _points(votes)[0] / _points(bare)[0]
    print(f"{what}: p50 / p95 / p99 {said[0]} ms; a bare INSERT {said[1]} ms; medians {ratio:.1f}×")


def _points(times: list[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


@contextmanager
def _bare(url: str) -> Iterator[list[float]]:
    """Yield the seconds of bare INSERTs, made now and then meanwhile, each on the disk then."""
    times: list[float] = []
    ended = threading.Event()

    def probe() -> None:
        con = _connection(url)
        con.execute("CREATE TABLE bare (body TEXT)")
        while not ended.wait(0.05):
            began = time.perf_counter()
            con.execute(f"INSERT INTO bare VALUES ('{'x' * 500}')")
            times.append(time.perf_counter() - began)
        con.close()

    thread = threading.Thread(target=probe)
    thread.start()
    yield times
    ended.set()
    thread.join()


def _connection(url: str) -> sqlite3.Connection | psycopg.Connection:
    """Open a database of one's own on the same disk, or the same server."""
    at = sa.make_url(url)
    if at.get_backend_name() != "sqlite":
        return psycopg.connect(
            host=at.host, port=at.port, user=at.username, dbname="template1", autocommit=True
        )
    con = sqlite3.connect(f"{at.database}.bare", isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        con.execute(f"PRAGMA {pragma}")
    return con


@contextmanager
def _database(name: str, root: Path) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{tempfile.mkdtemp(dir=root)}/votes.sqlite3"
        return
    made = cluster()
    server: Cluster = next(made)
    yield server.url()
    next(made, None)


if __name__ == "__main__":
    main()
