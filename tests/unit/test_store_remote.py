"""Copies of runs outside the store: what is copied when, how it comes back, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import ScoreError, UsageError
from core.store.remote import is_uri, remote


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "rm"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"part-0000{number}.parquet").write_bytes(b"x" * (number + 1))
    (folder / "run.json").write_text("{}")
    (folder / "lock").touch()
    return folder


PARTS = [f"part-0000{number}.parquet" for number in range(3)]


def names(path: Path) -> list[str]:
    return sorted(os.listdir(path))


def test_named_parts_are_copied_and_merged_ones_go(folder: Path, tmp_path: Path) -> None:
    there = remote((tmp_path / "there").as_uri(), "rm")
    there.keep(folder, PARTS[:2])
    assert names(tmp_path / "there" / "rm") == [*PARTS[:2], "run.json"]
    there.keep(folder, PARTS[2:], PARTS[:2])  # a merged part stands for the others
    assert names(tmp_path / "there" / "rm") == [PARTS[2], "run.json"]
    assert (tmp_path / "there" / "rm" / PARTS[2]).read_bytes() == b"xxx"


def test_only_what_is_missing_is_copied_again(folder: Path, tmp_path: Path) -> None:
    uri = (tmp_path / "there").as_uri()
    remote(uri).keep(folder, PARTS)
    (tmp_path / "there" / PARTS[0]).write_bytes(b"y")  # the same size: it counts as there
    (folder / "run.json").write_text('{"state": "done"}')
    remote(uri).keep(folder, PARTS)
    assert (tmp_path / "there" / PARTS[0]).read_bytes() == b"y"
    assert (tmp_path / "there" / "run.json").read_text() == '{"state": "done"}'


@pytest.mark.parametrize("strange", [PARTS[1], "part-00009.parquet"])
def test_parts_of_another_machine_are_not_touched(
    folder: Path, tmp_path: Path, strange: str
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / strange).write_bytes(b"by another machine")
    with pytest.raises(ScoreError, match=f"{strange} the first"):
        remote((tmp_path / "there").as_uri()).keep(folder, PARTS)
    assert names(tmp_path / "there") == [strange]
    assert (tmp_path / "there" / strange).read_bytes() == b"by another machine"


def test_a_copy_comes_back_as_a_folder_of_the_runs_name(folder: Path, tmp_path: Path) -> None:
    remote(tmp_path.as_uri(), "there", "rm").keep(folder, PARTS)
    with remote((tmp_path / "there" / "rm").as_uri()).fetched() as found:
        assert found.name == "rm"
        assert names(found) == [*PARTS, "run.json"]
        assert (found / PARTS[2]).read_bytes() == b"xxx"
    assert not found.exists()


def test_a_place_without_a_run_is_named(tmp_path: Path) -> None:
    there = remote((tmp_path / "nowhere").as_uri())
    with pytest.raises(ScoreError, match=r"nowhere is no run: there is no run\.json"):
        there.fetched().__enter__()


def test_a_place_that_refuses_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    there = remote((tmp_path / "elsewhere").as_uri())
    (tmp_path / "elsewhere").touch()
    with pytest.raises(ScoreError, match="elsewhere refused: "):
        there.keep(folder, PARTS)


@pytest.mark.parametrize("uri", ["ftp://host/folder", "s3:///", "://"])
def test_what_is_no_place_is_refused(uri: str) -> None:
    with pytest.raises(UsageError, match="is no place"):
        remote(uri)


def test_keys_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        remote("s3://AKIA123:secret@bucket/folder")
    assert "secret" not in str(caught.value)
    assert "AKIA123" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"), [("s3://b/f", True), ("/data/run", False), ("C:/run", False)]
)
def test_a_uri_is_told_from_a_path(text: str, expected: bool) -> None:
    assert is_uri(text) is expected
