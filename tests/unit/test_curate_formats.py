"""Formats and kinds of file: what they hold comes back, what they say they lose is not there."""

import csv
import gzip
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.curate.filekinds import guarded, read_csv, unguarded
from core.curate.shapes import ALWAYS, LOSSES, ROLES, Seen
from core.curate.textbatches import texts
from core.curate.writers import FILES, FORMATS, PROVENANCE, Shape, swap_sides
from core.errors import ExportError
from core.store.instance import Store
from tests.factories import Row, make_pair, make_store

ODD = 'tab\t quote" \\ \x07 \u2028 \u202e é 🙂 </script>, "a", \r\n=1+1'
SIDES = [
    *((f"{side}_{what}", pa.string()) for side in ROLES for what in ("text", "messages")),
    *((f"{side}_model", pa.string()) for side in ("chosen", "rejected")),
    *((f"{side}_id", pa.int64()) for side in ("chosen", "rejected")),
]
NUMBERS = [(name, pa.float64()) for name in ("strength", "margin", "weight")]
LABEL = [("flipped", pa.bool_()), ("provenance", pa.string())]
TABLE = pa.schema([*PROVENANCE, *SIDES, *NUMBERS, *LABEL])
COLUMNS = ("weight", "flipped", "provenance")
SHAPES = list(FORMATS)
EVERY = [(shape.name, kind) for shape in FORMATS for kind in shape.files]


def row(number: int = 0, **over: object) -> Row:
    made = {
        "pair_id": f"{number * 7 + 1:016x}",
        "source": "made",
        "source_split": "train",
        "row": number,
        "prompt_text": f"question {number}",
        "prompt_messages": None,
        "chosen_text": f"good {number}",
        "chosen_messages": None,
        "rejected_text": f"bad {number}",
        "rejected_messages": None,
        "chosen_id": 2 * number + 1,
        "rejected_id": 2 * number + 2,
        "chosen_model": "model-of-the-chosen",
        "rejected_model": None,
        "strength": None,
        "flipped": number % 2 == 1,
        "provenance": "majority of 3 votes",
        "margin": None if number % 3 == 2 else number / 4,
        "weight": None if number % 3 == 1 else 1.5,
    }
    return {**made, **over}


def odd_rows() -> list[Row]:
    return [
        row(0),
        row(1, prompt_text=" two\nlines\r\n", chosen_text=ODD, rejected_text=""),
        row(2, chosen_text="=HYPERLINK(1)", rejected_text="NA", source="+source, x"),
        row(3, chosen_text="- a list", rejected_text="'quoted'", prompt_text="007"),
        row(4, chosen_text="2024-01-01 is a day", rejected_text="null"),
    ]


def talk(*turns: tuple[str, str], **keys: str) -> str:
    return json.dumps([{"role": role, "content": content, **keys} for role, content in turns])


def talk_rows(shape: Shape) -> list[Row]:
    turns = (("system", "be brief"), ("user", "hi"), ("assistant", "yes?"), ("user", "go on"))
    said = talk(("assistant", "well"), ("user", "and?"), ("assistant", "done"))
    answers = {"chosen_messages": said, "chosen_text": "well"} if shape.turns == "both" else {}
    return [row(0), row(1, prompt_messages=talk(*turns), **answers), row(2)]


def rows_for(shape: Shape) -> list[Row]:
    return [*odd_rows(), *(talk_rows(shape) if shape.turns else [])]


def table(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, TABLE)


def written(
    shape: Shape, kind: str, rows: Sequence[Row], path: Path, columns: tuple[str, ...] = COLUMNS
) -> Path:
    path.mkdir()
    file = path / f"train-00000-of-00001.{kind}"
    count = FILES.get(kind).write(
        file, shape.schema_of(columns), shape.rows([table(rows)], columns)
    )
    assert count == sum(t.num_rows for t in shape.rows([table(rows)], columns))
    return file


def loaded(file: Path, shape: Shape, kind: str, cache: Path) -> list[Row]:
    """The rows as a trainer gets them, types as the card states them."""
    import datasets

    builder = {"jsonl": "json", "jsonl.gz": "json", "jsonl.zst": "json"}.get(kind, kind)
    features = datasets.Features.from_arrow_schema(shape.schema_of(COLUMNS))
    further = FILES.get(kind).config
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = datasets.load_dataset(
            builder, data_files=str(file), cache_dir=str(cache), features=features, **further
        )
    return list(rows["train"])


def projected(shape: Shape, rows: Sequence[Row]) -> list[Row]:
    return [line for t in shape.rows([table(rows)], COLUMNS) for line in t.to_pylist()]


def plain(value: object) -> object:
    return unguarded(pa.array([value]))[0].as_py() if isinstance(value, str) else value


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_datasets_loads_every_format_from_every_kind_of_file(
    tmp_path: Path, name: str, kind: str
) -> None:
    shape = FORMATS.get(name)
    rows = rows_for(shape)
    got = loaded(written(shape, kind, rows, tmp_path / "out"), shape, kind, tmp_path / "cache")
    if kind == "csv":
        got = [{name: plain(value) for name, value in line.items()} for line in got]
    assert got == projected(shape, rows)


Told = tuple[object, object, object]


def _turns(said: str | None, messages: str | None, role: str) -> list[Row]:
    return json.loads(messages) if messages else [{"role": role, "content": said}]


def told(line: Row, turns: bool) -> Told:
    """Prompt, chosen and rejected of a row of texts."""
    sides = []
    for side, role in ROLES.items():
        said, messages = line[f"{side}_text"], line[f"{side}_messages"]
        sides.append(_turns(said, messages, role) if turns else said)
    return tuple(sides)


def _sides(line: Row) -> Told:
    return line["prompt"], line["chosen"], line["rejected"]


def _from_openai(line: Row) -> Told:
    return line["input"]["messages"], line["preferred_output"], line["non_preferred_output"]


def _from_sharegpt(line: Row) -> Told:
    roles = {"human": "user", "gpt": "assistant", "observation": "tool"}

    def turns(said: Sequence[Row]) -> list[Row]:
        return [{"role": roles.get(t["from"], t["from"]), "content": t["value"]} for t in said]

    return turns(line["conversations"]), turns([line["chosen"]]), turns([line["rejected"]])


def _from_helpsteer3(line: Row) -> Told:
    both = line["response1"], line["response2"]
    chosen, rejected = both if line["overall_preference"] < 0 else both[::-1]
    answers = ([{"role": "assistant", "content": text}] for text in (chosen, rejected))
    return line["context"], *answers


def _from_annotated(line: Row) -> Told:
    both = line["response_a"]["text"], line["response_b"]["text"]
    chosen, rejected = both if line["annotations"]["label"]["pref"] == "a" else both[::-1]
    return line["prompt"], chosen, rejected


READERS: Mapping[str, Callable[[Row], Told]] = {
    "trl": _sides,
    "trl-conversational": _sides,
    "reward": _sides,
    "reward-conversational": _sides,
    "rewardbench": _sides,
    "openai": _from_openai,
    "sharegpt": _from_sharegpt,
    "helpsteer3": _from_helpsteer3,
    "annotated-pairs": _from_annotated,
}


@pytest.mark.parametrize("name", READERS)
def test_who_reads_a_format_by_its_own_rules_gets_the_same_pairs(name: str) -> None:
    shape = FORMATS.get(name)
    rows = rows_for(shape)
    got = [READERS[name](line) for line in projected(shape, rows)]
    assert got == [told(line, bool(shape.turns)) for line in rows]


@pytest.mark.parametrize("name", ["trl-implicit", "trl-conversational-implicit"])
def test_trl_finds_the_prompt_again_where_the_answers_begin_differently(name: str) -> None:
    from trl.data_utils import extract_prompt

    shape = FORMATS.get(name)
    rows = [line for line in rows_for(shape) if line["rejected_text"]]
    got = [_sides(extract_prompt(line)) for line in projected(shape, rows)]
    assert got == [told(line, bool(shape.turns)) for line in rows]


@pytest.mark.parametrize("name", ["kto", "kto-conversational"])
def test_unpaired_rows_are_the_answers_with_their_labels(name: str) -> None:
    shape = FORMATS.get(name)
    rows = rows_for(shape)
    rows = [
        {**line, "chosen_id": 2 * i + 1, "rejected_id": 2 * i + 2} for i, line in enumerate(rows)
    ]
    expected = [told(line, bool(shape.turns)) for line in rows]
    got = [(r["prompt"], r["completion"], r["label"]) for r in projected(shape, rows)]
    assert got[::2] == [(prompt, chosen, True) for prompt, chosen, _ in expected]
    assert got[1::2] == [(prompt, rejected, False) for prompt, _, rejected in expected]


def test_an_answer_stands_once_with_each_label() -> None:
    first = row(0, chosen_id=1, rejected_id=2, weight=2.0)
    again = row(1, chosen_id=1, rejected_id=3, chosen_text=first["chosen_text"])
    other = row(2, chosen_id=2, rejected_id=3, chosen_text=first["rejected_text"])
    shape = FORMATS.get("kto")
    parts = [table([first]), table([again, other])]
    got = [line for t in shape.rows(parts, COLUMNS) for line in t.to_pylist()]
    assert [(r["completion"], r["label"], r["row"]) for r in got] == [
        ("good 0", True, 0),
        ("bad 0", False, 0),
        ("bad 1", False, 1),
        ("bad 0", True, 2),
    ]


@given(st.lists(st.lists(st.integers(-6, 6).filter(bool), max_size=8), max_size=6))
def test_seen_answers_are_those_of_a_set(batches: list[list[int]]) -> None:
    seen, known = Seen(), set()
    for batch in batches:
        expected = [not (one in known or known.add(one)) for one in batch]
        assert seen.fresh(np.array(batch, np.int64)).tolist() == expected


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_row_leads_back_and_holds_the_columns_asked_for(shape: Shape) -> None:
    rows = odd_rows()
    got = [line[shape.nest] if shape.nest else line for line in projected(shape, rows)]
    by_pair = {line["pair_id"]: line for line in rows}
    assert {line["pair_id"] for line in got} == set(by_pair)
    for line in got:
        names = [*PROVENANCE.names, *COLUMNS]
        assert [line[name] for name in names] == [by_pair[line["pair_id"]][name] for name in names]
    assert shape.schema_of(()).names == shape.schema_of(COLUMNS).names[: len(shape.schema_of(()))]


def test_a_margin_is_written_once_and_an_unknown_one_asks_for_nothing() -> None:
    shape = FORMATS.get("reward")
    assert shape.schema_of(("margin",)).names.count("margin") == 1
    assert [line["margin"] for line in projected(shape, [row(0), row(1), row(2)])] == [0, 0.25, 0]


MARK = "sentinel-of-a-loss"
PROBES: Mapping[str, Row] = {
    "models": {"chosen_model": MARK, "rejected_model": MARK},
    "keys": {"prompt_messages": talk(("user", "hi"), name=MARK), "prompt_text": None},
    "conversations": {
        "prompt_messages": talk(("system", MARK), ("user", "hi")),
        "prompt_text": None,
    },
}


@pytest.mark.parametrize("key", PROBES)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_a_format_says_it_loses_is_not_there_and_all_else_is(
    tmp_path: Path, shape: Shape, key: str
) -> None:
    file = written(shape, shape.files[0], [row(0, **PROBES[key])], tmp_path / "out")
    lost = key in shape.lacks or key in ALWAYS
    assert (MARK.encode() in file.read_bytes()) != lost
    assert (LOSSES[key] in shape.losses) == lost


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_strengths_are_lost_or_rounded_as_said(tmp_path: Path, shape: Shape) -> None:
    strengths = (None, 0.2, 1.0, 2.0, -2.6, 7.5)
    rows = [row(i, strength=strength) for i, strength in enumerate(strengths)]
    without = [{**line, "strength": None} for line in rows]
    same = projected(shape, rows) == projected(shape, without)
    assert same == ("strength" in shape.lacks)
    if not same:
        assert "strength_scale" in shape.lacks
        got = [abs(line["overall_preference"]) for line in projected(shape, rows)]
        assert got == [1, 1, 1, 2, 3, 3]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_answers_of_several_turns_are_refused_where_only_prompts_may_be_talks(
    shape: Shape,
) -> None:
    said = talk(("assistant", MARK), ("user", "and?"), ("assistant", "done"))
    rows = [row(0, chosen_messages=said, chosen_text=None)]
    assert ("answer_turns" in shape.lacks) == (shape.turns == "prompt")
    if shape.turns == "prompt":
        with pytest.raises(ExportError, match=f"several turns cannot be written as {shape.name}"):
            projected(shape, rows)
    else:
        assert (MARK in json.dumps(projected(shape, rows))) == (shape.turns == "both")


@pytest.mark.parametrize(
    ("name", "key"),
    [("trl-implicit", "boundary"), ("trl-conversational-implicit", "turn_boundary")],
)
def test_where_answers_begin_alike_trl_takes_that_for_the_prompt(name: str, key: str) -> None:
    from trl.data_utils import extract_prompt

    shape = FORMATS.get(name)
    said = [talk(("assistant", "I see"), ("user", "so?"), ("assistant", end)) for end in "xy"]
    sides = zip(("chosen", "rejected"), ("I see x", "I see y"), said, strict=True)
    over = {f"{s}_text": text for s, text, _ in sides}
    if shape.turns:
        over |= {"chosen_messages": said[0], "rejected_messages": said[1]}
    (line,) = projected(shape, [row(0, **over)])
    expected = told(row(0, **over), bool(shape.turns))
    assert _sides(extract_prompt(line)) != expected
    assert key in shape.lacks


def test_every_loss_is_said_by_some_format() -> None:
    assert set(LOSSES) == {key for shape in FORMATS for key in (*shape.lacks, *ALWAYS)}


def test_sides_are_a_draw_that_the_label_does_not_move() -> None:
    rng = np.random.default_rng(3)
    rows = [row(i, pair_id=f"{one:016x}") for i, one in enumerate(rng.integers(1, 2**63, 400))]
    swapped = swap_sides(table(rows), np.ones(400, np.bool_))
    shape = FORMATS.get("helpsteer3")
    one, two = (shape.project(t).to_pylist() for t in (table(rows), swapped))
    assert [line["response1"] for line in one] == [line["response1"] for line in two]
    signs = [line["overall_preference"] for line in one]
    assert signs == [-line["overall_preference"] for line in two]
    assert 150 < sum(sign < 0 for sign in signs) < 250


def test_swapped_rows_take_everything_of_a_side_along() -> None:
    rows = [row(0, strength=3.0), row(1, strength=2.0, chosen_messages=talk(("assistant", "x")))]
    flipped = np.array([False, True])
    got = swap_sides(table(rows), flipped)
    assert got.schema == table(rows).schema
    still, swapped = got.to_pylist()
    assert still == rows[0]
    for what in ("text", "messages", "model", "id"):
        assert swapped[f"chosen_{what}"] == rows[1][f"rejected_{what}"]
        assert swapped[f"rejected_{what}"] == rows[1][f"chosen_{what}"]
    assert swapped["strength"] is None
    back = swap_sides(got, flipped).to_pylist()
    assert back == [rows[0], {**rows[1], "strength": None}]


def test_a_kind_of_file_that_cannot_hold_a_format_is_named() -> None:
    with pytest.raises(ExportError, match="trl-conversational is not written as csv") as caught:
        FORMATS.get("trl-conversational").check_file("csv")
    assert "jsonl" in str(caught.value.hint)
    for name, kind in EVERY:
        FORMATS.get(name).check_file(kind)


# Kinds of file


def test_no_cell_of_a_csv_starts_as_a_formula(tmp_path: Path) -> None:
    triggers = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
    rows = [row(i, chosen_text=text, source=text) for i, text in enumerate(triggers)]
    file = written(FORMATS.get("trl"), "csv", rows, tmp_path / "out", ())
    with file.open(newline="", encoding="utf-8") as lines:
        cells = [cell for line in csv.reader(lines) for cell in line]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r\n＝＋－＠")]
    assert [cell for cell in cells if cell.startswith("'")] == [
        f"'{text}" for text in triggers for _ in range(2)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.none(),
        min_size=1,
        max_size=6,
    )
)
def test_csv_gives_every_text_back(tmp_path: Path, given_texts: list[str | None]) -> None:
    shape = FORMATS.get("rewardbench")
    rows = [row(i, chosen_text=t or "", chosen_model=t) for i, t in enumerate(given_texts)]
    schema = shape.schema_of(COLUMNS)
    file = tmp_path / "one.csv"
    FILES.get("csv").write(file, schema, shape.rows([table(rows)], COLUMNS))
    assert read_csv(file, schema).to_pylist() == projected(shape, rows)


@given(st.text())
def test_guards_come_off(text: str) -> None:
    held = pa.array([text, None])
    assert unguarded(guarded(held)) == held
    assert guarded(held)[0].as_py() in (text, f"'{text}")


def test_compressed_lines_are_the_same_lines_and_name_no_time(tmp_path: Path) -> None:
    shape = FORMATS.get("trl")
    files = {
        kind: written(shape, kind, odd_rows() * 400, tmp_path / kind)
        for kind in ("jsonl", "jsonl.gz", "jsonl.zst")
    }
    lines = files["jsonl"].read_bytes()
    packed = files["jsonl.gz"].read_bytes()
    assert gzip.decompress(packed) == lines
    assert packed[4:8] == bytes(4)
    with pa.CompressedInputStream(str(files["jsonl.zst"]), "zstd") as out:
        assert out.read() == lines


def test_gzip_is_cut_into_members_that_readers_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.curate.filekinds.GZIP_BYTES", 1000)
    file = written(FORMATS.get("trl"), "jsonl.gz", odd_rows() * 9, tmp_path / "out")
    assert file.read_bytes().count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") > 3
    got = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert got == projected(FORMATS.get("trl"), odd_rows() * 9)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_an_empty_file_loads(tmp_path: Path, name: str, kind: str) -> None:
    """No split is ever empty, but a file's last table may be."""
    shape = FORMATS.get(name)
    parts = [table([row(0)]), table([row(1)]).slice(0, 0)]
    schema = shape.schema_of(())
    file = tmp_path / f"one.{kind}"
    assert FILES.get(kind).write(file, schema, shape.rows(parts)) == 1 + shape.unpaired


def test_a_document_of_annotated_pairs_is_one_json_value(tmp_path: Path) -> None:
    shape = FORMATS.get("annotated-pairs")
    file = written(shape, "json", odd_rows(), tmp_path / "out")
    document = json.loads(file.read_text("utf-8"))
    assert list(document) == ["metadata", "annotators", "comparisons"]
    assert document["metadata"]["default_annotator"] in document["annotators"]
    assert document["comparisons"] == projected(shape, odd_rows())


def test_parquet_keeps_the_schema(tmp_path: Path) -> None:
    shape = FORMATS.get("sharegpt")
    file = written(shape, "parquet", odd_rows(), tmp_path / "out")
    assert pq.read_schema(file).equals(shape.schema_of(COLUMNS))


# Texts of a store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    said = talk(("system", "be brief"), ("user", "hi"))
    rows = [make_pair(i, chosen_model=f"m{i}", strength=float(i)) for i in range(30)]
    rows.append(make_pair(30, prompt_text=None, prompt_messages=said))
    rows.append(make_pair(31, prompt_text="question 3", chosen_text="x" * 5000))
    return make_store(tmp_path_factory.mktemp("texts"), rows)


@pytest.mark.parametrize(("rows", "chars"), [(100, 10**6), (7, 10**6), (100, 120), (3, 1)])
def test_texts_come_in_the_order_asked_for(store: Store, rows: int, chars: int) -> None:
    order = np.random.default_rng(1).permutation(32)
    tables = list(texts(store, order, rows, chars))
    got = pa.concat_tables(tables).to_pylist()
    assert [line["row"] for line in got] == order.tolist()
    for line in got:
        assert line["rejected_text"] == f"bad {line['row']}"
        assert line["strength"] == (line["row"] if line["row"] < 30 else None)
    assert got[order.tolist().index(30)]["prompt_text"] is None
    assert json.loads(got[order.tolist().index(30)]["prompt_messages"])[0]["role"] == "system"
    sizes = [t.num_rows for t in tables]
    assert max(sizes) <= rows
    assert (max(sizes) == 1) == (chars == 1)


def test_texts_of_no_rows_are_no_tables(store: Store) -> None:
    assert list(texts(store, np.empty(0, np.int64))) == []


def test_whoever_stops_early_leaves_no_thread(store: Store) -> None:
    import threading

    before = threading.active_count()
    reading = texts(store, np.arange(32), 4)
    next(reading)
    reading.close()
    assert threading.active_count() == before
