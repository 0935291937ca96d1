"""One small file per format with a known winner: what must come out, column by column."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from core.formats import FORMATS, plan_import
from core.schema import PAIR_COLUMNS, PairBatch

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.jsonl"))
UPDATE = False
"""Set it to write what comes out now; look at every change before it is kept."""


def rows_of(table: pa.Table) -> list[dict[str, object]]:
    return [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]


def read(name: str) -> PairBatch:
    path = GOLDEN / f"{name}.jsonl"
    map_path = GOLDEN / f"{name}.toml"
    plan = plan_import(str(path), map_path=map_path if map_path.exists() else None)
    (batch,) = plan.batches()
    return batch


def as_written(batch: PairBatch) -> dict[str, object]:
    parts = ("pairs", "ratings", "votes", "gold", "scores")
    made: dict[str, object] = {part: rows_of(getattr(batch, part)) for part in parts}
    return {k: v for k, v in {**made, "losses": dict(batch.losses)}.items() if v}


@pytest.mark.parametrize("name", NAMES)
def test_reads_what_the_golden_file_says(name: str) -> None:
    expected = GOLDEN / f"{name}.expected.json"
    found = as_written(read(name))
    if UPDATE:
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_is_chosen(name: str) -> None:
    for row in read(name).pairs.to_pylist():
        chosen = row["chosen_text"] or row["chosen_messages"] or ""
        rejected = row["rejected_text"] or row["rejected_messages"] or ""
        assert "right" in chosen
        assert row["tie_kind"] is not None or "right" not in rejected


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_lost_and_the_columns_are_the_store_s(name: str) -> None:
    batch = read(name)
    assert batch.pairs.schema.equals(PAIR_COLUMNS)
    assert batch.skipped == ()
    lines = (GOLDEN / f"{name}.jsonl").read_text("utf-8").splitlines()
    assert batch.pairs.num_rows == len(lines)


def test_every_format_that_is_imported_has_a_golden_file() -> None:
    assert {spec.name for spec in FORMATS if not spec.refusal} <= set(NAMES)


def test_the_map_says_where_the_rows_come_from() -> None:
    info = plan_import(str(GOLDEN / "map.jsonl"), map_path=GOLDEN / "map.toml").info
    assert (info.name, info.licence, info.revision) == ("left or right", "MIT", "2026-01")
    assert info.named
