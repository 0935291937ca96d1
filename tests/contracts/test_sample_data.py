"""sample_data: what the demo needs is there, with its licence, and the README counts it right."""

import gzip
import re
import tomllib

import pytest

from core.commands.demo import SAMPLES, read_samples

README = (SAMPLES / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `([\w-]+)` \| `([^`]+)`(?: \((\d+)\))? \| ([\d,]+)", re.MULTILINE)
FOLDERS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def test_every_file_is_in_the_demo() -> None:
    listed = {file for sample in read_samples() for file in sample.files}
    assert listed == set(SAMPLES.rglob("*.gz"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_has_its_licence_and_its_place_in_the_readme(folder: str) -> None:
    assert list((SAMPLES / folder).glob("LICENSE*"))
    assert f"\n## {folder}\n" in README
    assert folder in {row[0] for row in ROW.findall(README)}


@pytest.mark.parametrize("row", ROW.findall(README), ids=lambda row: row[0])
def test_rows_are_counted_right(row: tuple[str, str, str, str]) -> None:
    folder, pattern, files, rows = row
    found = sorted((SAMPLES / folder).glob(pattern))
    assert len(found) == int(files or 1)
    for path in found:
        assert gzip.decompress(path.read_bytes()).count(b"\n") == int(rows.replace(",", ""))


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.toml")), ids=lambda path: path.parent.name)
def test_licences_agree(path) -> None:
    data = tomllib.loads(path.read_text("utf-8"))
    for entry in data.get("sources", [data]):
        assert f"| {entry['licence']} |" in README
