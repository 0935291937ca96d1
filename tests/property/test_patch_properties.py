"""Label patches on any rows: applied and reverted is where one began, byte for byte."""

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from core.curate.patches.apply import Options, apply, revert
from core.curate.patches.swapping import csv_cells, swapped_json
from tests.patches import patch_of, rows_of

NAMES = ("prompt", "chosen", "rejected", "chosen_model", "score_rejected", "score_chosen", "n")
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS | st.floats(-9, 9)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from("abc"), VALUES), min_size=1, max_size=8)
EXPLICIT = Options(format="trl_explicit")


def rows_from(drawn: Sequence[tuple[str, str, str, object]]) -> list[dict[str, object]]:
    """Return rows whose prompts differ, so that no pair stands twice."""
    return [
        {"n": value, "rejected": f"{text}{extra}", "chosen": text, "prompt": f"{i} {prompt}"}
        for i, (prompt, text, extra, value) in enumerate(drawn)
    ]


def there_and_back(source: Path, n: int, flips: Sequence[int]) -> bytes:
    """Apply a patch and revert it; return the bytes that came back."""
    folder = source.parent
    out, back = (folder / f"{name}{source.suffix}" for name in ("new", "back"))
    actions = {at: "keep" if at % 3 == 2 else "flip" for at in range(n) if at in flips or not at}
    patch = patch_of(source, folder / "patch", actions, "trl_explicit")
    before, done = rows_of(source, "trl_explicit"), apply(patch, source, out, EXPLICIT)
    assert (done.flipped + done.kept, done.refused) == (len(actions), 0)
    after = rows_of(out, "trl_explicit")
    for at, (one, two) in enumerate(zip(before, after, strict=True)):
        assert two == ((one[0], one[2], one[1]) if actions.get(at) == "flip" else one)
    revert(patch, out, back, EXPLICIT)
    return back.read_bytes()


@given(ROWS, st.sets(st.integers(0, 7)), st.booleans(), st.sampled_from((None, 1)))
def test_lines_of_json(
    drawn: list[tuple[str, str, str, object]], flips: set[int], ascii: bool, indent: int | None
) -> None:
    rows = rows_from(drawn)
    separators = (" ,", ":  ") if indent else None
    lines = [json.dumps(row, ensure_ascii=ascii, separators=separators) for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "data.jsonl"
        source.write_bytes("\n".join(lines).encode())
        assert there_and_back(source, len(rows), flips) == source.read_bytes()


@given(ROWS, st.sets(st.integers(0, 7)), st.sampled_from((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)))
def test_records_of_csv(
    drawn: list[tuple[str, str, str, object]], flips: set[int], quoting: int
) -> None:
    # A cell reads back as it was written but for NUL, which csv takes, and lone carriage returns.
    rows = [
        {k: str(v).replace("\0", "0").replace("\r", "r") for k, v in row.items()}
        for row in rows_from(drawn)
    ]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["prompt", "chosen", "rejected", "n"], quoting=quoting)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "data.csv"
        source.write_bytes(text.getvalue().encode())
        assert there_and_back(source, len(rows), flips) == source.read_bytes()


@given(ROWS, st.sets(st.integers(0, 7)))
def test_rows_of_parquet(drawn: list[tuple[str, str, str, object]], flips: set[int]) -> None:
    rows = [{**row, "n": str(row["n"])} for row in rows_from(drawn)]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "data.parquet"
        pq.write_table(pa.Table.from_pylist(rows), source)
        there_and_back(source, len(rows), flips)
        assert pq.read_table(Path(folder) / "back.parquet").equals(pq.read_table(source))


KEYS = (*NAMES, "metadata", "messages")


@given(st.dictionaries(st.sampled_from(KEYS), VALUES | st.lists(VALUES)), st.booleans())
def test_a_row_swapped_twice_is_itself(row: dict[str, object], ascii: bool) -> None:
    row = {"chosen": 1, "rejected": [2], **row}
    text = json.dumps(row, ensure_ascii=ascii)
    once = swapped_json(text)
    assert swapped_json(once) == text
    assert (json.loads(once)["chosen"], json.loads(once)["rejected"]) == (
        row["rejected"], row["chosen"],
    )  # fmt: skip


@given(st.text('ab",\n ', max_size=20))
def test_cells_are_where_csv_finds_them(record: str) -> None:
    found = next(csv.reader(io.StringIO(record, newline="")), [])
    whole = list(csv.reader(io.StringIO(record, newline="")))
    if len(whole) != 1 or record.endswith("\n"):
        return  # several records, or the end of one inside quotes that never close
    cells = csv_cells(record, ",")
    assert ",".join(cells) == record
    assert [next(csv.reader(io.StringIO(cell, newline="")), [""])[0] for cell in cells] == found
