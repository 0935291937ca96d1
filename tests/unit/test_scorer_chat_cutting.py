"""Texts to ids: what is cut from a long text, and where each token ends in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scorers.cutting import cut
from tests.chats import TALK, TOOLS, encode, fast, hostile, texts
from tests.models import CHAT, make_tokenizer

pytest.importorskip("transformers")


# --- cutting --------------------------------------------------------------------------------------


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


# --- where tokens end -----------------------------------------------------------------------------


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
