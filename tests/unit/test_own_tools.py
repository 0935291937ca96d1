"""What other tests lean on: it must not fail, or pass, by chance."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.crew import Crew
from tests.desks import Office
from tests.postgres import Cluster, found
from tests.processes import end


class Done(Crew):
    """A crew whose processes are over before anybody looks."""

    def start(self, n: int) -> None:
        self.running[n] = subprocess.Popen([sys.executable, "-c", ""])
        self.running[n].wait()

    def done(self) -> int:
        return 10


def test_every_step_comes_though_the_crew_is_done_before_it(at: Office, tmp_path: Path) -> None:
    crew = Done(at.log(), "queue", tmp_path, [("ann",)])
    crew.work([(votes, lambda: crew.kill(0)) for votes in (2, 4)], limit=60)
    assert crew.kills == 2


def test_anothers_server_on_the_port_is_not_taken_for_ones_own(
    postgres: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("could not bind")
    other = Cluster(found() or tmp_path, tmp_path, postgres.port)
    with subprocess.Popen([sys.executable, "-c", ""]) as other.process:
        other.process.wait()
        with pytest.raises(RuntimeError, match="could not bind"):
            other._wait()


def test_a_process_that_does_not_end_is_killed() -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True)"
    command = [sys.executable, "-c", f"{deaf}; signal.pause()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "on\n"
        end(process, 0.2)
        assert process.returncode == -9
