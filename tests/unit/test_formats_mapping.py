"""Mapping files: what they read, and the sentence for everything that can be wrong in one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import MappingError
from core.formats import plan_import
from core.formats.mapping import run_name
from core.formats.outcomes import FIRST, SECOND, TIE, Outcome, majority
from core.formats.paths import MISSING, look_up, parse_path
from core.schema import PairBatch

Row = Mapping[str, object]
PAIR = '[pair]\nprompt = "q"\nfirst = "a"\nsecond = "b"\n'
ORDER = PAIR + '[label]\nfrom = "order"\n'
ROW = {"q": "2+2=", "a": "4", "b": "5"}
BOTH_BAD = Outcome(None, "both_bad")


def write_map(folder: Path, text: str) -> Path:
    path = folder / "map.toml"
    path.write_text(text, "utf-8")
    return path


def read(folder: Path, text: str, *rows: Row) -> PairBatch:
    source = folder / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (batch,) = plan_import(str(source), map_path=write_map(folder, text)).batches()
    return batch


def column(batch: PairBatch, name: str) -> list[object]:
    values: list[object] = batch.pairs.column(name).to_pylist()
    return values


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("list[0].x", ("list", 0, "x")),
        ("judgments[0].judgment.scores[1]", ("judgments", 0, "judgment", "scores", 1)),
        ("a[-1]", ("a", -1)),
        ("chosen-rating", ("chosen-rating",)),
        ("prediction 1", ("prediction 1",)),
        ('["a.b"].c', ("a.b", "c")),
        ('a["b[0]"]', ("a", "b[0]")),
        ("""['a"b']""", ('a"b',)),
        ("""x["a'b"].c""", ("x", "a'b", "c")),
        ("it's", ("it's",)),
    ],
)
def test_paths_are_parsed(text: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(text).steps == steps


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a.", "[0]", "a[x]", "a[", "a]", ".a", "['a\"]", "['']"]
)
def test_what_is_no_path_is_a_sentence(text: str) -> None:
    with pytest.raises(MappingError, match="is not a path"):
        parse_path(text)


def test_paths_look_into_json_text_and_tell_null_from_missing() -> None:
    row = {"a": '{"b": [1, null]}', "n": None}
    assert look_up(row, parse_path("a.b[0]")) == 1
    assert look_up(row, parse_path("a.b[1]")) is None
    assert look_up(row, parse_path("a.b[2]")) is MISSING
    assert look_up(row, parse_path("n.x")) is MISSING


@pytest.mark.parametrize("inside", [r'"\ud800"', "[" * 5000 + "]" * 5000])
def test_json_text_that_cannot_be_stored_is_not_opened(inside: str) -> None:
    assert look_up({"a": f'{{"b": {inside}}}'}, parse_path("a.b")) is MISSING


@pytest.mark.parametrize(
    ("label", "row", "chosen", "tie_kind", "strength"),
    [
        ('from = "order"', {}, "4", None, None),
        ('column = "l"\nvalues = {"B>A" = "second"}', {"l": "B>A"}, "5", None, None),
        ('column = "l"\nvalues = {1 = "first", 0 = "second"}', {"l": 1}, "4", None, None),
        ('column = "l"\nvalues = {1 = "first", 0 = "second"}', {"l": 0.0}, "5", None, None),
        ('column = "l"\nvalues = {false = "second"}', {"l": False}, "5", None, None),
        ('column = "l"\nvalues = {null = "tie"}', {"l": None}, "4", "tie", None),
        ('column = "l"\nvalues = {x = "tie:both_good"}', {"l": "x"}, "4", "both_good", None),
        ('column = "l"\nsign = "positive_is_first"', {"l": 2}, "4", None, 2.0),
        ('column = "l"\nsign = "positive_is_first"', {"l": -2}, "5", None, 2.0),
        ('column = "l"\nsign = "negative_is_first"', {"l": "-1.5"}, "4", None, 1.5),
        ('column = "l"\nsign = "negative_is_first"', {"l": 0}, "4", "tie", 0.0),
        ('column = "l"\nsign = "positive_is_first"\nzero = 1.5', {"l": 2}, "4", None, 0.5),
        ('column = "l"\nsign = "positive_is_first"\nzero = 1.5', {"l": 1}, "5", None, 0.5),
        ('column = "l"\nsign = "positive_is_first"\nzero = 1.5', {"l": 1.5}, "4", "tie", 0.0),
        ('column = "l"\nsign = "negative_is_first"\nzero = 3', {"l": 2}, "4", None, 1.0),
        ('column = "l"\nsign = "negative_is_first"\nstrength = "s"', {"l": 1, "s": 9}, "5", None, 9),  # noqa: E501
    ],
)  # fmt: skip
def test_the_label_is_read_as_the_map_says(
    tmp_path: Path, label: str, row: Row, chosen: str, tie_kind: str, strength: float
) -> None:
    batch = read(tmp_path, f"{PAIR}[label]\n{label}\n", {**ROW, **row})
    assert column(batch, "chosen_text") == [chosen]
    assert column(batch, "tie_kind") == [tie_kind]
    assert column(batch, "strength") == [strength]
    assert column(batch, "label_kind") == ["tie" if tie_kind else "given"]


@pytest.mark.parametrize(
    ("votes", "result"),
    [
        ([FIRST, FIRST, SECOND], FIRST),
        ([SECOND], SECOND),
        ([FIRST, SECOND], TIE),
        ([FIRST, SECOND, TIE], TIE),
        ([FIRST, FIRST, TIE, TIE], TIE),
        ([TIE, TIE, FIRST], TIE),
        ([BOTH_BAD, BOTH_BAD, FIRST], BOTH_BAD),
        ([BOTH_BAD, TIE], TIE),
        ([FIRST, SECOND, BOTH_BAD], TIE),
    ],
)
def test_the_majority_must_beat_everything_else(votes: list[Outcome], result: Outcome) -> None:
    assert majority(votes) == result
    assert majority(votes[::-1]) == result


VOTES = """
[[votes]]
list = "votes"
annotator_path = "who"
column = "said"
values = { x = "first", y = "second", t = "tie" }
strength = "sure"
reason = "why"
"""


def test_a_list_of_votes_makes_a_majority(tmp_path: Path) -> None:
    votes = [
        {"who": 7, "said": "y", "sure": 3, "why": "right"},
        {"who": "b", "said": "y"},
        {"who": None, "said": "x"},
        {"who": "d", "said": "z"},
        {"who": "e", "said": None},
    ]
    text = f'{PAIR}[label]\nfrom = "votes"\n{VOTES}'
    batch = read(tmp_path, text, {**ROW, "votes": votes}, {**ROW, "q": "3+3=", "votes": []})
    assert column(batch, "chosen_text") == ["5"]
    assert column(batch, "label_kind") == ["majority"]
    told = batch.votes.select(["annotator", "winner", "strength", "reason"]).to_pylist()
    assert [tuple(vote.values()) for vote in told] == [
        ("7", "chosen", 3.0, "right"),
        ("b", "chosen", None, None),
        ("unknown", "rejected", None, None),
    ]
    assert batch.losses == {"A vote is not kept: said is 'z', which the map does not name": 1}
    assert [s.reason for s in batch.skipped] == ["the row has no votes, so there is no majority"]


@pytest.mark.parametrize(
    ("gold", "label", "winner"),
    [("agrees", "x", "chosen"), ("differs", "x", "rejected"), ("differs", "y", "rejected"),
     ("first", "y", "rejected"), ("second", "y", "chosen"), ("tie:both_bad", "x", None)],
)  # fmt: skip
def test_gold_is_stored_as_who_won(tmp_path: Path, gold: str, label: str, winner: str) -> None:
    text = PAIR + '[label]\ncolumn = "l"\nvalues = {x = "first", y = "second", t = "tie"}\n'
    text += f'[gold]\ncolumn = "g"\nvalues = {{ok = "{gold}"}}\n'
    batch = read(tmp_path, text, {**ROW, "l": label, "g": "ok"}, {**ROW, "l": label, "g": None})
    assert batch.gold.column("winner").to_pylist() == [winner]
    tie = read(tmp_path, text, {**ROW, "l": "t", "g": "ok"}, {**ROW, "l": "x", "g": "odd"})
    assert tie.gold.num_rows == (0 if gold in ("agrees", "differs") else 1)
    assert [s for s in tie.losses if s.startswith("A gold answer is not kept: g is 'odd'")]


def test_gold_and_votes_have_a_zero_of_their_own(tmp_path: Path) -> None:
    text = ORDER + '[gold]\ncolumn = "g"\nsign = "negative_is_first"\nzero = 3\n'
    text += '[[votes]]\nlist = "v"\nannotator = "ann"\ncolumn = "n"\nsign = "positive_is_first"\n'
    votes = [{"n": 5}, {"n": 4}, {"n": 4.5}]
    batch = read(tmp_path, text + "zero = 4.5\n", {**ROW, "g": 4, "v": votes})
    assert batch.gold.column("winner").to_pylist() == ["rejected"]
    assert batch.votes.column("winner").to_pylist() == ["chosen", "rejected", None]


def test_scores_of_several_runs_follow_their_sides(tmp_path: Path) -> None:
    text = PAIR + '[label]\ncolumn = "l"\nsign = "positive_is_first"\n'
    text += '[[scores]]\nrun = "RM One"\nfirst = "s[0]"\nsecond = "s[1]"\n'
    text += '[[scores]]\nrun_path = "rm"\nfirst = "t"\nleaks_label = true\n'
    text += '[[ratings]]\nrater = "gpt"\naspect = "help"\nsecond = "r"\nleaks_label = true\n'
    rows = [{**ROW, "l": -1, "s": [1, 2], "rm": "Org/M", "t": float("nan"), "r": 5}]
    rows += [{**ROW, "l": 1, "s": [3, "inf"], "rm": "Org/M", "t": 7, "r": None}]
    batch = read(tmp_path, text, *rows)
    assert [tuple(row.values()) for row in batch.scores.to_pylist()] == [
        (0, "rejected", "rm_one", 1.0, False),
        (0, "chosen", "rm_one", 2.0, False),
        (1, "chosen", "rm_one", 3.0, False),
        (1, "chosen", "org_m", 7.0, True),
    ]
    assert [tuple(row.values()) for row in batch.ratings.to_pylist()] == [
        (0, "chosen", "gpt", "help", 5.0, True)
    ]
    assert batch.losses == {
        "A value of s[1] is not a finite number": 1,
        "A value of t is not a finite number": 1,
    }


def test_conversations_systems_splits_and_rows_can_be_mapped(tmp_path: Path) -> None:
    text = (
        '[pair]\nprompt = "talk"\nsystem = "sys"\nfirst = "a"\nsecond = "b"\nfirst_model = "m.x"\n'
    )
    text += 'second_model = "m.y"\nsplit = "part"\nrow = "id"\n[label]\nfrom = "order"\n'
    said = {"from": "gpt", "value": "5"}
    row = {"talk": [{"from": "human", "value": "2+2="}], "sys": "Be brief.", "a": True, "b": said}
    batch = read(tmp_path, text, {**row, "m": {"x": "X", "y": 2, "z": 3}, "part": "dev", "id": 41})
    (pair,) = batch.pairs.to_pylist()
    assert pair["prompt_messages"] == (
        '[{"content":"Be brief.","role":"system"},{"content":"2+2=","role":"user"}]'
    )
    assert (pair["chosen_text"], pair["rejected_text"]) == ("true", "5")
    assert (pair["chosen_model"], pair["rejected_model"]) == ("X", "2")
    assert (pair["split"], pair["row"]) == ("dev", 41)
    assert pair["extra"] == '{"m": {"z": 3}}'


ASKED = {"role": "user", "content": "2+2="}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2+2=", "2+2="),
        (7, "7"),
        (1.5, "1.5"),
        (False, "false"),
        (["one", "", None, ["two", 3], {"né": 4}], 'one\ntwo\n3\n{"né": 4}'),
        ({"né": [1, None]}, '{"né": [1, null]}'),
    ],
)
def test_every_part_of_a_prompt_is_written_as_text(
    tmp_path: Path, value: object, text: str
) -> None:
    row = {**ROW, "q": value, "more": "Why?"}
    assert column(read(tmp_path, ORDER, row), "prompt_text") == [text]
    parts = ORDER.replace('"q"', '["q", "more"]')
    assert column(read(tmp_path, parts, row), "prompt_text") == [f"{text}\n\nWhy?"]


@pytest.mark.parametrize("value", [None, "", [], [None, [""]], {}])
def test_an_empty_part_of_a_prompt_is_left_out(tmp_path: Path, value: object) -> None:
    parts = ORDER.replace('"q"', '["q", "more"]')
    rows = [{**ROW, "q": value, "more": 0}, {**ROW, "q": value, "more": None}]
    batch = read(tmp_path, parts, *rows)
    assert column(batch, "prompt_text") == ["0"]
    assert [s.reason for s in batch.skipped] == ["q and more are missing or empty"]


@pytest.mark.parametrize("value", [ASKED, [ASKED], [{"from": "human", "value": "2+2="}]])
def test_a_prompt_of_messages_stays_a_conversation(tmp_path: Path, value: object) -> None:
    assert column(read(tmp_path, ORDER, {**ROW, "q": value}), "prompt_text") == ["2+2="]
    turns = [ASKED, {"role": "assistant", "content": "4"}, "and then?"]
    batch = read(tmp_path, ORDER, ROW, {**ROW, "q": turns})
    assert [s.reason for s in batch.skipped] == ["q holds a text instead of a message"]


def test_bytes_are_no_part_of_a_prompt(tmp_path: Path) -> None:
    image = pa.array([{"bytes": b"\x89PNG", "path": "a.png"}])
    columns = {name: pa.array([text]) for name, text in ROW.items()}
    pq.write_table(pa.table({**columns, "image": image}), tmp_path / "a.parquet")
    path = write_map(tmp_path, ORDER.replace('"q"', '["q", "image"]'))
    (batch,) = plan_import(str(tmp_path / "a.parquet"), map_path=path).batches()
    assert [s.reason for s in batch.skipped] == ["image holds bytes, which are no text"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"l": "C"}, "l is 'C', which the map does not name"),
        ({"l": None}, "l is missing, which the map does not name"),
        ({"a": None}, "a is missing"),
        ({"a": "5"}, "a and b are identical"),
        ({"q": None}, "q is missing or empty"),
        ({"a": {"x": 1}}, "a holds a message without a role"),
    ],
)
def test_a_row_that_does_not_fit_is_quarantined(tmp_path: Path, row: Row, reason: str) -> None:
    text = PAIR + '[label]\ncolumn = "l"\nvalues = {A = "first"}\n'
    batch = read(tmp_path, text, {**ROW, "l": "A"}, {**ROW, "l": "A", **row})
    assert [s.reason for s in batch.skipped] == [reason]
    assert batch.pairs.num_rows == 1


@pytest.mark.parametrize(
    ("text", "row", "named"),
    [
        (ORDER.replace('"a"', '"answer"'), ROW, "answer"),
        (PAIR + '[label]\ncolumn = "l"\nsign = "positive_is_first"\n', ROW, "l"),
        (ORDER + '[gold]\ncolumn = "g"\nvalues = {A = "first"}\n', ROW, "g"),
        (ORDER + '[[scores]]\nrun = "x"\nfirst = "s[0].v"\n', {**ROW, "s": [{}]}, r"s\[0\].v"),
        (ORDER + VOTES, {**ROW, "votes": [{"who": 1}]}, r"votes\[\*\].said"),
    ],
)  # fmt: skip
def test_a_path_that_no_row_has_is_named(tmp_path: Path, text: str, row: Row, named: str) -> None:
    with pytest.raises(MappingError, match=f"No row of .* has .*{named}"):
        read(tmp_path, text, row)


def test_a_path_that_only_a_late_row_has_is_fine(tmp_path: Path) -> None:
    text = ORDER + '[[scores]]\nrun = "x"\nfirst = "s"\n'
    rows = [{**ROW, "q": str(i)} for i in range(300)]
    batch = read(tmp_path, text, *rows, {**ROW, "s": 1})
    assert batch.scores.num_rows == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Skywork/Skywork-Reward-Gemma-2-27B", "skywork_reward_gemma_2_27b"),
        ("Ray2333/GRM-Gemma-2B", "ray2333_grm_gemma_2b"),
        ("7B rater", "run_7b_rater"),
        ("  GPT 4 ", "gpt_4"),
        ("né", "n"),
        ("", "scores"),
        ("x" * 48, "x" * 48),
    ],
)
def test_run_names_are_fit_for_columns(text: str, name: str) -> None:
    assert run_name(text) == name


def test_long_run_names_stay_apart() -> None:
    names = {run_name("x" * 60 + end) for end in "abc"}
    assert len(names) == 3
    assert all(len(name) == 48 for name in names)
