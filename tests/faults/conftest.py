"""Fixtures of the judge's faults: endpoints on loopback, pauses that are not made."""

from collections.abc import Iterator

import pytest

from tests.judge_endpoint import JudgeEndpoint


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def endpoint() -> Iterator[JudgeEndpoint]:
    with JudgeEndpoint().running() as running:
        yield running


@pytest.fixture
def other() -> Iterator[JudgeEndpoint]:
    """Where nothing may arrive."""
    with JudgeEndpoint().running() as running:
        yield running


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before retries, which are not made."""
    import anyio

    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(anyio, "sleep", pause)
    return made
