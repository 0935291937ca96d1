"""Texts to ids: the model's own template, and what TRL makes of the same texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import ScoreError
from core.scorers.chat import Encoder
from core.scorers.rendering import read_template
from tests.chats import SILENT, TALK, TOOLS, encode, ids
from tests.models import BOS_CHAT, CHAT, Turns, make_tokenizer, plan_rows

pytest.importorskip("transformers")
REFUSING = (
    "{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{{ '<|im_start|>' + m['role'] + ': ' + m['content'] + '<|im_end|>' }}{% endfor %}"
)


# --- equal to TRL ---------------------------------------------------------------------------------


def turns(value: str | Turns, role: str) -> Turns:
    return [{"role": role, "content": value}] if isinstance(value, str) else value


def trl_ids(example: dict[str, object], chat: bool, bos: bool) -> list[tuple[list[int], list[int]]]:
    """Return prompt and completion ids of both sides, made by TRL's own trainer."""
    from datasets import Dataset
    from trl.trainer.dpo_trainer import DPOTrainer

    trainer = DPOTrainer.__new__(DPOTrainer)
    tokenizer = make_tokenizer(chat=chat, bos=bos)
    trainer._tokenizer = tokenizer
    args = type("Args", (), {"dataset_num_proc": None, "max_length": None, "truncation_mode": ""})
    made = trainer._prepare_dataset(Dataset.from_list([example]), tokenizer, args(), "made")[0]
    return [(made["prompt_ids"], made[side]) for side in ("chosen_ids", "rejected_ids")]


@pytest.mark.parametrize("bos", [True, False])
@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected"),
    [
        ("How do I bake bread?", "Mix flour.\n\nWait.", "I cannot help with that."),
        ("日本語 🙂", " leading and trailing ", ""),
        ("", "x", "y"),
        (TALK, "Bake it.", "größer"),
    ],
)
def test_conversations_are_what_trl_makes_of_them(
    prompt: str | Turns, chosen: str, rejected: str, bos: bool
) -> None:
    example = {
        "prompt": turns(prompt, "user"),
        "chosen": turns(chosen, "assistant"),
        "rejected": turns(rejected, "assistant"),
    }
    for one, (head, tail) in zip(
        encode([(prompt, [chosen, rejected])], bos=bos), trl_ids(example, True, bos), strict=True
    ):
        assert one.ids == head + tail
        assert one.start == len(head)


@pytest.mark.parametrize("bos", [True, False])
@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected"),
    [
        ("How do I bake bread?", " Mix flour.", " I cannot."),
        ("Question: ", "the end</s>", ""),
        ("a\n\n", "\n\nb", "\n\nc 🙂"),
    ],
)
def test_plain_texts_are_what_trl_makes_of_them(
    prompt: str, chosen: str, rejected: str, bos: bool
) -> None:
    example = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    found = encode([(prompt, [chosen, rejected])], chat=False, bos=bos)
    made = trl_ids(example, False, bos)
    assert [one.ids for one in found] == [head + tail for head, tail in made]
    # TRL takes the shorter prefix of the two sides; here a side does not depend on the other.
    assert min(one.start for one in found) == len(made[0][0])


def test_the_response_starts_where_prompt_and_whole_part() -> None:
    # Alone, the prompt ends with an empty thought, which the whole conversation does not have.
    template = BOS_CHAT + "{% if add_generation_prompt %}{{ 'thought' }}{% endif %}"
    one = encode([("Hi", ["Hello"])], template=template)[0]
    same = encode([("Hi", ["Hello"])])[0]
    assert (one.ids, one.start) == (same.ids, same.start)
    tokenizer = make_tokenizer(chat=False)
    joined = encode([("brea", ["d"])], chat=False)[0]
    assert joined.ids == tokenizer("bread</s>")["input_ids"]
    alone = tokenizer("brea")["input_ids"]
    assert joined.ids[: joined.start] == alone[: joined.start]
    assert joined.ids[joined.start] != [*alone, None][joined.start]


def test_bos_stands_once() -> None:
    for chat in (True, False):
        assert ids("Hi", "Hello", chat=chat).count(0) == 1


# --- templates ------------------------------------------------------------------------------------


def test_a_given_template_takes_the_place_of_the_models_own(tmp_path: Path) -> None:
    file = tmp_path / "t.jinja"
    file.write_text("{% for m in messages %}{{ m['content'] + '<|im_end|>' }}{% endfor %}")
    tokenizer = make_tokenizer()
    said: list[str] = []
    encoder = Encoder(tokenizer, read_template(file), None, said.append)
    found = encoder.encode(plan_rows([("Hi", ["Hello"])]))[0].ids
    assert tokenizer.decode(found) == "Hi<|im_end|>Hello<|im_end|>"
    assert said == []
    own = Encoder(tokenizer, None, None, said.append)
    assert encoder.template_hash != own.template_hash
    assert Encoder(make_tokenizer(chat=False), None, None, said.append).template_hash is None


def test_a_template_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"none\.jinja cannot be read"):
        read_template(tmp_path / "none.jinja")
    (tmp_path / "bad").write_bytes(b"\xff\xfe")
    with pytest.raises(ScoreError, match="cannot be read"):
        read_template(tmp_path / "bad")
    assert read_template(None) is None


def test_without_a_template_texts_are_joined_and_that_is_said_once() -> None:
    tokenizer = make_tokenizer(chat=False)
    tokenizer.name_or_path = "mine"
    said: list[str] = []
    encoder = Encoder(tokenizer, None, None, said.append)
    rows = plan_rows([(TALK, [TOOLS]), ("Hi", ["Hello"])])
    first, second = encoder.encode(rows)
    encoder.encode(rows)
    assert len(said) == 1
    assert "mine has no chat template" in said[0]
    assert "--template FILE" in said[0]
    assert tokenizer.decode(second.ids) == "<s>HiHello</s>"
    call = json.dumps({"tool_calls": TOOLS[0]["tool_calls"]})
    assert tokenizer.decode(first.ids[: first.start]) == (
        "<s>system: Be brief.\n\nuser: How do I bake bread?\n\n"
        "assistant: Mix flour and water.\n\nuser: And then?\n\nassistant: "
    )
    assert tokenizer.decode(first.ids[first.start :]) == (
        f"Let me see.\n{call}\n\ntool: 4\n\nassistant: It is 4.</s>"
    )


def test_a_conversation_that_the_template_refuses_gets_no_ids() -> None:
    said: list[str] = []
    found = encode([(TALK, ["a", "b"]), ("Hi", ["Hello"])], template=REFUSING, said=said, ends=True)
    assert [one.ids == [] for one in found] == [True, True, False]
    assert [one.ends == [] for one in found] == [True, True, False]
    assert found[2].ends is not None
    assert len(said) == 1
    assert "refuses 2 of 3 responses: System role not supported" in said[0]
    assert encode([(TALK, ["a"])], template=REFUSING)[0].ids == []


@pytest.mark.parametrize(
    "template", ["{{ raise_exception('never') }}", "{{ messages + 1 }}", "{{ nothing.at.all }}"]
)
def test_a_template_that_fails_on_everything_is_an_error(template: str) -> None:
    with pytest.raises(ScoreError, match="chat template of the model fails: "):
        encode([("Hi", ["Hello"])], template=template)


def test_a_template_that_is_no_template_is_an_error_before_any_text() -> None:
    with pytest.raises(ScoreError, match=r"fails: .*--template FILE"):
        Encoder(make_tokenizer(), "{% for %}", None, SILENT.append)


def test_a_template_that_drops_what_is_said_is_an_error() -> None:
    with pytest.raises(ScoreError, match="leaves out what is said"):
        encode([("Hi", ["Hello"])], template="{% for m in messages %}{{ m['role'] }}{% endfor %}")


def test_several_templates_without_a_default() -> None:
    tokenizer = make_tokenizer()
    tokenizer.chat_template = {"rag": CHAT, "tools": CHAT}
    with pytest.raises(ScoreError, match="several chat templates"):
        Encoder(tokenizer, None, None, SILENT.append)


def test_a_template_that_writes_the_date_writes_the_same_every_day() -> None:
    said: list[str] = []
    template = "\n{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}" + CHAT
    found = ids("Hi", "Hello", template=template, said=said)
    assert make_tokenizer().decode(found).startswith("\n26 Jul 2024<|im_start|>")
    assert len(said) == 1
    assert "always 2024-07-26" in said[0]


def test_tool_calls_go_through_the_template() -> None:
    template = CHAT.replace("message['content']", "(message.tool_calls or message.content)|string")
    shown = make_tokenizer().decode(ids("Hi", TOOLS, template=template))
    assert "'name': 'see'" in shown
    assert "<|im_start|>tool\n4<|im_end|>" in shown
