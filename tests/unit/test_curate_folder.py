"""The output folder: there whole or not at all, and never in the place of something else."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.curate.written.folder import new_folder
from core.errors import ExportError

ROOT = Path(__file__).resolve().parents[2]


def fill_half(target: Path, error: Exception) -> None:
    with new_folder(target) as folder:
        (folder / "half.txt").write_text("half")
        raise error


def fill(target: Path) -> None:
    with new_folder(target) as folder:
        (folder / "data").mkdir()
        (folder / "data" / "a.txt").write_text("a")


def test_it_appears_whole_with_its_parents(tmp_path: Path) -> None:
    fill(tmp_path / "deep" / "out")
    assert (tmp_path / "deep" / "out" / "data" / "a.txt").read_text() == "a"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out")
    assert (tmp_path / "out" / "data").is_dir()


def taken_by_files(target: Path) -> None:
    target.mkdir()
    (target / "mine.txt").write_text("mine")


TAKEN = {
    "is not empty": taken_by_files,
    "is not a folder": lambda target: target.write_text("mine"),
    "is a symbolic link": lambda target: target.symlink_to(target.parent / "elsewhere"),
}


@pytest.mark.parametrize("why", TAKEN)
def test_what_is_there_stays(tmp_path: Path, why: str) -> None:
    target = tmp_path / "out"
    TAKEN[why](target)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ExportError, match=f"{why}; it is not replaced"):
        fill(target)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["nul\0l", "line\nbreak", "x" * 300])
def test_names_that_no_folder_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError):
        fill(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(errno.ENOSPC, "No space left"), ExportError),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_what_failed_leaves_nothing(
    tmp_path: Path, error: Exception, seen: type[Exception]
) -> None:
    with pytest.raises(seen):
        fill_half(tmp_path / "out", error)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_filled_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(ExportError), new_folder(target):
        taken_by_files(target)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_a_kill_while_writing_leaves_nothing_at_the_target(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; "
        "from core.curate.written.folder import new_folder\n"
        "with new_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half.txt').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "out"
    done = subprocess.run([sys.executable, "-c", code, str(target)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    fill(target)
    assert (target / "data" / "a.txt").exists()
