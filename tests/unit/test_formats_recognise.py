"""Which shapes are recognised, which are asked about, and that nothing is picked silently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.errors import AmbiguousFormat, SourceError, UnknownName
from core.formats import FORMATS, FormatSpec, plan_import
from core.schema import PairBatch

Row = Mapping[str, object]
USER = {"role": "user", "content": "2+2="}
FOUR = {"role": "assistant", "content": "4"}
FIVE = {"role": "assistant", "content": "5"}
HH = {
    "chosen": "\n\nHuman: 2+2=\n\nAssistant: 4",
    "rejected": "\n\nHuman: 2+2=\n\nAssistant: 5",
}
BATTLE = {"model_a": "x", "model_b": "y", "winner": "model_a"}


def write(folder: Path, *rows: Row) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def read(folder: Path, *rows: Row, **options: str) -> PairBatch:
    (batch,) = plan_import(write(folder, *rows), **options).batches()  # type: ignore[arg-type]
    return batch


@pytest.mark.parametrize("spec", list(FORMATS), ids=lambda spec: spec.name)
def test_every_format_knows_its_own_example_and_no_other_does(
    tmp_path: Path, spec: FormatSpec
) -> None:
    source = write(tmp_path, spec.example)
    if spec.refusal:
        with pytest.raises(SourceError) as caught:
            plan_import(source)
        assert spec.refusal in caught.value.message
        return
    plan = plan_import(source)
    assert plan.recognition.format == plan.info.format == spec.name
    assert plan.recognition.why
    (row,) = plan.preview.pairs.to_pylist()
    assert (row["chosen_text"] or row["chosen_messages"]).strip() == "4"


@pytest.mark.parametrize(
    ("rows", "formats"),
    [
        ([{"prompt": "2+2=", **HH}], ("trl_explicit", "hh_rlhf")),
        (
            [{"chosen": [USER, FOUR], "rejected": [USER, FIVE], "prompt": "2+2="}],
            ("trl_mixed",),
        ),
    ],
)
def test_several_readings_are_all_named(
    tmp_path: Path, rows: list[Row], formats: tuple[str, ...]
) -> None:
    source = write(tmp_path, *rows)
    if len(formats) == 1:
        assert plan_import(source).info.format == formats[0]
        return
    with pytest.raises(AmbiguousFormat) as caught:
        plan_import(source)
    assert all(name in caught.value.message for name in formats)
    assert all(f"--format {name}" in caught.value.hint for name in formats)
    for name in formats:
        assert plan_import(source, format_name=name).info.format == name


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "p", "response_a": "a", "response_b": "b", "label": 0},
        {"prompt": "p", "response_0": "a", "response_1": "b", "better_response_id": 1},
        {"history": "p", "human_ref_A": "a", "human_ref_B": "b", "labels": 1},
        {"prompt": "p", "response_1": "a", "response_2": "b", "preference_strength": -2},
        {"question": "p", "chosen": "same start a", "rejected": "same start b"},
        {"chosen": "nothing", "rejected": "shared"},
        {"prompt": "p", "chosen": ["a", "b"], "rejected": ["c"]},
        {"text": "just text"},
        {
            **BATTLE,
            "winner": "left",
            "conversation_a": [USER, FOUR],
            "conversation_b": [USER, FIVE],
        },
        {"prompt": "p", "chosen": "[{'role': 'user'}]", "rejected": "[{'role': 'assistant'}]"},
    ],
)
def test_unknown_columns_are_named_and_a_map_is_asked_for(tmp_path: Path, row: Row) -> None:
    with pytest.raises(SourceError) as caught:
        plan_import(write(tmp_path, row))
    assert not isinstance(caught.value, AmbiguousFormat)
    assert all(name in caught.value.message for name in row)
    assert "--map" in caught.value.hint


def test_an_unknown_format_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'hh_rlhf'"):
        plan_import(write(tmp_path, HH), format_name="hh_rhlf")


def test_rows_that_are_all_bad_give_the_first_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("[1]\n[2]\n", "utf-8")
    with pytest.raises(
        SourceError, match=r"no row that can be read; line 1: the row is a list, .*columns\.$"
    ):
        plan_import(str(path))


GOOD = {"prompt": "2+2=", "chosen": "4", "rejected": "5"}
CHAT = {"prompt": [USER], "chosen": [FOUR], "rejected": [FIVE]}
MIXED = {"prompt": "2+2=", "chosen": [USER, FOUR], "rejected": [USER, FIVE]}
TALK = {**BATTLE, "conversation_a": [USER, FOUR], "conversation_b": [USER, FIVE]}
ASKED = {**BATTLE, "prompt": '["q"]', "response_a": '["4"]', "response_b": '["5"]'}
BAD_ROWS: list[tuple[Row, Row, str]] = [
    (GOOD, {**GOOD, "rejected": "4"}, "chosen and rejected are identical"),
    (GOOD, {**GOOD, "prompt": None}, "prompt is missing or no text"),
    (GOOD, {"prompt": "2+2="}, "chosen and rejected are missing or no text"),
    (GOOD, {**GOOD, "chosen": 4}, "chosen is missing or no text"),
    (GOOD, {**GOOD, "chosen": ["4"]}, "chosen is missing or no text"),
    (HH, {**HH, "rejected": HH["chosen"]}, "chosen and rejected are identical"),
    (HH, {**HH, "chosen": "Human: hi"}, "chosen has no final assistant turn"),
    (HH, {**HH, "chosen": HH["chosen"] + "\n\nHuman: ?"}, "chosen has no final assistant turn"),
    (HH, {**HH, "chosen": "4"}, "chosen does not start with a Human or an Assistant turn"),
    (HH, {**HH, "chosen": None}, "chosen is missing or no text"),
    (
        HH,
        {**HH, "chosen": "\n\nHuman: 3+3=\n\nAssistant: 6"},
        "chosen and rejected do not answer the same prompt",
    ),
    (CHAT, {**CHAT, "rejected": [FOUR]}, "chosen and rejected are identical"),
    (CHAT, {**CHAT, "rejected": []}, "rejected is an empty list, not a list of messages"),
    (CHAT, {**CHAT, "rejected": "5"}, "rejected is a text, not a list of messages"),
    (CHAT, {**CHAT, "rejected": [FIVE, USER]}, "rejected has no final assistant turn"),
    (CHAT, {**CHAT, "rejected": ["5"]}, "rejected holds a text instead of a message"),
    (CHAT, {**CHAT, "rejected": [{"content": "5"}]}, "rejected holds a message without a role"),
    (CHAT, {**CHAT, "prompt": None}, "prompt is missing, not a list of messages"),
    (MIXED, {**MIXED, "prompt": None}, "prompt is missing or no text"),
    (
        MIXED,
        {**MIXED, "prompt": "other"},
        "prompt and the leading turns of chosen differ",
    ),
    (TALK, {**TALK, "winner": "model_c"}, "winner is 'model_c', which names no winner"),
    (TALK, {**TALK, "winner": None}, "winner is None, which names no winner"),
    (TALK, {**TALK, "conversation_b": [USER]}, "conversation_a and conversation_b do not answer"),
    (TALK, {**TALK, "conversation_b": [USER, FOUR]}, "conversation_a and conversation_b are iden"),
    (ASKED, {**ASKED, "response_b": None}, "response_b is missing or no text"),
    (ASKED, {**ASKED, "response_b": '["5", "6"]'}, "prompt and responses do not have the same"),
    (ASKED, {**ASKED, "response_b": '["\\ud83d"]'}, "a list given as text cannot be stored"),
]


@pytest.mark.parametrize(("good", "bad", "reason"), BAD_ROWS)
def test_a_bad_row_is_quarantined_and_the_rest_is_kept(
    tmp_path: Path, good: Row, bad: Row, reason: str
) -> None:
    batch = read(tmp_path, *[good] * 5, bad, good)
    assert batch.pairs.column("row").to_pylist() == [0, 1, 2, 3, 4, 6]
    (skipped,) = batch.skipped
    assert skipped.reason.startswith(reason)
    assert not skipped.reason.endswith(".")
    assert skipped.line == 6


def test_one_hot_winners_must_name_one(tmp_path: Path) -> None:
    hot = {"winner_model_a": 1, "winner_model_b": 0, "winner_tie": 0}
    row = {**{k: v for k, v in ASKED.items() if k != "winner"}, **hot}
    batch = read(tmp_path, row, {**row, "winner_tie": 1}, {**row, "winner_model_a": 0})
    assert batch.pairs.num_rows == 1
    assert [s.reason[:4] for s in batch.skipped] == ["2 of", "0 of"]


@pytest.mark.parametrize(
    ("winner", "tie_kind", "chosen"),
    [
        ("model_a", None, "4"),
        ("model_b", None, "5"),
        ("tie", "tie", "4"),
        ("tie (bothbad)", "both_bad", "4"),
        ("both_bad", "both_bad", "4"),
        ("Tie", "tie", "4"),
    ],
)
@pytest.mark.parametrize("form", ["list", "json", "parts"])
def test_arena_keeps_the_kinds_of_tie_and_reads_every_form(
    tmp_path: Path, winner: str, tie_kind: str | None, chosen: str, form: str
) -> None:
    talks: dict[str, object] = {}
    for name, said in (("conversation_a", FOUR), ("conversation_b", FIVE)):
        turns = [USER, said]
        if form == "parts":
            turns = [
                {**t, "content": [{"type": "text", "text": t["content"], "image": None}]}  # type: ignore[dict-item]
                for t in turns
            ]
        talks[name] = json.dumps(turns) if form == "json" else turns
    row = {**BATTLE, "winner": winner, **talks}
    (pair,) = read(tmp_path, row, format_name="arena").pairs.to_pylist()
    assert (pair["chosen_text"], pair["tie_kind"]) == (chosen, tie_kind)
    assert pair["prompt_text"] == "2+2="
    assert pair["chosen_model"] == ("y" if winner == "model_b" else "x")


def test_full_conversation_is_counted_as_left_out(tmp_path: Path) -> None:
    batch = read(tmp_path, {**TALK, "full_conversation": [USER, FOUR, FIVE]})
    assert batch.pairs.column("extra").to_pylist() == [None]
    assert list(batch.losses.values()) == [1]


@pytest.mark.parametrize("form", ["jsonl", "csv", "json text"])
def test_messages_in_text_columns_are_messages(tmp_path: Path, form: str) -> None:
    texts = {key: json.dumps(value) for key, value in CHAT.items()}
    if form == "csv":
        quoted = ",".join('"' + text.replace('"', '""') + '"' for text in texts.values())
        (tmp_path / "rows.csv").write_text(",".join(texts) + "\n" + quoted + "\n", "utf-8")
        source = str(tmp_path / "rows.csv")
    else:
        source = write(tmp_path, CHAT if form == "jsonl" else texts)
    plan = plan_import(source)
    assert plan.info.format == "trl_conversational"
    assert plan.preview.pairs.column("prompt_text").to_pylist() == ["2+2="]
    assert plan.preview.pairs.column("chosen_text").to_pylist() == ["4"]


@pytest.mark.parametrize(
    ("over", "value", "rest"),
    [
        ({"score_chosen": 8, "score_rejected": 3.5}, [8.0, 3.5], 0),
        ({"chosen-rating": "4", "rejected-rating": "N/A"}, [4.0], 1),
        ({"chosen_rating": 4, "rejected_rating": None}, [4.0], 0),
        ({"chosen_score": float("nan"), "rejected_score": float("inf")}, [], 2),
        ({"metadata": {"score_chosen": 9, "score_rejected": 1, "k": "v"}}, [9.0, 1.0], 0),
        ({"score_chosen": True, "score_rejected": False}, [], 2),
        ({"score_chosen": 8}, [], 0),
    ],
)
def test_ratings_come_along_and_unknown_ones_are_counted(
    tmp_path: Path, over: Row, value: list[float], rest: int
) -> None:
    batch = read(tmp_path, {**GOOD, **over})
    assert batch.ratings.column("value").to_pylist() == value
    assert sum(batch.losses.values()) == rest
    assert all("is not a finite number" in sentence for sentence in batch.losses)


def test_what_nobody_reads_stays_in_extra(tmp_path: Path) -> None:
    extra = {"id": 1, "né": {"a": [1, None]}, "nan": float("nan"), "deep": [float("inf")]}
    batch = read(tmp_path, {**GOOD, **extra, "none": None, "margin": "NaN"})
    (text,) = batch.pairs.column("extra").to_pylist()
    assert json.loads(text) == {"id": 1, "né": {"a": [1, None]}, "deep": [None]}
    assert batch.pairs.column("strength").to_pylist() == [None]
    assert batch.losses == {"A value of margin is not a finite number": 1}


def test_messages_that_repeat_chosen_are_not_kept_twice(tmp_path: Path) -> None:
    row = {"prompt": "2+2=", "chosen": [USER, FOUR], "rejected": [USER, FIVE]}
    (extra,) = read(tmp_path, {**row, "messages": [USER, FOUR]}).pairs.column("extra").to_pylist()
    assert extra is None
    (extra,) = read(tmp_path, {**row, "messages": [USER]}).pairs.column("extra").to_pylist()
    assert json.loads(extra) == {"messages": [USER]}
