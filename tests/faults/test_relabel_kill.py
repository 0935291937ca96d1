"""Processes of annotators are killed with −9, and the database crashes: what was said stays."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crew import Crew
from tests.desks import draft, office
from tests.postgres import Cluster

OVERLAP, ITEMS = 3, 200
PEOPLE = [("ann", "bob", "cat"), ("dan", "eve", "fay")]


def test_every_acknowledged_vote_is_there_once(
    log_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with office(log_url, tmp_path / "votes.head") as at:
        at.clock.at = 0  # times of the log are those of the processes
        desk = at.desk()
        queue = desk.make_queue(draft(ITEMS, overlap=OVERLAP, lease_seconds=1800), "lead")
        crew = Crew(at.log(), queue, tmp_path, PEOPLE)
        drawn = random.Random(1)
        steps: list[tuple[int, Callable[[], None]]] = [
            (votes, lambda: crew.kill(drawn.randrange(2))) for votes in (60, 180, 300, 450)
        ]
        if not at.on_sqlite:
            server: Cluster = request.getfixturevalue("postgres")
            steps.insert(2, (240, lambda: (server.stop(signal.SIGQUIT), server.start())))  # type: ignore
        crew.work(steps, limit=400)
        assert crew.kills == 4
        assert crew.wrong(OVERLAP) == []
        assert at.log().check() == []
        desk.refresh(0)
        assert desk.damage == ""
        assert desk.progress("ann", queue).wanted == 0
        assert {len(votes) for votes in desk.state.by_pair.values()} == {OVERLAP}
