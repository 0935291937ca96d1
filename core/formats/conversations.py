"""Where a prompt ends and two responses begin, when whole conversations are given."""

from __future__ import annotations

from dataclasses import dataclass

from core.formats.messages import (
    Content,
    Message,
    Messages,
    prompt_content,
    response_content,
    user_turn,
)
from core.formats.values import BadRow


@dataclass(frozen=True, slots=True)
class Parts:
    """A prompt and the two responses to it, in the source's order."""

    prompt: Messages
    first: Messages
    second: Messages


@dataclass(frozen=True, slots=True)
class PairContent:
    """The same as canonical content."""

    prompt: Content
    first: Content
    second: Content


def split_shared(first: Messages, second: Messages, names: tuple[str, str]) -> Parts:
    """Split two conversations at their last shared turn before an assistant speaks.

    [user A, assistant B], [user A, assistant C] → prompt [user A], responses [B] and [C].
    """
    shared = shared_turns(first, second)
    while shared > 0 and not _speaks(first, second, shared):
        shared -= 1
    if shared == 0:
        raise BadRow(f"{names[0]} and {names[1]} do not answer the same prompt")
    return Parts(first[:shared], first[shared:], second[shared:])


def shared_turns(first: Messages, second: Messages) -> int:
    """Return how many leading turns are equal."""
    n = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        n += 1
    return n


def _speaks(first: Messages, second: Messages, at: int) -> bool:
    return all(at < len(m) and m[at]["role"] == "assistant" for m in (first, second))


def join_prompt(prompt: str | Messages, first: Messages, second: Messages) -> Parts:
    """Take a prompt beside conversations that may repeat it (UltraFeedback, Tulu 3).

    "Hi", [user "Hi", assistant B], [user "Hi", assistant C] → prompt [user "Hi"], [B], [C].
    """
    if _speaks(first, second, 0):
        given = user_turn(prompt) if isinstance(prompt, str) else prompt
        return Parts(given, first, second)
    parts = split_shared(first, second, ("chosen", "rejected"))
    if not _repeats(prompt, parts.prompt):
        raise BadRow("prompt and the leading turns of chosen differ")
    return parts


def _repeats(prompt: str | Messages, leading: Messages) -> bool:
    if isinstance(prompt, list):
        return leading[-len(prompt) :] == prompt
    return any(_says(message, prompt) for message in leading)


def _says(message: Message, text: str) -> bool:
    return message["role"] == "user" and message.get("content") == text


def pair_content(parts: Parts, names: tuple[str, str] = ("chosen", "rejected")) -> PairContent:
    """Return canonical content; raise BadRow unless both responses end with an assistant turn."""
    for name, response in zip(names, (parts.first, parts.second), strict=True):
        if not response or response[-1]["role"] != "assistant":
            raise BadRow(f"{name} has no final assistant turn")
    content = PairContent(
        prompt_content(parts.prompt), response_content(parts.first), response_content(parts.second)
    )
    if content.first == content.second:
        raise BadRow(f"{names[0]} and {names[1]} are identical")
    return content
