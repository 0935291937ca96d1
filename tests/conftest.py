"""Fixtures of all tests: an environment of their own, the command line, the demo store."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.commands import demo
from core.commands.cli import main
from core.settings import Settings
from tests.postgres import log_url as log_url
from tests.postgres import postgres as postgres

ROOT = Path(__file__).resolve().parents[1]
# How long an example takes says nothing of whether it holds: machines differ, and are shared.
settings.register_profile("assay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("assay")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A suite in the background would hand on to the commands it starts that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's settings out, and hubs unasked."""
    for name in [name for name in os.environ if name.startswith(("ASSAY_", "STREAMLIT_"))]:
        if not name.startswith("ASSAY_REQUIRE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, object]:
        """The JSON object on the last line."""
        return json.loads(self.out.splitlines()[-1])


@pytest.fixture
def assay(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process: `assay("stats", "--json", store=folder)`."""

    def run(*argv: object, store: Path | None = None) -> Said:
        capsys.readouterr()
        code = main([str(arg) for arg in argv] + (["--store", str(store)] if store else []))
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store that `demo` builds; read only, nobody may write to it."""
    folder = tmp_path_factory.mktemp("demo") / "store"
    demo.build(Settings(store=folder))
    return folder
