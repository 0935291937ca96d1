"""Margins of flipped rows turn round with the label; what cannot is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.curate.patches.apply import Options, apply, revert
from core.curate.patches.swapping import negated
from tests.patches import patch_of

Assay = Callable[..., object]
LINES = (
    '{"prompt":"q0","chosen":"a","rejected":"b","margin": 0.50 ,"weight":1.5,"flipped":false}\n'
    '{"prompt":"q1","chosen":"c","rejected":"d","margin":-1e-3}\n'
    '{"prompt":"q2","chosen":"e","rejected":"f","margin":0.0}\n'
    '{"prompt":"q3","chosen":"g","rejected":"h","margin":null}\n'
    '{"prompt":"q4","chosen":"i","rejected":"j","margin":2}\n'
)


@pytest.mark.parametrize(
    ("number", "other"),
    [("0.50", "-0.50"), ("-1e-3", "1e-3"), ('"2"', '"-2"'), ("0.0", "0.0"), ("-0", "-0"),
     ("null", "null"), ("", ""), ("high", "high"), (".5", "-.5")],
)  # fmt: skip
def test_a_number_changes_its_sign_and_back(number: str, other: str) -> None:
    assert negated(number) == other
    assert negated(other) == number


def test_json_margins_turn_round_and_back(tmp_path: Path) -> None:
    source, new, back = (tmp_path / f"{name}.jsonl" for name in ("data", "new", "back"))
    source.write_text(LINES)
    patch = patch_of(source, tmp_path / "p", dict.fromkeys(range(4), "flip"))
    done = apply(patch, source, new, Options())
    lines = new.read_text().splitlines()
    assert lines[0] == (
        '{"prompt":"q0","chosen":"b","rejected":"a","margin": -0.50 ,"weight":1.5,"flipped":false}'
    )
    assert [json.loads(text)["margin"] for text in lines] == [-0.5, 0.001, 0, None, 2]
    assert done.stale == ["flipped", "weight"]
    revert(patch, new, back, Options())
    assert back.read_bytes() == source.read_bytes()


def test_csv_margins_turn_round_and_back(tmp_path: Path) -> None:
    source, new, back = (tmp_path / f"{name}.csv" for name in ("data", "new", "back"))
    source.write_text('prompt,chosen,rejected,margin\nq0,a,b,0.50\nq1,c,d,"-2"\nq2,e,f,\n')
    patch = patch_of(source, tmp_path / "p", dict.fromkeys(range(3), "flip"))
    assert apply(patch, source, new, Options()).stale == []
    assert new.read_text() == 'prompt,chosen,rejected,margin\nq0,b,a,-0.50\nq1,d,c,"2"\nq2,f,e,\n'
    revert(patch, new, back, Options())
    assert back.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.int32()])
def test_parquet_margins_turn_round_and_back(tmp_path: Path, kind: pa.DataType) -> None:
    source, new, back = (tmp_path / f"{name}.parquet" for name in ("data", "new", "back"))
    columns = {"prompt": ["q0", "q1", "q2"], "chosen": ["a", "c", "e"], "rejected": ["b", "d", "f"]}
    margin, share = pa.array([3, None, 4], kind), pa.array([0.9, 0.8, 0.7])
    pq.write_table(pa.table({**columns, "margin": margin, "q_label_ok": share}), source)
    patch = patch_of(source, tmp_path / "p", {0: "flip", 1: "flip"})
    assert apply(patch, source, new, Options()).stale == ["q_label_ok"]
    assert pq.read_table(new)["margin"].to_pylist() == [-3, None, 4]
    revert(patch, new, back, Options())
    assert pq.read_table(back).equals(pq.read_table(source))


def test_what_stays_as_it_was_is_said_in_one_line(assay: Assay, tmp_path: Path) -> None:
    source = tmp_path / "data.jsonl"
    source.write_text(LINES)
    flips = patch_of(source, tmp_path / "p", {0: "flip"})
    said = assay("patch", "apply", flips, source, "--out", tmp_path / "new.jsonl")
    assert said.code == 0, said.err
    assert (
        "As they were in flipped rows, though they hang on the label: flipped, weight." in said.out
    )


def test_rows_of_one_answer_are_told_apart_from_a_missing_map(assay: Assay, tmp_path: Path) -> None:
    pairs, kto = tmp_path / "data.jsonl", tmp_path / "kto.jsonl"
    pairs.write_text(LINES)
    patch = patch_of(pairs, tmp_path / "p", {0: "flip"})
    odd = '{"prompt":"q","completion":"a","mark":true}\n'
    for text in (odd, odd.replace("mark", "label")):
        kto.write_text(text)
        said = assay("patch", "apply", patch, kto, "--out", tmp_path / "x.jsonl")
        assert (said.code, "--map" in said.err) == (1, False), said.err
        assert "--format says how to read them; rows of kto hold one answer each" in said.err


def test_a_verb_points_to_its_own_help_and_asks_no_log(assay: Assay) -> None:
    said = assay("patch", "make", "--out", "x", "--nonsense")
    assert (said.code, "See python -m core patch make --help" in said.err) == (2, True)
    for words in (("apply", "p", "f"), ("revert", "p", "f"), ("merge", "p", "p")):
        said = assay("patch", *words, "--out", "x", "--log", "y")
        assert (said.code, "Unrecognized arguments: --log y." in said.err) == (2, True), said.err
        assert f"See python -m core patch {words[0]} --help" in said.err
