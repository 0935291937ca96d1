"""Links and cookies of a log that was replaced, and with a clock that once jumped ahead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.relabel import invites
from core.relabel.log import Log
from core.relabel.people import People
from tests.desks import Office, office, write

LIST: People = {"bo": "annotator", "cy": "annotator"}
DAY = 86_400


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Office]:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as made:
        yield made


def given(log: Log, person: str = "bo") -> str:
    with log.writing() as writing:
        return invites.invite(writing, person)


@pytest.mark.parametrize("later", [0, 1, 2, 3])
def test_a_link_of_a_log_that_was_replaced_lets_nobody_in(place: Office, later: int) -> None:
    """The one in its place is shorter than it, as long, or longer; the door is not restarted."""
    log, access = place.log(), invites.Access()
    first = write(log, {"n": 1})[0]
    lost = given(log)
    came_in = invites.join(log, access, LIST, given(log, "cy"))
    access.catch_up(log)
    place.sql("DELETE FROM events WHERE seq > 1")
    place.sql("UPDATE head SET seq = 1, hash = :hash", hash=first)
    new = given(log)
    write(log, *({"n": n} for n in range(later)))
    for _ in range(2):
        access.catch_up(log)
        assert access.fate(lost, LIST, log.now()) == "unknown"
        assert access.fate(new, LIST, log.now()) == "open"
        assert invites.recognise(came_in, access, LIST) is None
    assert invites.join(log, access, LIST, lost) is None
    assert invites.join(log, access, LIST, new) is not None


def test_a_clock_that_once_jumped_ahead_moves_no_end(place: Office) -> None:
    log, access = place.log(), invites.Access()
    early = given(log)
    place.clock.pass_(400 * DAY)
    write(log, {})
    place.clock.pass_(-400 * DAY)
    assert invites.join(log, access, LIST, early) is not None
    found = invites.join(log, access, LIST, given(log, "cy"))
    assert found is not None
    assert found.until == place.clock.at + invites.COOKIE_DAYS * DAY * 1_000_000
    late = given(log)
    access.catch_up(log)
    place.clock.pass_(invites.LINK_DAYS * DAY - 1)
    assert access.fate(late, LIST, log.now()) == "open"
    place.clock.pass_(1)
    assert access.fate(late, LIST, log.now()) == "gone"
