"""A kill at any moment of a scoring job, jobs side by side, and a disk that is full."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
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
OPTIONS = ("--model", "org/m", "--set", "chars=500", "--set", "pause=0.02")


def start(*words: object, **environment: str) -> subprocess.Popen[str]:
    """Run a command in a process of its own that knows the fake scorers."""
    command = [sys.executable, "-m", "tests.fake_scorers", *map(str, words)]
    pipe = subprocess.PIPE
    environ = {**os.environ, **environment}
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, env=environ)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    with process:
        _, said = process.communicate(timeout=120)
    assert "Traceback" not in said
    return process.returncode, said


def content(root: Path, run: str, view: str = "scores") -> list[tuple[object, ...]]:
    store = open_store(root)
    found = store.con.sql(f"SELECT * FROM live.{view} WHERE run_id = '{run}' ORDER BY 2").fetchall()
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


def until(condition, process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)


@pytest.fixture
def root(tmp_path):
    make_store(tmp_path / "store", [make_pair(i) for i in range(PAIRS)]).close()
    return tmp_path / "store"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The content of runs that nobody stopped."""
    root = tmp_path_factory.mktemp("whole") / "store"
    make_store(root, [make_pair(i) for i in range(PAIRS)]).close()
    with fake_scorers.registered():
        for scorer in ("fake", "fake_vectors", "fake_judge"):
            assert main(["score", scorer, *OPTIONS[:4], "--store", str(root)]) == 0
    return root


@pytest.mark.parametrize("after", [0, 1, 7, 20])
def test_a_killed_job_goes_on_and_ends_with_the_same_content_bit_for_bit(root, undisturbed, after):
    process = start("score", "fake", *OPTIONS, "--store", root)
    with process:
        until(
            lambda: len(parts(root, "fake_m")) >= after and is_running(root / RUNS / "fake_m"),
            process,
        )
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not is_running(root / RUNS / "fake_m")
    assert read_generation(root).runs == {}
    if after:
        progress = json.loads((root / RUNS / "fake_m" / "progress.json").read_text())
        assert progress["total"] == 2 * PAIRS
        assert ended(start("score", "--resume", "fake_m", "--store", root))[0] == 0
    else:  # it may not have said yet what it is
        assert ended(start("score", "fake", *OPTIONS, "--store", root))[0] == 0
    assert content(root, "fake_m") == content(undisturbed, "fake_m")
    assert not list((root / RUNS / "fake_m").glob(".build-*"))
    assert not (root / RUNS / "fake_m" / "progress.json").exists()


@pytest.mark.parametrize("moment", ["merge_parts", "write_info", "advance", "drop_parts", "remove"])
def test_a_kill_in_the_last_steps_leaves_a_readable_run(root, undisturbed, moment):
    """The process kills itself before each step after the last shard, and after it."""
    for when in ("before", "after"):
        dying = (
            "import os, core.commands.scoring as s\n"
            f"real = s.{moment}\n"
            "def die(*a, **k):\n"
            f"    {'real(*a, **k); ' if when == 'after' else ''}os.kill(os.getpid(), 9)\n"
            f"s.{moment} = die\n"
            "import sys; from tests.fake_scorers import main, registered\n"
            "with registered(): sys.exit(main(sys.argv[1:]))\n"
        )
        words = ["score", "fake", *OPTIONS[:4], "--name", when, "--store", str(root)]
        done = subprocess.run([sys.executable, "-c", dying, *words], cwd=ROOT, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        store = open_store(root)
        assert store.query("signals_rows").num_rows == PAIRS
        served = read_generation(root).runs.get(when, ())
        assert len(content(root, when)) == (2 * PAIRS if served else 0)
        store.close()
        code, said = ended(start("score", "--resume", when, "--store", root))
        assert code == 0, said
        wanted = [row[1:] for row in content(undisturbed, "fake_m")]
        assert [row[1:] for row in content(root, when)] == wanted
        assert len(parts(root, when)) == 1
        code, said = ended(start("runs", "list", "--store", root))
        assert "was stopped" not in said


@pytest.mark.parametrize("scorer", ["fake_vectors", "fake_judge"])
def test_vectors_and_verdicts_survive_a_kill_too(root, undisturbed, scorer):
    run = f"{scorer}_m"
    process = start("score", scorer, *OPTIONS, "--store", root)
    with process:
        until(lambda: len(parts(root, run)) >= 4, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert ended(start("score", "--resume", run, "--store", root))[0] == 0
    if scorer == "fake_judge":
        assert content(root, run, "judged") == content(undisturbed, run, "judged")
    else:
        assert vectors(root, run) == vectors(undisturbed, run)


def test_of_two_processes_on_one_run_the_second_is_told_who_makes_it(root):
    first = start("score", "fake", *OPTIONS, "--store", root)
    until(lambda: len(parts(root, "fake_m")) >= 2, first)
    code, said = ended(start("score", "fake", *OPTIONS, "--store", root))
    assert code == 1
    assert f"The run 'fake_m' is being made by 'score fake' (process {first.pid}," in said
    code, said = ended(start("runs", "remove", "fake_m", "--store", root))
    assert (code, "is being made by" in said) == (1, True)
    assert ended(first)[0] == 0
    assert len(content(root, "fake_m")) == 2 * PAIRS


def test_two_runs_and_imports_side_by_side_do_not_meet(root, undisturbed, tmp_path):
    jobs = [
        start("score", "fake", *OPTIONS, "--store", root),
        start("score", "fake_vectors", *OPTIONS, "--store", root),
    ]
    until(lambda: parts(root, "fake_m") and parts(root, "fake_vectors_m"), jobs[0])
    for number in range(3):
        source = tmp_path / f"more{number}.jsonl"
        row = {"prompt": f"more {number}", "chosen": "yes", "rejected": "no"}
        source.write_text(json.dumps(row) + "\n")
        code, said = ended(start("import", source, "--store", root))
        # The jobs hold the store's lock for their last step only; an import does not wait for it.
        assert code == 0 or "is being written by 'score" in said, said
        if code:
            assert ended(start("import", source, "--store", root))[0] == 0
    assert [ended(job)[0] for job in jobs] == [0, 0]
    wanted = {row[1:] for row in content(undisturbed, "fake_m")}
    assert {row[1:] for row in content(root, "fake_m")} == wanted
    assert vectors(root, "fake_vectors_m") == vectors(undisturbed, "fake_vectors_m")
    store = open_store(root)
    assert store.total == PAIRS + 3
    store.close()
    assert ended(start("score", "--resume", "fake_m", "--store", root))[0] == 0
    assert len(content(root, "fake_m")) == 2 * PAIRS + 6


def test_a_job_that_ends_while_the_store_is_written_waits_and_says_for_whom(root):
    with writing(root, "import big.parquet"):
        job = start("score", "fake", "--store", root)
        until(lambda: (root / RUNS / "fake" / "run.json").exists() and _done(root), job)
        time.sleep(0.3)
        assert read_generation(root).runs == {}
    code, said = ended(job)
    assert code == 0
    assert said.count("Waiting for 'import big.parquet'") == 1
    assert len(content(root, "fake")) == 2 * PAIRS


def _done(root: Path) -> bool:
    return json.loads((root / RUNS / "fake" / "run.json").read_text())["state"] == "done"


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

    words = ["score", "fake", *OPTIONS[:4], "--store", str(root)]
    with fake_scorers.registered():
        with monkeypatch.context() as patch:
            patch.setattr(module.pq, "write_table", full)
            assert main(words) == 1
        said = capsys.readouterr().err
        assert "No space left on device" in said
        assert "To go on: python -m core score fake --resume fake_m" in said
        assert len(parts(root, "fake_m")) == 5
        assert not list((root / RUNS / "fake_m").glob(".build-*"))
        assert main(["score", "--resume", "fake_m", "--store", str(root)]) == 0
    assert content(root, "fake_m") == content(undisturbed, "fake_m")


def test_ctrl_c_ends_with_the_command_that_goes_on(root):
    process = start("score", "fake", *OPTIONS, "--store", root)
    with process:
        until(lambda: len(parts(root, "fake_m")) >= 3, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "To go on: python -m core score fake --resume fake_m" in said
    assert "Traceback" not in said
