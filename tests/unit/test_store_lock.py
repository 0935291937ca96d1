"""Locks: one writer of a store, one maker of a run, and what nobody may sweep away."""

from __future__ import annotations

import threading
import time

import pyarrow as pa
import pytest

from core.errors import StoreLocked
from core.schema import RunInfo
from core.store.layout import RUNS, read_generation
from core.store.lock import is_running, scoring, writing
from core.store.parts import write_part
from core.store.runs import write_info
from tests.factories import make_pair, make_store

INFO = RunInfo(run_id="half", scorer="made", state="running")
ROWS = pa.table({"response_id": [1], "reward": [1.0]})


def begin(root):
    """Leave a run that no generation names."""
    write_info(root, INFO)
    write_part(root, "half", ROWS, INFO)


def test_a_run_has_one_maker_and_another_run_has_its_own(tmp_path):
    with scoring(tmp_path, "one", "score one"), scoring(tmp_path, "two", "score two"):
        assert is_running(tmp_path / RUNS / "one")
        with (
            pytest.raises(StoreLocked, match="'one' is being made by 'score one'"),
            scoring(tmp_path, "one", "again"),
        ):
            pass
        with writing(tmp_path, "import"):  # the store itself is free
            pass
    assert not is_running(tmp_path / RUNS / "one")


def test_where_nothing_was_begun_nothing_stays(tmp_path):
    with pytest.raises(ValueError, match="x"), scoring(tmp_path, "one", "score"):
        raise ValueError("x")
    assert not (tmp_path / RUNS / "one").exists()
    with scoring(tmp_path, "half", "score"):
        begin(tmp_path)
    assert (tmp_path / RUNS / "half" / "run.json").exists()


def test_whoever_only_looks_hinders_nobody(tmp_path):
    (tmp_path / RUNS / "one").mkdir(parents=True)
    stop, held = threading.Event(), []

    def look():
        while not stop.is_set():
            is_running(tmp_path / RUNS / "one")

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(200):
            with scoring(tmp_path, "one", "score"):
                (tmp_path / RUNS / "one" / "run.json").touch()
                held.append(is_running(tmp_path / RUNS / "one"))
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()
    assert held == [True] * 200
    assert not is_running(tmp_path / RUNS / "one")


def test_a_patient_writer_says_once_who_holds_the_store_and_gets_it(tmp_path):
    said, order = [], []

    def wait():
        with writing(tmp_path, "score", wait=said.append):
            order.append("score")

    with writing(tmp_path, "import big.parquet"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        while not said:
            time.sleep(0.01)
        order.append("import")
    waiting.join()
    assert order == ["import", "score"]
    assert len(said) == 1
    assert "'import big.parquet'" in said[0]


def test_a_run_in_the_making_or_stopped_is_swept_by_nobody(tmp_path):
    make_store(tmp_path, [make_pair(0)]).close()
    begin(tmp_path)
    temp = tmp_path / RUNS / "half" / ".build-1-part-00001.parquet"
    with scoring(tmp_path, "half", "score half"):
        temp.write_bytes(b"half")
        for number in range(1, 4):
            make_store(tmp_path, [make_pair(number)]).close()
        assert temp.exists()
    make_store(tmp_path, [make_pair(9)]).close()
    assert not temp.exists()  # its maker is gone
    assert (tmp_path / RUNS / "half" / "part-00000.parquet").exists()
    assert read_generation(tmp_path).runs == {}


def test_a_lock_file_of_a_removed_folder_is_not_the_lock(tmp_path):
    """Whoever waited for a lock in a folder that was removed meanwhile takes the new one."""
    with scoring(tmp_path, "one", "first"):
        pass  # the folder goes at the end
    with scoring(tmp_path, "one", "second"):
        assert is_running(tmp_path / RUNS / "one")
