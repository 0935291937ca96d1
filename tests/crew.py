"""Annotators in processes of their own, who can be killed: for the tests and the benchmark.

`python -m tests.crew URL WITNESS QUEUE ACKS PAUSE NAME…` is one process: a thread per name answers
until the queue wants nothing more. A vote that was acknowledged is a line of the file ACKS.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import LogError
from core.relabel.desk import Desk
from core.relabel.log import Log, open_log
from core.schema.relabel import Answer

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ack:
    """What a process wrote down after `vote` had returned."""

    token: str
    person: str
    pair: int
    seconds: float
    """That the vote took."""


@dataclass
class Crew:
    """Processes over one log; each is started again when it is killed."""

    log: Log
    queue: str
    folder: Path
    people: list[tuple[str, ...]]
    """Per process."""
    pause: float = 0.0
    """Mean seconds between a person's answers."""
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0

    def start(self, n: int) -> None:
        """Start a process."""
        url = self.log.url.render_as_string(hide_password=False)
        asked = (url, str(self.log.witness and self.log.witness.path), self.queue)
        said = [*asked, str(self._acks(n)), str(self.pause), *self.people[n]]
        command = [sys.executable, "-m", "tests.crew", *said]
        self.running[n] = subprocess.Popen(command, cwd=ROOT)

    def kill(self, n: int) -> None:
        """Kill a process at once, whatever it does, and start it again."""
        self.running[n].send_signal(signal.SIGKILL)
        self.running[n].wait(60)
        self.kills += 1
        self.start(n)

    def work(self, at: list[tuple[int, Callable[[], None]]], limit: float) -> None:
        """Run to the end; when so many votes were acknowledged, do what `at` says."""
        ends = time.monotonic() + limit
        for n in range(len(self.people)):
            self.start(n)
        try:
            # On a busy machine the crew may be done before this looks: the steps come all the same.
            while at or any(process.poll() is None for process in self.running.values()):
                if at and self.done() >= at[0][0]:
                    at.pop(0)[1]()
                if time.monotonic() > ends:
                    raise TimeoutError(f"after {len(self.acks())} votes")
                time.sleep(0.02)
        finally:
            for process in self.running.values():
                process.kill()
                process.wait(60)

    def done(self) -> int:
        """Return how many votes were acknowledged."""
        paths = [self._acks(n) for n in range(len(self.people))]
        return sum(path.read_bytes().count(b"\n") for path in paths if path.is_file())

    def acks(self) -> list[Ack]:
        """Return what was acknowledged; a line that a kill cut short was not."""
        files = [
            path.read_text() for n in range(len(self.people)) if (path := self._acks(n)).is_file()
        ]
        lines = [
            line.split("\t") for text in files for line in text.splitlines(True) if line[-1] == "\n"
        ]
        return [Ack(t, who, int(pair), float(s)) for t, who, pair, s in lines]

    def wrong(self, overlap: int) -> list[str]:
        """Return what does not hold between acknowledgements and log."""
        votes = Counter(
            (event.item_key, event.person, event.pair_id)
            for event in self.log.after(0)
            if event.kind == "vote"
        )
        acked = Counter((ack.token, ack.person, ack.pair) for ack in self.acks())
        of_pair = Counter(pair for _, _, pair in votes)
        found = [f"{ack} is there {votes[ack]} times" for ack in acked if votes[ack] != 1]
        found += [f"{ack} was acknowledged {n} times" for ack, n in acked.items() if n != 1]
        found += [f"pair {pair} has {n} answers" for pair, n in of_pair.items() if n > overlap]
        codes = {n: process.returncode for n, process in self.running.items()}
        return found + [f"process {n} ended with {code}" for n, code in codes.items() if code]

    def _acks(self, n: int) -> Path:
        return self.folder / f"acks-{n}"


def annotate(
    desk: Desk, person: str, queue: str, pause: float, acknowledge: Callable[[Ack], None]
) -> None:
    """Answer until the queue wants nothing more; what is not known to be saved is sent again."""
    drawn = random.Random(person)
    while True:
        try:
            shown = desk.showing(person, queue)
            wanted = desk.progress(person, queue).wanted
        except LogError:
            time.sleep(0.05)
            continue
        if not shown:
            if not wanted:
                return
            time.sleep(0.2)
            desk.refresh(0)
            continue
        time.sleep(pause * drawn.uniform(0.5, 1.5))
        answer = Answer(winner_id=drawn.choice((shown[0].left_id, shown[0].right_id)))
        while (seconds := _vote(desk, person, shown[0].token, answer)) is None:
            time.sleep(0.05)
        acknowledge(Ack(shown[0].token, person, shown[0].pair_id, seconds))


def _vote(desk: Desk, person: str, token: str, answer: Answer) -> float | None:
    began = time.perf_counter()
    try:
        desk.vote(person, token, answer)
    except LogError:
        return None
    return time.perf_counter() - began


def main(url: str, witness: str, queue: str, acks: str, pause: str, *people: str) -> None:
    """Be one process."""
    desk = Desk(open_log(url, Path(witness)))
    file = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def acknowledge(ack: Ack) -> None:
        os.write(file, f"{ack.token}\t{ack.person}\t{ack.pair}\t{ack.seconds}\n".encode())
        os.fsync(file)

    said = (queue, float(pause), acknowledge)
    threads = [threading.Thread(target=annotate, args=(desk, who, *said)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
