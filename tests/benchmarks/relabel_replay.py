"""How long a process takes to replay a log, and a vote in a large queue.

python -m tests.benchmarks.relabel_replay [--events 100000 1000000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from core.relabel.desk import Desk
from core.relabel.log import open_log
from core.relabel.queues import Lease
from core.relabel.reading import lease_body, vote_body
from core.schema.relabel import Answer, BlindItem
from tests.desks import draft, left

LARGE, ANSWERED = 20_000, 10_000


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--events", type=int, nargs="*", default=[100_000, 1_000_000])
    asked.add_argument("--folder", type=Path, default=None)
    asked.add_argument("--replay", default="")
    said = asked.parse_args()
    if said.replay:
        _replay(said.replay)
        return
    root = Path(tempfile.mkdtemp(dir=said.folder))
    try:
        for n in said.events:
            url = f"sqlite:///{root}/{n}.sqlite3"
            _fill(url, n // 2, n // 2)
            command = [sys.executable, "-m", "tests.benchmarks.relabel_replay", "--replay", url]
            subprocess.run(command, check=True)
        _large(f"sqlite:///{root}/large.sqlite3")
    finally:
        shutil.rmtree(root)


def _replay(url: str) -> None:
    """Replay in a process of its own, whose memory is that of the log's state."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    log = open_log(url)
    began = time.perf_counter()
    head = Desk(log).refresh()
    seconds = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    began = time.perf_counter()
    found = log.check()
    checked = time.perf_counter() - began
    print(f"{head.seq} events: replayed in {seconds:.1f} s, {grown:.0f} MiB", end="; ")
    print(f"check {checked:.1f} s, {found or 'whole'}")


def _fill(url: str, items: int, votes: int) -> str:
    """Make a log in which the first of so many items were shown and answered."""
    log = open_log(url)
    queue = Desk(log).make_queue(draft(items, lease_seconds=1800), "lead")
    asked = iter(log.items(queue)[:votes])
    place = 0
    while some := list(islice(asked, 20_000)):
        with log.writing() as tx:
            for item in some:
                person = f"person {place % 50}"
                shown = BlindItem(
                    f"{place:016x}", queue, place, item.pair_id, item.first_id, item.second_id,
                    "real", item.source, tx.now + 1_800_000_000,
                )  # fmt: skip
                tx.append("lease", person, lease_body(shown), item.pair_id)
                lease = Lease(
                    shown.token, person, queue, place, item.pair_id, shown.left_id,
                    shown.right_id, "real", shown.expires, 0,
                )  # fmt: skip
                body = vote_body(lease, Answer(shown.left_id, seconds=4.2), "", late=False)
                tx.append("vote", person, body, item.pair_id, shown.token, known=True)
                place += 1
    log.close()
    return queue


def _large(url: str) -> None:
    """Time votes in a large queue, half of which is answered."""
    queue = _fill(url, LARGE, ANSWERED)
    desk = Desk(open_log(url))
    desk.refresh()
    ways = {"next in line": _answer, "the first pair held by another": _answer, "skips": _skip}
    for n, (name, step) in enumerate(ways.items()):
        if n == 1:
            seq = desk.mine("person 0")[-1].seq
            desk.undo("person 0", seq)
        times = []
        for _ in range(200):
            shown = desk.showing("ann", queue)[0]
            began = time.perf_counter()
            step(desk, shown)
            times.append(1000 * (time.perf_counter() - began))
        cuts = statistics.quantiles(times, n=20)
        print(
            f"{LARGE} items, {ANSWERED} answered, {name}: p50 {cuts[9]:.1f}, p95 {cuts[18]:.1f} ms"
        )


def _answer(desk: Desk, shown: BlindItem) -> None:
    desk.vote("ann", shown.token, left(shown))


def _skip(desk: Desk, shown: BlindItem) -> None:
    desk.skip("ann", shown.token)


if __name__ == "__main__":
    main()
