"""What an endpoint's answers hold, read without trusting their shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai import APIStatusError


@dataclass(frozen=True)
class Heard:
    """What came back for a question."""

    text: str
    prompt_tokens: int | None
    answer_tokens: int | None
    """None: the endpoint does not say."""
    refused: bool = False
    """The text says why there is no answer."""
    blocked: bool = False
    """By a content filter: the pair's doing, not the endpoint's."""


def said_of(error: APIStatusError) -> str:
    """Return the message of an error, or all of it as JSON."""
    body: Any = error.body
    for name in ("error", "message"):
        body = body.get(name, body) if isinstance(body, dict) else body
    return body if isinstance(body, str) else json.dumps(body, default=str)


def parsed_of(content: bytes) -> Any:
    """Return the JSON value, None where there is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def choice_of(body: object) -> dict[str, Any] | None:
    """Return the first choice of a chat completion, None when it is something else."""
    choices = body.get("choices") if isinstance(body, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    fits = isinstance(first, dict) and isinstance(first.get("message"), dict)
    return first if fits else None


def text_of(message: dict[str, Any]) -> str:
    """Return what a message says, in one piece or in parts."""
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def tokens_of(body: dict[str, Any], name: str) -> int | None:
    """Return a count of the usage, None where it is missing or none."""
    usage = body.get("usage")
    value = usage.get(name) if isinstance(usage, dict) else None
    fits = type(value) is int and 0 <= value < 1 << 30
    return value if fits else None
