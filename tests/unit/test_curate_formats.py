"""Formats: what they hold comes back, what they say they lose is not there."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curate.written.shapes import ALWAYS, LOSSES, ROLES, Seen
from core.curate.written.writers import FORMATS, PROVENANCE, Shape, swap_sides
from core.errors import ExportError
from tests.factories import Row
from tests.shaperows import (
    COLUMNS,
    EVERY,
    SHAPES,
    loaded,
    odd_rows,
    plain,
    projected,
    row,
    rows_for,
    table,
    talk,
    written,
)


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
