"""Rows of a plan as turns, and turns as plain text where no chat template says how."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

Turns = list[dict[str, object]]


@dataclass(frozen=True)
class Row:
    """One response with its prompt."""

    response_id: int
    prompt_id: int
    prompt: Turns
    response: Turns

    @property
    def text(self) -> str | None:
        """Return the response when it is one turn of text."""
        only = self.response[0].get("content") if len(self.response) == 1 else None
        return only if isinstance(only, str) else None


def read_rows(rows: pa.Table) -> Iterator[Row]:
    """Yield rows of PLAN_COLUMNS; responses of one prompt share its list of turns."""
    prompts: dict[int, Turns] = {}
    for row in rows.to_pylist():
        prompt_id = row["prompt_id"]
        if prompt_id not in prompts:
            prompts[prompt_id] = turns_of(row["prompt_text"], row["prompt_messages"], "user")
        response = turns_of(row["response_text"], row["response_messages"], "assistant")
        yield Row(row["response_id"], prompt_id, prompts[prompt_id], response)


def turns_of(text: str | None, messages: str | None, role: str) -> Turns:
    """Return the turns of a text of one turn, or of messages as JSON."""
    if messages is None:
        return [{"role": role, "content": text or ""}]
    found: Turns = json.loads(messages)
    return found


def plain_prompt(turns: Turns) -> str:
    r"""Return the prompt as text: one user turn as it is, several as blocks and an open answer.

    `[user "Hi", assistant "Hello", user "Bye"]` becomes
    "user: Hi\n\nassistant: Hello\n\nuser: Bye\n\nassistant: ".
    """
    if len(turns) == 1 and turns[0].get("role") == "user":
        return said(turns[0])
    return "\n\n".join([*map(_block, turns), "assistant: "])


def plain_response(turns: Turns) -> str:
    """Return the response as text; a first assistant turn continues the prompt's open answer."""
    opened = bool(turns) and turns[0].get("role") == "assistant"
    first = [said(turns[0])] if opened else []
    return "\n\n".join([*first, *map(_block, turns[len(first) :])])


def flat(turns: Turns) -> str:
    """Return what is said, turn by turn, with blank lines between and without the roles."""
    return "\n\n".join(map(said, turns))


def _block(turn: Mapping[str, object]) -> str:
    return f"{turn.get('role')}: {said(turn)}"


def said(turn: Mapping[str, object]) -> str:
    """Return a turn's content; what is no text (tool calls, parts) as JSON."""
    content = turn.get("content")
    rest = {k: v for k, v in turn.items() if k not in ("role", "content", "name")}
    if not isinstance(content, str):
        rest = rest if content is None else {"content": content, **rest}
        content = ""
    return "\n".join(filter(None, [content, json.dumps(rest, ensure_ascii=False) if rest else ""]))


def shared(first: Sequence[object], second: Sequence[object]) -> int:
    """Return the length of the common prefix of two sequences."""
    n = min(len(first), len(second))
    if first[:n] == second[:n]:
        return n
    return next(i for i in range(n) if first[i] != second[i])
