"""Label patches on data files: rows that are named change, the others keep their bytes."""

import gzip
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.curate.patches.apply import FAMILIES, Options, apply, revert
from core.curate.patches.rows import row_hashes
from core.errors import AssayError, ExportError
from core.formats.plan import plan_import
from core.formats.spec import FORMATS
from core.schema import PAIR_COLUMNS
from tests.factories import make_pair, make_store
from tests.patches import digits, line, patch_of, rows_of, write_patch

PLAIN = Options()
PARTIAL = Options(partial=True)
LINES = (
    '{"prompt": "q0", "chosen": "good \\u00e9", "rejected" : "bad", "n":1.0}\n',
    '{"rejected":"worse, \\"quoted\\"", "chosen":  "bétter {\\"chosen\\": 1}", "prompt":"q1"}\r\n',
    '{"prompt":"q2","chosen":"a","rejected":"b","chosen_model":"m1","score_chosen":1e2,'
    '"score_rejected":-0.50,"metadata":{"score_chosen":[1],"x":{"chosen":1},"score_rejected":2}}\n',
    '{"prompt":"q3","chosen":"c","rejected":"d","chosen-rating":5,"rejected-rating":null}\n',
    "\n",
    "no row\n",
    '{"prompt":"q4","chosen":"same","rejected":"same"}\n',
    '{"prompt":"q5","chosen":"last","rejected":"line"}',
)


def jsonl(folder: Path) -> Path:
    path = folder / "data.jsonl"
    path.write_text("".join(LINES), "utf-8", newline="")
    return path


def test_flipped_rows_are_swapped_in_place_and_back_again(tmp_path: Path) -> None:
    source = jsonl(tmp_path)
    patch = patch_of(source, tmp_path / "p", dict.fromkeys(range(5), "flip"))
    done = apply(patch, source, tmp_path / "new.jsonl", PLAIN)
    lines = (tmp_path / "new.jsonl").read_bytes().decode().splitlines(keepends=True)
    assert (done.rows, done.flipped, done.foreign, done.absent) == (8, 5, 3, 0)
    assert lines[0] == '{"prompt": "q0", "chosen": "bad", "rejected" : "good \\u00e9", "n":1.0}\n'
    assert lines[1].startswith('{"rejected":"bétter {\\"chosen\\": 1}", "chosen":  "worse, ')
    assert '"rejected_model":"m1"' in lines[2]
    assert '"score_chosen":-0.50,"score_rejected":1e2' in lines[2]
    assert '{"score_chosen":2,"x":{"chosen":1},"score_rejected":[1]}' in lines[2]
    assert '"chosen-rating":null,"rejected-rating":5' in lines[3]
    assert lines[4:7] == list(LINES[4:7])
    assert lines[7] == '{"prompt":"q5","chosen":"line","rejected":"last"}'
    revert(patch, tmp_path / "new.jsonl", tmp_path / "back.jsonl", PLAIN)
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


def test_only_named_rows_change(tmp_path: Path) -> None:
    source = jsonl(tmp_path)
    patch = patch_of(source, tmp_path / "p", {0: "keep", 1: "remove", 2: "soft", 3: "flip"})
    done = apply(patch, source, tmp_path / "new.jsonl", PLAIN)
    counts = (done.kept, done.removed, done.soft, done.flipped, done.foreign, done.refused)
    assert counts == (1, 1, 1, 1, 4, 0)
    lines = (tmp_path / "new.jsonl").read_bytes().decode().splitlines(keepends=True)
    assert lines[:2] == [LINES[0], LINES[2]]
    assert lines[3:] == list(LINES[4:])


def test_removed_rows_cannot_come_back(tmp_path: Path) -> None:
    source = jsonl(tmp_path)
    patch = patch_of(source, tmp_path / "p", {0: "flip", 1: "remove"})
    apply(patch, source, tmp_path / "new.jsonl", PLAIN)
    with pytest.raises(ExportError, match="removes 1 pairs, which a file that it was applied to"):
        revert(patch, tmp_path / "new.jsonl", tmp_path / "back.jsonl", PLAIN)
    assert not (tmp_path / "back.jsonl").exists()
    revert(patch, tmp_path / "new.jsonl", tmp_path / "back.jsonl", PARTIAL)
    back = (tmp_path / "back.jsonl").read_bytes().decode()
    assert back == "".join(text for at, text in enumerate(LINES) if at != 1)


def test_a_row_with_another_label_stops_everything(tmp_path: Path) -> None:
    source = jsonl(tmp_path)
    patch = patch_of(source, tmp_path / "p", {0: "flip", 3: "flip"})
    apply(patch, source, tmp_path / "new.jsonl", PLAIN)
    with pytest.raises(ExportError) as caught:
        apply(patch, tmp_path / "new.jsonl", tmp_path / "twice.jsonl", PLAIN)
    assert "2 rows do not fit the patch, so nothing was written: line 1: its label" in str(
        caught.value
    )
    assert "line 4: " in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.jsonl", "new.jsonl", "p"]
    done = apply(patch, tmp_path / "new.jsonl", tmp_path / "twice.jsonl", PARTIAL)
    assert (done.refused, done.flipped) == (2, 0)
    assert (tmp_path / "twice.jsonl").read_bytes() == (tmp_path / "new.jsonl").read_bytes()
    with pytest.raises(ExportError, match="2 rows do not fit"):
        revert(patch, source, tmp_path / "back.jsonl", PLAIN)


def test_a_changed_text_is_another_pair(tmp_path: Path) -> None:
    source = jsonl(tmp_path)
    patch = patch_of(source, tmp_path / "p", {0: "flip"})
    source.write_text(source.read_text("utf-8").replace("q0", "Q0"), "utf-8")
    with pytest.raises(ExportError, match="No row of the file is named by the patch"):
        apply(patch, source, tmp_path / "new.jsonl", PLAIN)
    rows = rows_of(jsonl(tmp_path))
    two = write_patch(tmp_path / "p2", line(rows[0]), line(rows[1]))
    source.write_text(source.read_text("utf-8").replace("q0", "Q0"), "utf-8")
    assert apply(two, source, tmp_path / "new.jsonl", PLAIN).absent == 1


def test_a_pair_with_both_labels_is_not_undone_by_guessing(tmp_path: Path) -> None:
    source = tmp_path / "data.jsonl"
    texts = [("a", "b"), ("b", "a"), ("x", "y")]
    source.write_text(
        "".join(json.dumps({"prompt": "q", "chosen": c, "rejected": r}) + "\n" for c, r in texts)
    )
    patch = patch_of(source, tmp_path / "p", {0: "keep", 1: "flip", 2: "flip"})
    done = apply(patch, source, tmp_path / "new.jsonl", PLAIN)
    assert (done.kept, done.flipped) == (1, 2)
    rows = [json.loads(text) for text in (tmp_path / "new.jsonl").read_text().splitlines()]
    assert [row["chosen"] for row in rows] == ["a", "a", "y"]
    with pytest.raises(ExportError, match=r"2 rows do not fit .* stood with both labels"):
        revert(patch, tmp_path / "new.jsonl", tmp_path / "back.jsonl", PLAIN)
    both = patch_of(source, tmp_path / "p2", {0: "flip", 1: "flip"})
    apply(both, source, tmp_path / "swapped.jsonl", PLAIN)
    revert(both, tmp_path / "swapped.jsonl", tmp_path / "back.jsonl", PLAIN)
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_keeps_how_cells_are_written(tmp_path: Path, delimiter: str) -> None:
    source = tmp_path / ("data.tsv" if delimiter == "\t" else "data.csv")
    rows = (
        'id,"prompt",chosen,rejected,chosen_score,rejected_score',
        '1,q0,"a ""b"", c",plain,1.50,2',
        '2,q1,"two\r\nlines",x" y,,3',
        "",
        "3,too,few",
        '4,q2,"","other",0,0',
        '5,q3,left,"quoted"tail,1,2',
    )
    source.write_bytes("\r\n".join(rows).replace(",", delimiter).encode())
    patch = patch_of(source, tmp_path / "p", {0: "flip", 1: "flip", 2: "flip", 3: "flip"})
    out = tmp_path / f"new{source.suffix}"
    done = apply(patch, source, out, PLAIN)
    assert (done.flipped, done.foreign) == (4, 2)
    lines = out.read_bytes().decode().replace(delimiter, ",")
    assert '1,q0,plain,"a ""b"", c",2,1.50\r\n2,q1,x" y,"two\r\nlines",3,\r\n\r\n3,too' in lines
    assert lines.endswith('4,q2,"other","",0,0\r\n5,q3,"quoted"tail,left,2,1')
    revert(patch, out, tmp_path / f"back{source.suffix}", PLAIN)
    assert (tmp_path / f"back{source.suffix}").read_bytes() == source.read_bytes()


TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


def said(prompt: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]


def parquet(path: Path, n: int = 2500) -> pa.Table:
    metadata = [
        None if i % 7 == 0 else {"score_chosen": i, "score_rejected": -i, "z": "k"}
        for i in range(n)
    ]
    table = pa.table(
        {
            "prompt": [f"q{i}" for i in range(n)],
            "chosen": pa.array([said(f"q{i}", f"good {i}") for i in range(n)], TURNS),
            "rejected": pa.array([said(f"q{i}", f"bad {i}") for i in range(n)], TURNS),
            "messages": pa.array([said(f"q{i}", f"good {i}") for i in range(n)], TURNS),
            "score_chosen": pa.array([None if i % 3 else i / 2 for i in range(n)], pa.float32()),
            "score_rejected": pa.array([i / 4 for i in range(n)], pa.float32()),
            "metadata": metadata,
            "kind": pa.array(["a", "b"] * (n // 2)).dictionary_encode(),
        }
    ).replace_schema_metadata({"huggingface": "{}"})
    pq.write_table(table, path, row_group_size=700, compression="zstd")
    return table


def test_parquet_keeps_its_schema_and_all_other_values(tmp_path: Path) -> None:
    source, out = tmp_path / "data.parquet", tmp_path / "new.parquet"
    before = parquet(source)
    patch = patch_of(source, tmp_path / "p", {0: "flip", 8: "flip", 2400: "flip", 5: "keep"})
    done = apply(patch, source, out, PLAIN)
    assert (done.rows, done.flipped, done.kept, done.foreign) == (2500, 3, 1, 2496)
    after = pq.read_table(out)
    assert after.schema.equals(pq.read_schema(source), check_metadata=True)
    row = after.slice(8, 1).to_pylist()[0]
    assert row["chosen"] == row["messages"] == said("q8", "bad 8")
    assert row["rejected"] == said("q8", "good 8")
    assert (row["score_chosen"], row["score_rejected"]) == (2.0, None)
    assert row["metadata"] == {"score_chosen": -8, "score_rejected": 8, "z": "k"}
    assert after["metadata"][0].as_py() is None
    assert after.slice(9, 2000).equals(before.cast(after.schema).slice(9, 2000))
    revert(patch, out, tmp_path / "back.parquet", PLAIN)
    assert pq.read_table(tmp_path / "back.parquet").equals(pq.read_table(source))
    removed = patch_of(source, tmp_path / "p2", dict.fromkeys(range(2499), "remove"))
    assert apply(removed, source, tmp_path / "few.parquet", PLAIN).removed == 2499
    assert pq.read_table(tmp_path / "few.parquet")["prompt"].to_pylist() == ["q2499"]


def test_compressed_files_stay_compressed(tmp_path: Path) -> None:
    plain = jsonl(tmp_path)
    source = tmp_path / "packed.jsonl.gz"
    source.write_bytes(gzip.compress(plain.read_bytes()))
    patch = patch_of(source, tmp_path / "p", {0: "flip"})
    apply(patch, source, tmp_path / "new.jsonl.gz", PLAIN)
    apply(patch, plain, tmp_path / "new.jsonl", PLAIN)
    assert (
        gzip.decompress((tmp_path / "new.jsonl.gz").read_bytes())
        == (tmp_path / "new.jsonl").read_bytes()
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_goes_there_and_back(tmp_path: Path, family: str) -> None:
    example = dict(FORMATS.get(family).example)
    source, out = tmp_path / "data.jsonl", tmp_path / "new.jsonl"
    source.write_text(json.dumps(example) + "\n")
    patch = patch_of(source, tmp_path / "p", {0: "flip"}, family)
    options = Options(format=family)
    assert apply(patch, source, out, options).flipped == 1
    made = json.loads(out.read_text())
    assert (made["chosen"], made["rejected"]) == (example["rejected"], example["chosen"])
    assert rows_of(out, family)[0][1:] == rows_of(source, family)[0][:0:-1]
    revert(patch, out, tmp_path / "back.jsonl", options)
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("family", [spec.name for spec in FORMATS if not spec.refusal])
def test_hashes_are_those_of_the_store(tmp_path: Path, family: str) -> None:
    spec = FORMATS.get(family)
    (tmp_path / "data.jsonl").write_text(json.dumps(dict(spec.example)) + "\n")
    (batch,) = plan_import(str(tmp_path / "data.jsonl"), format_name=family).batches()
    given = batch.pairs.to_pylist()[0]
    rows = [
        make_pair(0, **given),
        make_pair(1, prompt_text="käse\u2028", chosen_text="", rejected_text="\U0001f600"),
    ]
    store = make_store(tmp_path / "store", rows)
    hashes = store.query("patch_hashes", {"rows": [0, 1]}).to_pylist()
    store.close()
    mine = row_hashes(pa.Table.from_pylist(rows, PAIR_COLUMNS))
    assert [digits(digest) for digest in mine.pair] == [held["pair"] for held in hashes]
    assert [digits(digest) for digest in mine.chosen] == [held["chosen"] for held in hashes]
    assert all(held["rejected"] != held["chosen"] for held in hashes)


def odd(name: str, text: str = "x") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return make


@pytest.mark.parametrize(
    ("make", "out", "says"),
    [
        (odd("data.json", "[]"), "new.json", "is not named as JSON Lines, CSV, TSV, Parquet"),
        (jsonl, "new.parquet", "is not named as JSON Lines"),
        (jsonl, "data.jsonl", "is there already; it is not replaced"),
        (jsonl, "no/new.jsonl", "is no file in a folder that is there"),
        (odd("data.jsonl", '{"text": 1}\n'), "new.jsonl", "no format that import knows"),
        (
            odd("data.jsonl", json.dumps(dict(FORMATS.get("arena").example)) + "\n"),
            "new.jsonl",
            "is read as arena; a patch is applied to trl_explicit,",
        ),
        (lambda folder: folder / "none.jsonl", "new.jsonl", "does not exist"),
    ],
)
def test_what_is_not_patched_is_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path], out: str, says: str
) -> None:
    patch = patch_of(jsonl(tmp_path), tmp_path / "p", {0: "flip"})
    source = make(tmp_path)
    held = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(AssayError, match=says):
        apply(patch, source, tmp_path / out, PLAIN)
    assert sorted(path.name for path in tmp_path.iterdir()) == held


def test_columns_of_two_types_are_not_swapped(tmp_path: Path) -> None:
    source = tmp_path / "data.parquet"
    columns = {"prompt": ["q"], "chosen": ["a"], "rejected": ["b"], "chosen_score": [1]}
    pq.write_table(pa.table({**columns, "rejected_score": ["x"]}), source)
    patch = patch_of(source, tmp_path / "p", {0: "flip"})
    with pytest.raises(ExportError, match="chosen_score and rejected_score have different types"):
        apply(patch, source, tmp_path / "new.parquet", PLAIN)
    assert not (tmp_path / "new.parquet").exists()


def test_force_replaces_and_links_are_not_followed(tmp_path: Path) -> None:
    source = jsonl(tmp_path)
    patch = patch_of(source, tmp_path / "p", {0: "flip"})
    (tmp_path / "link.jsonl").symlink_to(source)
    with pytest.raises(ExportError, match="is there already"):
        apply(patch, source, tmp_path / "link.jsonl", PLAIN)
    apply(patch, source, tmp_path / "link.jsonl", Options(force=True))
    assert not (tmp_path / "link.jsonl").is_symlink()
    assert source.read_bytes() == "".join(LINES).encode()
    assert asdict(apply(patch, source, source, Options(force=True)))["flipped"] == 1
    assert source.read_bytes() == (tmp_path / "link.jsonl").read_bytes()
