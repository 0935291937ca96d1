"""An office on each database, and a desk in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.relabel.desk import Desk
from tests.desks import Office, office


@pytest.fixture
def at(log_url: str, tmp_path: Path) -> Iterator[Office]:
    with office(log_url, tmp_path / "votes.head") as made:
        yield made


@pytest.fixture
def desk(at: Office) -> Desk:
    return at.desk()
