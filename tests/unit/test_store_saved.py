"""Saved filters: kept whole or not at all, by many at once, and read with patience."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import NewerSchema, StoreDamaged, StoreError, StoreLocked, UnknownName, UsageError
from core.store import saved
from core.store.holder import take
from core.store.layout import FILTERS, read_generation
from core.store.saved import MOST, NAME_CHARS, Saved, read, remove, save
from tests.factories import make_pair, make_store

ROOT = Path(__file__).resolve().parents[2]
SUSPECT = Saved("Suspects", ("made",), ("train",), "chosen:sorry", "suspicion >= 0.5")
KILLED = """
import os, sys
from pathlib import Path
from core.store import saved
saved.move = lambda beside, path: os._exit(9)
saved.save(Path(sys.argv[1]), saved.Saved("late", where="tie = true"))
"""
MANY = """
import sys
from pathlib import Path
from core.store.saved import Saved, save
for i in range(25):
    save(Path(sys.argv[1]), Saved(f"{sys.argv[2]} {i}", where="tie = true"))
"""


def _run(code: str, *words: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], cwd=ROOT)


def test_what_is_saved_is_read_and_taken_away(tmp_path: Path) -> None:
    assert read(tmp_path) == ()
    assert save(tmp_path, SUSPECT) == SUSPECT
    save(tmp_path, Saved("all ties", where="tie = true"))
    assert [one.name for one in read(tmp_path)] == ["all ties", "Suspects"]
    assert remove(tmp_path, "SUSPECTS") == SUSPECT
    assert [one.name for one in read(tmp_path)] == ["all ties"]
    save(tmp_path, SUSPECT)
    assert SUSPECT in read(tmp_path)
    with pytest.raises(UnknownName, match="saved filter named 'gone'"):
        remove(tmp_path, "gone")


def test_a_filter_is_the_same_whatever_it_is_called_and_in_whatever_order() -> None:
    one = Saved("a", source=("x", "y"), q=" word ")
    assert one.says(Saved("b", source=("y", "x"), q="word"))
    assert not one.says(Saved("a", source=("x",), q="word"))


@pytest.mark.parametrize("name", ["suspects", "SUSPECTS", "  Suspects ", "SuSpects"])
def test_names_are_unique_whatever_their_case(tmp_path: Path, name: str) -> None:
    save(tmp_path, SUSPECT)
    with pytest.raises(UsageError, match="already"):
        save(tmp_path, Saved(name))
    assert read(tmp_path) == (SUSPECT,)


@pytest.mark.parametrize("name", ["", "   ", "\n", "x" * (NAME_CHARS + 1), "half \ud800"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        save(tmp_path, Saved(name))
    assert not (tmp_path / FILTERS).exists()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "<script>alert(1)</script>", "'; DROP TABLE x; --", "\u202eevil", "a\x00b",
     "{}", "x" * NAME_CHARS, "straße"],
)  # fmt: skip
def test_hostile_names_are_data(tmp_path: Path, name: str) -> None:
    save(tmp_path, Saved(name, where=name))
    assert [(one.name, one.where) for one in read(tmp_path)] == [(name, name)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILTERS, "filters.lock"]
    assert remove(tmp_path, name).name == name


def test_there_is_a_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 500
    monkeypatch.setattr(saved, "MOST", 2)
    save(tmp_path, Saved("a"))
    save(tmp_path, Saved("b"))
    with pytest.raises(UsageError, match="2 filters are saved already"):
        save(tmp_path, Saved("c"))


def test_killed_between_write_and_replace_leaves_what_was_there(tmp_path: Path) -> None:
    save(tmp_path, SUSPECT)
    before = (tmp_path / FILTERS).read_bytes()
    assert _run(KILLED, tmp_path).wait(60) == 9
    assert (tmp_path / f"{FILTERS}.new").exists()
    assert (tmp_path / FILTERS).read_bytes() == before
    save(tmp_path, Saved("next"))
    assert [one.name for one in read(tmp_path)] == ["next", "Suspects"]
    assert not (tmp_path / f"{FILTERS}.new").exists()


def test_two_who_save_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [_run(MANY, tmp_path, name) for name in ("ann", "bob")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    expected = {f"{name} {i}" for name in ("ann", "bob") for i in range(25)}
    assert {one.name for one in read(tmp_path)} == expected


def test_two_threads_of_one_app_lose_nothing(tmp_path: Path) -> None:
    def work(name: str) -> None:
        for i in range(10):
            save(tmp_path, Saved(f"{name} {i}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(read(tmp_path)) == 20


def test_a_stuck_holder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "TRIES", 2)
    with (
        take(tmp_path / "filters.lock", "a stuck one", lambda holder: None),
        pytest.raises(StoreLocked, match="'a stuck one'"),
    ):
        save(tmp_path, SUSPECT)
    save(tmp_path, SUSPECT)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"application": "other"}', "[" * 100_000, "\x00",
        '{"application": "assay", "version": 1}',
        '{"application": "assay", "version": "1", "filters": []}',
        '{"application": "assay", "version": 1, "filters": [3]}',
        '{"application": "assay", "version": 1, "filters": [{"name": 7}]}',
        '{"application": "assay", "version": 1, "filters": [{"name": "a", "source": "made"}]}',
        '{"application": "assay", "version": 1, "filters": [{"name": "a", "split": [1]}]}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_a_sentence_and_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / FILTERS).write_text(text, "utf-8")
    for act in (lambda: read(tmp_path), lambda: save(tmp_path, SUSPECT)):
        with pytest.raises(StoreDamaged, match="does not hold saved filters"):
            act()
    assert (tmp_path / FILTERS).read_text("utf-8") == text


def test_bytes_that_are_no_text_and_a_folder_are_sentences(tmp_path: Path) -> None:
    (tmp_path / FILTERS).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreDamaged):
        read(tmp_path)
    (tmp_path / FILTERS).unlink()
    (tmp_path / FILTERS).mkdir()
    with pytest.raises(StoreDamaged):
        read(tmp_path)


def test_a_later_version_is_neither_read_nor_written_over(tmp_path: Path) -> None:
    text = json.dumps({"application": "assay", "version": 2, "filters": []})
    (tmp_path / FILTERS).write_text(text, "utf-8")
    for act in (lambda: read(tmp_path), lambda: save(tmp_path, SUSPECT)):
        with pytest.raises(NewerSchema, match="later Assay"):
            act()
    assert (tmp_path / FILTERS).read_text("utf-8") == text


def test_fields_of_nobody_and_missing_ones_are_fine(tmp_path: Path) -> None:
    entry = {"name": "a", "by": "ann"}
    text = json.dumps({"application": "assay", "version": 1, "filters": [entry]})
    (tmp_path / FILTERS).write_text(text, "utf-8")
    assert read(tmp_path) == (Saved("a"),)


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, SUSPECT)

    def full(beside: Path, path: Path) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(saved, "move", full)
    with pytest.raises(StoreError, match="No space left"):
        save(tmp_path, Saved("late"))
    assert read(tmp_path) == (SUSPECT,)


def test_an_import_keeps_the_saved_filters(tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(0)]).close()
    save(tmp_path, SUSPECT)
    first = read_generation(tmp_path).fingerprint
    for i in range(1, 4):
        make_store(tmp_path, [make_pair(i)], source=f"more {i}").close()
    assert read_generation(tmp_path).fingerprint != first
    assert read(tmp_path) == (SUSPECT,)
