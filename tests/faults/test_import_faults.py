"""A kill at any moment of an import, and two imports at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.store.instance import open_store
from core.store.layout import read_generation
from tests.factories import make_pair, make_store

ROOT = Path(__file__).parents[2]
ROWS = 10_000
OLD = 3


def _source(folder: Path, name: str = "big", rows: int = ROWS) -> Path:
    path = folder / f"{name}.jsonl"
    words = " ".join(f"word{i}" for i in range(40))
    with path.open("w", encoding="utf-8") as out:
        for i in range(rows):
            row = {"prompt": f"{name} {i}", "chosen": f"yes {i} {words}", "rejected": f"no {i}"}
            out.write(json.dumps(row) + "\n")
    return path


def _import(store: Path, source: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", "import", str(source), "--store", str(store)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture(scope="module")
def seconds(tmp_path_factory) -> float:
    """How long the import takes when nobody kills it."""
    folder = tmp_path_factory.mktemp("whole")
    started = time.monotonic()
    with _import(folder / "store", _source(folder)) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return time.monotonic() - started


@pytest.mark.parametrize("share", [0.2, 0.45, 0.6, 0.75, 0.9])
def test_a_kill_leaves_the_old_store_or_the_new_one_whole(tmp_path, seconds, share):
    root = tmp_path / "store"
    make_store(root, [make_pair(i) for i in range(OLD)]).close()
    before = read_generation(root)
    source = _source(tmp_path)
    with _import(root, source) as process:
        time.sleep(seconds * share)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    store = open_store(root)
    assert store.query("signals_rows").num_rows == store.total
    assert store.total in (OLD, OLD + ROWS)
    assert (store.total == OLD) == (read_generation(root).pairs == before.pairs)
    store.close()
    with _import(root, source) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    again = open_store(root)
    assert again.total == OLD + ROWS
    assert again.search("prompt:77").n == 1
    assert not list(root.glob(".build-*"))


def test_of_two_imports_at_once_none_is_lost(tmp_path):
    root = tmp_path / "store"
    sources = [_source(tmp_path, name) for name in ("one", "two")]
    with _import(root, sources[0]) as first, _import(root, sources[1]) as second:
        ends = [(p.communicate(timeout=120), p.returncode) for p in (first, second)]
    for (_, errors), code in ends:
        assert code in (0, 1)
        if code == 1:
            assert "is being written by" in errors
            assert "Traceback" not in errors
    for source, (_, code) in zip(sources, ends, strict=True):
        if code == 1:
            with _import(root, source) as process:
                process.communicate(timeout=120)
            assert process.returncode == 0
    assert open_store(root).total == 2 * ROWS
