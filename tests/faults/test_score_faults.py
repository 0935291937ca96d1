"""A kill at any moment of a scoring job, jobs side by side, and a disk that is full."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.commands.cli import main
from core.store.instance import open_store
from core.store.layout import RUNS, read_generation
from core.store.lock import is_running, writing
from tests import fake_scorers
from tests.factories import make_pair, make_store

ROOT = Path(__file__).parents[2]
PAIRS = 300
OPTIONS = ("--model", "org/m", "--set", "chars=500")


def start(*words: object, **environment: object) -> subprocess.Popen[str]:
    """Run a command in a process of its own that knows the fake scorers."""
    command = [sys.executable, "-m", "tests.fake_scorers", *map(str, words)]
    pipe = subprocess.PIPE
    environ = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, env=environ)


def gated(gate: Path, at: int, *words: object) -> subprocess.Popen[str]:
    """Start a job that waits at its `at`-th shard while `gate` is there."""
    gate.touch()
    return start("score", *words, *OPTIONS, FAKE_GATE=gate, FAKE_WAITS_AT=at)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    with process:
        try:
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    assert "Traceback" not in said
    return process.returncode, said


def run(*words: object) -> int:
    """Run a command in this process."""
    with fake_scorers.registered():
        return main([str(word) for word in words])


def content(root: Path, run: str, view: str = "scores") -> list[tuple[object, ...]]:
    """Return what the store serves of a run, without the run's name."""
    store = open_store(root)
    sql = f"SELECT * EXCLUDE (run_id) FROM live.{view} WHERE run_id = '{run}' ORDER BY 1"
    found = store.con.sql(sql).fetchall()
    store.close()
    return found


def vectors(root: Path, run: str) -> list[object]:
    rows = [
        row
        for name in read_generation(root).runs[run]
        for row in pq.read_table(root / RUNS / run / name, partitioning=None).to_pylist()
    ]
    return sorted(rows, key=lambda row: row["response_id"])


def parts(root: Path, run: str) -> list[Path]:
    return list((root / RUNS / run).glob("part-*"))


def until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def killed(process: subprocess.Popen[str]) -> None:
    with process:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def root(tmp_path):
    make_store(tmp_path / "store", [make_pair(i) for i in range(PAIRS)]).close()
    return tmp_path / "store"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The content of runs that nobody stopped."""
    root = tmp_path_factory.mktemp("whole") / "store"
    make_store(root, [make_pair(i) for i in range(PAIRS)]).close()
    for scorer in ("fake", "fake_vectors", "fake_judge"):
        assert run("score", scorer, *OPTIONS, "--store", root) == 0
    return root


@pytest.mark.parametrize("after", [0, 1, 7, 20])
def test_a_killed_job_goes_on_and_ends_with_the_same_content_bit_for_bit(
    tmp_path, root, undisturbed, after
):
    process = gated(tmp_path / "gate", after + 1, "fake", "--store", root)
    until((root / RUNS / "fake_m" / "progress.json").exists, process)
    until(lambda: len(parts(root, "fake_m")) >= after, process)
    assert is_running(root / RUNS / "fake_m")
    killed(process)
    assert not is_running(root / RUNS / "fake_m")
    assert (read_generation(root).runs, len(parts(root, "fake_m"))) == ({}, after)
    progress = json.loads((root / RUNS / "fake_m" / "progress.json").read_text())
    assert progress["total"] == 2 * PAIRS
    assert run("score", "--resume", "fake_m", "--store", root) == 0
    assert content(root, "fake_m") == content(undisturbed, "fake_m")
    assert len(parts(root, "fake_m")) == 1
    assert not list((root / RUNS / "fake_m").glob(".build-*"))
    assert not (root / RUNS / "fake_m" / "progress.json").exists()


DYING = """
import os, sys
import core.commands.scoring as scoring
real, calls = scoring.{moment}, []
def die(*args, **more):
    calls.append(1)
    if len(calls) < {call}:
        return real(*args, **more)
    {after}
    os.kill(os.getpid(), 9)
scoring.{moment} = die
from tests.fake_scorers import main, registered
with registered():
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "moment", ["write_part", "merge_parts", "write_info", "advance", "drop_parts", "remove"]
)
def test_a_kill_around_any_step_leaves_a_readable_store_and_a_run_that_goes_on(
    root, undisturbed, moment, when, capsys
):
    after = "real(*args, **more)" if when == "after" else ""
    code = DYING.format(moment=moment, call=3 if moment == "write_part" else 1, after=after)
    words = ["score", "fake", *OPTIONS, "--store", str(root)]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    store = open_store(root)
    assert store.query("signals_rows").num_rows == PAIRS
    store.close()
    served = read_generation(root).runs.get("fake_m")
    assert len(content(root, "fake_m")) == (2 * PAIRS if served else 0)
    assert run("score", "--resume", "fake_m", "--store", root) == 0
    assert content(root, "fake_m") == content(undisturbed, "fake_m")
    assert len(parts(root, "fake_m")) == 1
    capsys.readouterr()
    assert run("runs", "list", "--store", root) == 0
    assert "was stopped" not in capsys.readouterr().out


@pytest.mark.parametrize("scorer", ["fake_vectors", "fake_judge"])
def test_vectors_and_verdicts_survive_a_kill_too(tmp_path, root, undisturbed, scorer):
    name = f"{scorer}_m"
    process = gated(tmp_path / "gate", 5, scorer, "--store", root)
    until(lambda: len(parts(root, name)) >= 4, process)
    killed(process)
    assert run("score", "--resume", name, "--store", root) == 0
    if scorer == "fake_judge":
        assert content(root, name, "judged") == content(undisturbed, name, "judged")
    else:
        assert vectors(root, name) == vectors(undisturbed, name)


def test_of_two_processes_on_one_run_the_second_is_told_who_makes_it(tmp_path, root):
    first = gated(tmp_path / "gate", 3, "fake", "--store", root)
    until(lambda: len(parts(root, "fake_m")) >= 2, first)
    code, said = ended(start("score", "fake", *OPTIONS, "--store", root))
    assert code == 1
    assert f"The run 'fake_m' is being made by 'score fake' (process {first.pid}," in said
    code, said = ended(start("runs", "remove", "fake_m", "--store", root))
    assert (code, "is being made by" in said) == (1, True)
    (tmp_path / "gate").unlink()
    assert ended(first)[0] == 0
    assert len(content(root, "fake_m")) == 2 * PAIRS


def test_two_runs_and_imports_side_by_side_do_not_meet(tmp_path, root, undisturbed):
    gate = tmp_path / "gate"
    jobs = [gated(gate, 3, scorer, "--store", root) for scorer in ("fake", "fake_vectors")]
    for job, name in zip(jobs, ("fake_m", "fake_vectors_m"), strict=True):
        until(lambda name=name: len(parts(root, name)) >= 2, job)
    for number in range(3):
        source = tmp_path / f"more{number}.jsonl"
        row = {"prompt": f"more {number}", "chosen": "yes", "rejected": "no"}
        source.write_text(json.dumps(row) + "\n")
        assert ended(start("import", source, "--store", root))[0] == 0
    gate.unlink()
    assert [ended(job)[0] for job in jobs] == [0, 0]
    assert content(root, "fake_m") == content(undisturbed, "fake_m")
    assert vectors(root, "fake_vectors_m") == vectors(undisturbed, "fake_vectors_m")
    store = open_store(root)
    assert store.total == PAIRS + 3
    store.close()
    assert run("score", "--resume", "fake_m", "--store", root) == 0
    assert len(content(root, "fake_m")) == 2 * PAIRS + 6


def test_a_job_that_ends_while_the_store_is_written_waits_and_says_for_whom(root):
    with writing(root, "import big.parquet"):
        job = start("score", "fake", "--store", root)
        until(lambda: _state(root) == "done", job)
        time.sleep(0.3)
        assert read_generation(root).runs == {}
    code, said = ended(job)
    assert code == 0
    assert said.count("Waiting for 'import big.parquet'") == 1
    assert len(content(root, "fake")) == 2 * PAIRS


def _state(root: Path) -> str:
    path = root / RUNS / "fake" / "run.json"
    return json.loads(path.read_text())["state"] if path.exists() else ""


def test_a_disk_that_fills_up_in_the_middle_leaves_a_run_that_goes_on(
    root, undisturbed, monkeypatch, capsys
):
    from core.store import parts as module

    real, written = module.pq.write_table, []

    def full(table, path, **options):
        if len(written) == 5:
            path.write_bytes(b"PAR1")
            raise OSError(28, "No space left on device")
        written.append(path)
        return real(table, path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module.pq, "write_table", full)
        assert run("score", "fake", *OPTIONS, "--store", root) == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "To go on: python -m core score fake --resume fake_m" in said
    assert len(parts(root, "fake_m")) == 5
    assert not list((root / RUNS / "fake_m").glob(".build-*"))
    assert run("score", "--resume", "fake_m", "--store", root) == 0
    assert content(root, "fake_m") == content(undisturbed, "fake_m")


def test_ctrl_c_ends_with_the_command_that_goes_on(tmp_path, root):
    process = gated(tmp_path / "gate", 4, "fake", "--store", root)
    with process:
        try:
            until(lambda: len(parts(root, "fake_m")) >= 3, process)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "To go on: python -m core score fake --resume fake_m" in said
    assert "Traceback" not in said
