"""What must hold for any rows: nothing is lost, nothing depends on the form, no side is swapped."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from core.formats import FORMATS, open_source, read_batches
from core.formats.assemble import CONTENT
from core.formats.messages import clean_messages, prompt_content, response_content
from core.formats.outcomes import Outcome, majority, opposite
from core.formats.plan import convert
from core.formats.values import python_values
from core.schema import PairBatch

Row = Mapping[str, object]
FEW = settings(max_examples=40)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
filled = texts.filter(bool)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
roles = st.sampled_from(["user", "assistant", "system"])
talks = st.lists(st.fixed_dictionaries({"role": roles, "content": texts}), min_size=1, max_size=4)
pairs = st.tuples(texts, texts, texts).filter(lambda p: p[1] != p[2])
outcomes = st.sampled_from(
    [Outcome("first"), Outcome("second"), Outcome(None, "tie"), Outcome(None, "both_bad")]
)


def user(text: str) -> Row:
    return {"role": "user", "content": text}


def assistant(text: str) -> Row:
    return {"role": "assistant", "content": text}


def read(name: str, rows: list[Row]) -> PairBatch:
    """Read rows as one format from a JSON Lines file."""
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return read_file("rows.jsonl", data, name)


def read_file(file: str, data: bytes, name: str) -> PairBatch:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        path.write_bytes(data)
        (batch,) = read_batches(open_source(str(path)))
    return convert(FORMATS.get(name), batch)


def content(batch: PairBatch) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in batch.pairs.select(list(CONTENT)).to_pylist()]


@FEW
@given(
    rows=st.lists(
        st.dictionaries(
            st.sampled_from(["prompt", "chosen", "rejected", "score_chosen", "margin", "x"]),
            json_values | talks,
        ).filter(bool),
        min_size=1,
        max_size=5,
    ),
    name=st.sampled_from([spec.name for spec in FORMATS if not spec.refusal]),
)
def test_every_row_is_a_pair_or_quarantined(rows: list[Row], name: str) -> None:
    batch = read(name, rows)
    assert batch.pairs.num_rows + len(batch.skipped) + batch.unpaired == len(rows)
    lines = {s.line - 1 for s in batch.skipped}
    assert lines.isdisjoint(batch.pairs.column("row").to_pylist())
    assert all(s.reason and not s.reason.endswith(".") for s in batch.skipped)
    for row in batch.pairs.to_pylist():
        for part in ("prompt", "chosen", "rejected"):
            assert (row[f"{part}_text"] is None) != (row[f"{part}_messages"] is None)
        if row["extra"] is not None:
            json.loads(row["extra"], parse_constant=lambda c: 1 / 0)


@FEW
@given(st.lists(st.binary(max_size=30).filter(lambda b: b"\n" not in b), max_size=6))
def test_any_bytes_are_rows_or_quarantined_lines(lines: list[bytes]) -> None:
    data = b'{"first": 1}\n' + b"\n".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(data)
        batches = list(read_batches(open_source(str(path))))
    found = sum(b.table.num_rows + len(b.skipped) for b in batches)
    assert found == 1 + sum(bool(line.strip()) for line in lines)


@FEW
@given(pairs)
def test_the_same_content_is_the_same_in_every_format(pair: tuple[str, str, str]) -> None:
    prompt, chosen, rejected = pair
    first, second = [user(prompt), assistant(chosen)], [user(prompt), assistant(rejected)]
    parts = [[{"type": "text", "text": t["content"]}] for t in first]
    battle = {"model_a": "a", "model_b": "b", "winner": "model_a"}
    forms: dict[str, Row] = {
        "trl_explicit": {"prompt": prompt, "chosen": chosen, "rejected": rejected},
        "trl_conversational": {
            "prompt": [user(prompt)],
            "chosen": [assistant(chosen)],
            "rejected": [assistant(rejected)],
        },
        "trl_conversational_implicit": {"chosen": first, "rejected": second},
        "trl_mixed": {"prompt": prompt, "chosen": first, "rejected": second},
        "arena": {
            **battle,
            "conversation_a": [{**t, "content": p} for t, p in zip(first, parts, strict=True)],
            "conversation_b": json.dumps(second),
        },
    }
    found = {name: content(read(name, [row])) for name, row in forms.items()}
    assert set(map(tuple, found.values())) == {((None, prompt, None, chosen, None, rejected),)}


@FEW
@given(pairs)
def test_hh_is_the_same_too_where_no_text_holds_a_marker(pair: tuple[str, str, str]) -> None:
    prompt, chosen, rejected = pair
    if any("\n\nHuman:" in t or "\n\nAssistant:" in t for t in pair):
        return
    head = f"\n\nHuman: {prompt}\n\nAssistant: "
    row = {"chosen": head + chosen, "rejected": head + rejected}
    assert content(read("hh_rlhf", [row])) == [(None, prompt, None, chosen, None, rejected)]


@FEW
@given(pairs, st.sampled_from(["model_a", "model_b", "tie", "both_bad"]))
def test_swapping_the_sides_of_a_battle_flips_nothing_but_a_tie_s_order(
    pair: tuple[str, str, str], winner: str
) -> None:
    prompt, a, b = pair
    row = {
        "model_a": "x",
        "model_b": "y",
        "winner": winner,
        "judge": "j",
        "conversation_a": [user(prompt), assistant(a)],
        "conversation_b": [user(prompt), assistant(b)],
    }
    once, twice = swapped(row), swapped(swapped(row))
    assert twice == row
    straight, turned = read("arena", [row]), read("arena", [once])
    assert straight.votes.to_pylist() == turned.votes.to_pylist()
    (pair_a,), (pair_b,) = straight.pairs.to_pylist(), turned.pairs.to_pylist()
    if winner.startswith("model"):
        assert pair_a == pair_b
    else:
        assert pair_a["tie_kind"] == pair_b["tie_kind"] == winner
        assert pair_a["chosen_text"] == pair_b["rejected_text"]
        assert pair_a["chosen_model"] == pair_b["rejected_model"]


def swapped(row: Row) -> Row:
    turn = {"model_a": "model_b", "model_b": "model_a"}
    return {
        **row,
        "winner": turn.get(str(row["winner"]), row["winner"]),
        "model_a": row["model_b"],
        "model_b": row["model_a"],
        "conversation_a": row["conversation_b"],
        "conversation_b": row["conversation_a"],
    }


@FEW
@given(talks)
def test_canonical_content_is_read_back_as_itself(talk: list[dict[str, object]]) -> None:
    turns = clean_messages(talk, "talk")
    for make, role in ((prompt_content, "user"), (response_content, "assistant")):
        made = make(turns)
        plain = [{"role": role, "content": made.text}]
        again = json.loads(made.messages) if made.messages else plain
        assert again == turns
        assert make(clean_messages(again, "talk")) == made


@FEW
@given(st.lists(outcomes, min_size=1, max_size=9))
def test_a_majority_turns_with_the_sides(votes: list[Outcome]) -> None:
    assert majority([opposite(v) for v in votes]) == opposite(majority(votes))
    assert [opposite(opposite(v)) for v in votes] == votes


@FEW
@given(st.lists(st.tuples(filled, filled, filled), min_size=1, max_size=4))
def test_every_container_gives_the_same_pairs(rows: list[tuple[str, str, str]]) -> None:
    dicts = [dict(zip(("prompt", "chosen", "rejected"), row, strict=True)) for row in rows]
    lines = "".join(json.dumps(row) + "\n" for row in dicts).encode()
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(dicts), sink)
    files = {
        "a.jsonl": lines,
        "a.jsonl.gz": gzip.compress(lines),
        "a.json": json.dumps(dicts).encode(),
        "a.parquet": sink.getvalue().to_pybytes(),
    }
    found = {name: read_file(name, data, "trl_explicit") for name, data in files.items()}
    first = found["a.jsonl"].pairs
    assert all(batch.pairs.equals(first) for batch in found.values())


nested_types = st.recursive(
    st.sampled_from([pa.int64(), pa.string(), pa.bool_()]),
    lambda inner: (
        inner.map(pa.list_)
        | st.lists(inner, min_size=1, max_size=3).map(
            lambda kinds: pa.struct([(f"f{i}", kind) for i, kind in enumerate(kinds)])
        )
    ),
    max_leaves=4,
)


def values_of(kind: pa.DataType) -> st.SearchStrategy[object]:
    if pa.types.is_list(kind):
        return st.none() | st.lists(values_of(kind.value_type), max_size=3)
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name: values_of(kind.field(i).type) for i in range(kind.num_fields)}
        return st.none() | st.fixed_dictionaries(fields)
    plain = {pa.int64(): st.integers(-9, 9), pa.string(): texts, pa.bool_(): st.booleans()}
    return st.none() | plain[kind]


@FEW
@given(st.data(), nested_types, st.integers(0, 4))
def test_nested_arrow_becomes_python(data: st.DataObject, kind: pa.DataType, at: int) -> None:
    values = data.draw(st.lists(values_of(kind), max_size=8))
    array = pa.array(values, kind)
    sliced = pa.chunked_array([array.slice(at), array.slice(0, at)])
    assert python_values(array) == array.to_pylist() == values
    assert python_values(sliced) == sliced.to_pylist()
