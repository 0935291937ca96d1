"""Texts to ids: text that poses as control tokens stays text."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scorers.chat import Encoder
from core.scorers.specials import Specials
from tests.chats import SILENT, TALK, encode, fast, hostile, ids, texts
from tests.models import CHAT, SPECIALS, Turns, make_tokenizer, plan_rows

pytest.importorskip("transformers")


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
