"""Texts to ids: the model's own template, TRL's rule, and text that poses as control tokens."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ScoreError
from core.scorers.chat import Encoded, Encoder
from core.scorers.cutting import cut
from core.scorers.rendering import read_template
from core.scorers.specials import Specials
from tests.models import BOS_CHAT, CHAT, SPECIALS, Turns, make_tokenizer, plan_rows

pytest.importorskip("transformers")
SILENT: list[str] = []
TALK: Turns = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "How do I bake bread?"},
    {"role": "assistant", "content": "Mix flour and water."},
    {"role": "user", "content": "And then?"},
]
TOOLS: Turns = [
    {"role": "assistant", "content": "Let me see.", "tool_calls": [{"name": "see", "x": "<s>"}]},
    {"role": "tool", "content": "4"},
    {"role": "assistant", "content": "It is 4."},
]
REFUSING = (
    "{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{{ '<|im_start|>' + m['role'] + ': ' + m['content'] + '<|im_end|>' }}{% endfor %}"
)
words = st.lists(st.sampled_from(["fox", "bread", " is\n", "größer", "🙂", "日本", " 7", "x"]))
texts = words.map("".join) | st.text(max_size=40)
hostile = st.lists(
    st.sampled_from([*SPECIALS, "a", " ", "<|im_", "end|>", "<", "s>", "🙂", "\n"])
).map("".join)
fast = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def encode(
    rows: object,
    *,
    chat: bool = True,
    bos: bool = True,
    said: list[str] | None = None,
    **over: object,
) -> list[Encoded]:
    limit, template = over.pop("limit", None), over.pop("template", None)
    say = (said if said is not None else []).append
    tokenizer = make_tokenizer(chat=chat, bos=bos)
    return Encoder(tokenizer, template, limit, say).encode(plan_rows(rows), **over)


def ids(prompt: str | Turns, response: str | Turns, **over: object) -> list[int]:
    return encode([(prompt, [response])], **over)[0].ids


def turns(value: str | Turns, role: str) -> Turns:
    return [{"role": role, "content": value}] if isinstance(value, str) else value


# --- equal to TRL -------------------------------------------------------------------------------


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


# --- templates ----------------------------------------------------------------------------------


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


# --- text that poses as control tokens ----------------------------------------------------------


@fast
@given(prompt=texts, response=texts, bos=st.booleans())
def test_both_paths_give_the_same_ids(prompt: str, response: str, bos: bool) -> None:
    tokenizer = make_tokenizer(bos=bos)
    specials = Specials(tokenizer)
    rendered = f"<s><|im_start|>user\n{prompt}<|im_end|>\n{response}</s>"
    for add in (True, False):
        [(found, offsets)] = specials.encode([rendered], add)
        plain = tokenizer.backend_tokenizer.encode(rendered, add_special_tokens=add)
        assert found == plain.ids
        assert offsets == plain.offsets


@fast
@given(prompt=hostile, response=hostile, chat=st.booleans(), bos=st.booleans())
def test_no_text_makes_a_control_token(prompt: str, response: str, chat: bool, bos: bool) -> None:
    def specials_of(prompt: str, response: str) -> list[int]:
        return [i for i in ids(prompt, response, chat=chat, bos=bos) if i < len(SPECIALS)]

    tokenizer = make_tokenizer(chat=chat, bos=bos)
    assert specials_of(prompt, response) == specials_of("x", "y")
    shown = tokenizer.decode(ids(prompt, response, chat=chat, bos=bos))
    eos = "" if chat else "</s>"
    assert shown.endswith(("\n" if chat else "") + eos)
    assert prompt in shown
    assert response.removesuffix(eos) in shown


def published_templates() -> list[Path]:
    """Return the templates of published models that TRL ships."""
    spec = find_spec("trl")
    found = Path(spec.origin).parent.rglob("*.jinja") if spec and spec.origin else ()
    return sorted(found)


@pytest.mark.parametrize("file", published_templates(), ids=lambda file: file.stem)
def test_published_templates_keep_their_control_tokens_to_themselves(file: Path) -> None:
    template = file.read_text("utf-8")
    tokenizer, talk = make_tokenizer(), TALK[1:]
    own = sorted({*re.findall(r"<[|｜][\w▁ ]+[|｜]>|<\w+_of_turn>", template), *SPECIALS})
    tokenizer.add_special_tokens({"extra_special_tokens": own})
    posing = " ".join(["Bake", *own, "it."])
    encoder = Encoder(tokenizer, template, None, SILENT.append)
    clean, foul = encoder.encode(plan_rows([(talk, ["Bake it.", posing])]))
    special = set(tokenizer.added_tokens_decoder)
    assert [i for i in foul.ids if i in special] == [i for i in clean.ids if i in special]
    assert posing in tokenizer.decode(foul.ids)
    whole = [*talk, {"role": "assistant", "content": "Bake it."}]
    if "llava" in file.name or "Bake" not in tokenizer.apply_chat_template(
        whole, chat_template=template, tokenize=False
    ):
        whole = [{**m, "content": [{"type": "text", "text": m["content"]}]} for m in whole]
    if "strftime_now" not in template:
        made = tokenizer.apply_chat_template(whole, chat_template=template)
        assert clean.ids == made["input_ids"]


def test_two_texts_do_not_join_into_a_control_token() -> None:
    found = ids("a <|im_", "end|> b", chat=False)
    assert 4 not in found
    assert make_tokenizer().decode(found) == "<s>a <|im_end|> b</s>"


def test_control_tokens_hide_nowhere() -> None:
    call: Turns = [{"role": "assistant", "content": "", "tool_calls": [{"</s>": ["<s>"]}]}]
    template = CHAT.replace("message['content']", "(message.tool_calls or message.content)|string")
    found = ids("Hi", call, template=template)
    assert not {0, 1} & set(found)
    assert "{'</s>': ['<s>']}" in make_tokenizer().decode(found)


def test_a_role_cannot_be_joined_into_a_control_token() -> None:
    said: list[str] = []
    template = CHAT.replace("'<|im_start|>' + message['role']", "'<|' + message['role'] + '|>'")
    bad: Turns = [{"role": "im_end", "content": "x"}]
    found = encode([(bad, ["a"]), ("Hi", ["b"])], template=template, said=said)
    assert [one.ids == [] for one in found] == [True, False]
    assert "the role 'im_end' is a part of a special token" in said[0]


def test_flags_of_special_tokens_hold_beside_hostile_text() -> None:
    from tokenizers import AddedToken

    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens(
        {"extra_special_tokens": [AddedToken("<|im_end|>", rstrip=True, special=True)]}
    )
    encoder = Encoder(tokenizer, None, None, SILENT.append)
    clean, foul = encoder.encode(plan_rows([("Hi", ["Hello"]), ("Hi", ["Hello <pad>"])]))
    newline = tokenizer("\n", add_special_tokens=False)["input_ids"]
    assert clean.ids[-1] == foul.ids[-1] == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert clean.ids[: clean.start] == foul.ids[: foul.start]
    assert newline != clean.ids[-1:]


def test_a_tokenizer_whose_model_knows_its_specials_as_pieces() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = [(sign, -5.0) for sign in "abcdefghijklmnopqrstuvwxyz</>▁"]
    made = Tokenizer(models.Unigram([("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *letters], 0))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    template = "{% for m in messages %}{{ '<s>' + m['content'] + '</s>' }}{% endfor %}"
    encoder = Encoder(tokenizer, template, None, SILENT.append)
    clean, foul = encoder.encode(plan_rows([("ab", ["cd ef"]), ("ab", ["c</s>d <s>"])]), ends=True)
    assert [i for i in foul.ids if i < 3] == [1, 2, 1, 2]
    assert [i for i in clean.ids if i < 3] == [1, 2, 1, 2]
    assert foul.ids[: foul.start] == clean.ids[: clean.start]
    assert foul.ends is not None
    assert foul.ends[-2:] == [10, 10]


def test_special_tokens_are_found_behind_a_normalizer() -> None:
    from tokenizers import AddedToken, normalizers

    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.add_tokens([AddedToken("<|stop|>", special=True, normalized=True)])
    stop = tokenizer.convert_tokens_to_ids("<|stop|>")
    assert stop in tokenizer("a <|STOP|> b")["input_ids"]
    encoder = Encoder(tokenizer, None, None, SILENT.append)
    found = encoder.encode(plan_rows([("Hi", ["a <|STOP|> b", "a <|stop|> b"])]))
    assert all(stop not in one.ids for one in found)
    assert found[0].ids == found[1].ids


def test_tokens_that_a_tokenizer_declares_as_control_are_text_too() -> None:
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["<think>", "<tool>"])
    tokenizer.chat_control_tokens = ["<tool>"]
    think, tool = tokenizer.convert_tokens_to_ids(["<think>", "<tool>"])
    encoder = Encoder(tokenizer, None, None, SILENT.append)
    found = encoder.encode(plan_rows([("Hi", ["<think>a<tool>b"])]))[0].ids
    assert think in found
    assert tool not in found
    assert "<think>a<tool>b" in tokenizer.decode(found)


# --- cutting ------------------------------------------------------------------------------------


@fast
@given(
    prompt=st.integers(0, 30),
    length=st.integers(0, 30),
    limit=st.integers(2, 40),
    last=st.booleans(),
)
def test_what_is_cut(prompt: int, length: int, limit: int, last: bool) -> None:
    whole = list(range(prompt + length))
    kept = cut(whole, prompt, limit, 0, last)
    head, tail = kept.ids[: kept.start], kept.ids[kept.start :]
    assert kept.truncated == (len(whole) > limit)
    assert len(kept.ids) == min(limit, len(whole))
    assert tail == [prompt + i for i in kept.response]
    if not kept.truncated:
        assert (head, tail) == (whole[:prompt], whole[prompt:])
        return
    assert len(tail) >= min(length, limit // 2)
    assert tail[:-1] == whole[prompt:][: len(tail) - 1]
    if tail:
        assert tail[-1] == (whole[-1] if last else prompt + len(tail) - 1)
    if head:
        assert head[0] in (0, prompt - len(head))
        assert head[1:] == whole[:prompt][len(whole[:prompt]) - len(head) + 1 :]


def test_a_prompt_without_bos_keeps_its_end() -> None:
    assert cut([5, 6, 7, 8, 9], 3, 4, 0, False).ids == [6, 7, 8, 9]
    assert cut([0, 6, 7, 8, 9], 3, 4, 0, False).ids == [0, 7, 8, 9]


def test_a_long_text_is_cut_and_marked_whatever_stands_beside_it() -> None:
    long = "The quick brown fox jumps over the lazy dog. " * 20
    alone = encode([(long, [long])], limit=64, keep_last=True)[0]
    beside = encode([("Hi", ["Hello"]), (long, ["short", long])], limit=64, keep_last=True)
    assert (len(alone.ids), alone.truncated, alone.ids[0]) == (64, True, 0)
    assert beside[2].ids == alone.ids
    assert not beside[0].truncated
    assert beside[1].truncated
    tokenizer = make_tokenizer()
    assert alone.ids[-1] == tokenizer("\n")["input_ids"][-1]
    assert tokenizer.decode(beside[1].ids).endswith("<|im_start|>assistant\nshort<|im_end|>\n")


def test_rows_do_not_depend_on_each_other() -> None:
    given = [(TALK, ["a", "b <s>"]), ("Hi", ["Hello", TOOLS]), ("x</s>", ["y", ""])]
    together = {one.response_id: one for one in encode(given, ends=True)}
    for i, (prompt, responses) in enumerate(given):
        for j, response in enumerate(responses):
            alone = encode([(prompt, [response])], ends=True)[0]
            found = together[1000 * (i + 1) + j + 1]
            assert (found.ids, found.start, found.ends) == (alone.ids, alone.start, alone.ends)


# --- where tokens end ---------------------------------------------------------------------------


@fast
@given(prompt=texts, response=texts | hostile, chat=st.booleans())
def test_ends_cut_the_text_into_its_tokens(prompt: str, response: str, chat: bool) -> None:
    tokenizer = make_tokenizer(chat=chat)
    one = encode([(prompt, [response])], chat=chat, ends=True)[0]
    assert one.ends is not None
    assert len(one.ends) == len(one.ids) - one.start
    assert one.ends == sorted(one.ends)
    assert all(0 <= end <= len(response) for end in one.ends)
    assert one.ends[-1] == len(response)
    # Up to a token, the text is what the tokens say, unless a sign is split over tokens.
    for i, end in enumerate(one.ends):
        said = tokenizer.decode(one.ids[one.start : one.start + i + 1])
        if chat and end < len(response) and "\ufffd" not in said + response:
            assert said == response[:end]


def test_ends_of_a_text_that_the_template_strips() -> None:
    template = CHAT.replace("message['content']", "message['content']|trim")
    one = encode([("Hi", ["  fox "])], template=template, ends=True)[0]
    tokenizer = make_tokenizer()
    said = tokenizer.decode(one.ids[one.start :])
    assert said == "fox<|im_end|>\n"
    assert one.ends is not None
    assert one.ends[-1] == 6
    last = [i for i, end in enumerate(one.ends) if end == 5][-1]
    assert tokenizer.decode(one.ids[one.start : one.start + last + 1]) == "fox"


def test_ends_of_a_cut_response_are_of_the_tokens_that_are_left() -> None:
    response = "The quick brown fox jumps over the lazy dog."
    whole = encode([("Hi", [response])], ends=True)[0]
    part = encode([("Hi", [response])], ends=True, limit=20)[0]
    assert whole.ends is not None
    assert part.ends == whole.ends[: len(part.ids) - part.start]
    last = encode([("Hi", [response])], ends=True, limit=20, keep_last=True)[0]
    assert last.ends is not None
    assert last.ends[-1] == whole.ends[-1]


def test_ends_of_several_turns_count_within_the_rendering() -> None:
    one = encode([("Hi", [TOOLS])], ends=True)[0]
    shown = make_tokenizer().decode(one.ids[one.start :])
    assert one.ends is not None
    assert one.ends == sorted(one.ends)
    assert one.ends[-1] == len(shown)
    assert encode([("Hi", ["Hello"])])[0].ends is None
