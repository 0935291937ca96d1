"""Fixtures of loading models: two tiny folders, and a hub that serves a folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loading import COMMIT, OTHER
from tests.models import make_llama


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("causal") / "llama")


@pytest.fixture(scope="module")
def rewards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("heads") / "rewards", heads=2)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Path], list[str | None]]:
    """Serve a folder as the hub's org/model at COMMIT; returns the revisions asked for."""

    def serve(folder: Path) -> list[str | None]:
        asked: list[str | None] = []

        def download(name: str, *, revision: str | None, **_: object) -> str:
            asked.append(revision)
            at = tmp_path / "snapshots" / (revision if revision == OTHER else COMMIT)
            shutil.copytree(folder, at, dirs_exist_ok=True)
            return str(at)

        monkeypatch.setattr("huggingface_hub.snapshot_download", download)
        return asked

    return serve
