"""Texts and conversations, and what the encoder of a tiny tokenizer makes of them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from core.scorers.chat import Encoded, Encoder
from tests.models import SPECIALS, Turns, make_tokenizer, plan_rows

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
words = st.lists(st.sampled_from(["fox", "bread", " is\n", "größer", "🙂", "日本", " 7", "x"]))
texts = words.map("".join) | st.text(max_size=40)
hostile = st.lists(
    st.sampled_from([*SPECIALS, "a", " ", "<|im_", "end|>", "<", "s>", "🙂", "\n"])
).map("".join)
fast = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def encode(
    rows: object,
    *,
    chat: bool = True,
    bos: bool = True,
    said: list[str] | None = None,
    **over: object,
) -> list[Encoded]:
    """Return what the encoder makes of (prompt, responses); `limit` and `template` are its own."""
    limit, template = over.pop("limit", None), over.pop("template", None)
    say = (said if said is not None else []).append
    tokenizer = make_tokenizer(chat=chat, bos=bos)
    return Encoder(tokenizer, template, limit, say).encode(plan_rows(rows), **over)


def ids(prompt: str | Turns, response: str | Turns, **over: object) -> list[int]:
    """Return the ids of one response under its prompt."""
    return encode([(prompt, [response])], **over)[0].ids
