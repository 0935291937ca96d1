"""The door of the import command: the guess, the first pairs, and batches that add up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import SourceError, UsageError
from core.formats import ImportPlan, chunk, plan_import
from core.formats.plan import PREVIEW_ROWS

ROWS = [{"prompt": f"{i}+1=", "chosen": str(i + 1), "rejected": "0"} for i in range(10)]
MAP = '[pair]\nprompt = "prompt"\nfirst = "rejected"\nsecond = "chosen"\n[label]\nfrom = "order"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of one split, one of another, with bad lines at the start and in between."""
    lines = [json.dumps(row) for row in ROWS]
    (tmp_path / "train-a.jsonl").write_text("oops\n" + "\n".join(lines[:4]) + "\n[]\n", "utf-8")
    (tmp_path / "train-b.jsonl").write_text("\n".join(lines[4:8]) + "\n", "utf-8")
    (tmp_path / "test.jsonl").write_text("\n".join(lines[8:]) + "\n", "utf-8")
    return tmp_path


def rows(plan: ImportPlan) -> list[tuple[str, int, str]]:
    tables = [batch.pairs.select(["split", "row", "prompt_text"]) for batch in plan.batches()]
    return [tuple(row.values()) for table in tables for row in table.to_pylist()]


def test_the_plan_says_what_it_took_the_source_for(folder: Path) -> None:
    plan = plan_import(str(folder))
    assert plan.recognition.format == plan.info.format == "trl_explicit"
    assert plan.recognition.confidence == 1.0
    assert plan.recognition.why == "prompt is text, chosen is text, rejected is text"
    assert (plan.info.name, plan.info.origin) == (folder.name, str(folder))
    assert not plan.info.named
    assert 0 < plan.preview.pairs.num_rows <= PREVIEW_ROWS


def test_batches_can_be_read_twice_and_count_every_line(folder: Path) -> None:
    plan = plan_import(str(folder))
    assert rows(plan) == rows(plan)
    assert [row[:2] for row in rows(plan)] == [
        ("test", 0),
        ("test", 1),
        *(("train", n) for n in (1, 2, 3, 4, 6, 7, 8, 9)),
    ]
    skipped = [(Path(s.origin).name, s.line) for b in plan.batches() for s in b.skipped]
    assert skipped == [("train-a.jsonl", 1), ("train-a.jsonl", 6)]


def test_small_batches_give_the_same_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(plan_import(str(folder)))
    monkeypatch.setattr(chunk, "MAX_ROWS", 1)
    plan = plan_import(str(folder))
    assert rows(plan) == whole
    assert sum(b.pairs.num_rows + len(b.skipped) for b in plan.batches()) == 12


def test_options_reach_the_rows(folder: Path) -> None:
    assert rows(plan_import(str(folder), split="test")) == [
        ("test", 0, "8+1="),
        ("test", 1, "9+1="),
    ]
    (test, train) = plan_import(str(folder), limit=3).batches()
    assert (test.pairs.num_rows, train.pairs.num_rows, len(train.skipped)) == (2, 0, 1)
    plan = plan_import(str(folder), format_name="trl_explicit")
    assert plan.recognition.why == "named by --format"


def test_a_map_goes_before_what_the_columns_look_like(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('name = "turned"\n' + MAP, "utf-8")
    plan = plan_import(str(folder), map_path=path)
    assert (plan.info.name, plan.info.format, plan.info.named) == ("turned", "map", True)
    assert plan.preview.pairs.column("chosen_text").to_pylist() == ["0"] * 2
    assert plan.recognition.why == "named by --map"


def test_a_format_that_holds_no_pairs_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "kto.jsonl"
    path.write_text('{"prompt": "2+2=", "completion": " 4", "label": true}\n', "utf-8")
    for name in (None, "kto"):
        with pytest.raises(SourceError, match="there is no pair to compare"):
            plan_import(str(path), format_name=name)


def test_a_file_that_breaks_late_raises_so_that_nothing_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS)[:-20], "utf-8")
    with pytest.raises(SourceError, match="not valid JSON"):
        plan_import(str(path))


def test_a_map_and_a_format_are_not_both_taken(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(MAP, "utf-8")
    with pytest.raises(UsageError, match="--map and --format") as caught:
        plan_import(str(folder), format_name="trl_explicit", map_path=path)
    assert "one of the two" in caught.value.hint


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_reads_at_least_one_row(folder: Path, limit: int) -> None:
    with pytest.raises(UsageError, match=f"--limit must be 1 or more, not {limit}"):
        plan_import(str(folder), limit=limit)
