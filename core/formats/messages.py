"""Conversations in one canonical form, so that equal content has equal text in every format."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.formats.chunk import parse_json
from core.formats.values import BadRow

Message = dict[str, object]
Messages = list[Message]

_PLAIN = ("user", "assistant", "system")
_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Content:
    """A prompt or response: `text` when it is one plain turn, else `messages` (canonical JSON)."""

    messages: str | None
    text: str | None


def prompt_content(prompt: Messages) -> Content:
    """Return the prompt's content: one plain user turn is text."""
    return _content(prompt, "user")


def response_content(response: Messages) -> Content:
    """Return the response's content: one plain assistant turn is text."""
    return _content(response, "assistant")


def _content(messages: Messages, role: str) -> Content:
    if len(messages) == 1:
        only = messages[0]
        text = only.get("content")
        if len(only) == 2 and only.get("role") == role and isinstance(text, str):
            return Content(None, text)
    return Content(_encode(messages), None)


def user_turn(text: str) -> Messages:
    """Return a prompt of one user turn."""
    return [{"role": "user", "content": text}]


def assistant_turn(text: str) -> Messages:
    """Return a response of one assistant turn."""
    return [{"role": "assistant", "content": text}]


def clean_messages(value: object, name: str) -> Messages:
    """Return a list of messages with `role` and `content`; raise BadRow naming the column.

    Also takes {from, value}, typed parts and one message without its list; keys without a value
    go, since Arrow writes every key of any row into all rows.
    """
    value = opened(value)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        raise BadRow(f"{name} is {_kind(value)}, not a list of messages")
    return [_clean(message, name) for message in value]


def opened(value: object) -> object:
    """Return a list that is given as JSON text as a list; any other text stays text."""
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return value
    try:
        return parse_json(value)
    except json.JSONDecodeError:
        return value
    except ValueError as error:
        raise BadRow(f"a list given as text cannot be stored: {error}") from error


def _clean(message: object, name: str) -> Message:
    if not isinstance(message, dict):
        raise BadRow(f"{name} holds {_kind(message)} instead of a message")
    if len(message) == 2 and message.get("role") in _PLAIN and type(message.get("content")) is str:
        return message
    if "from" in message and "value" in message and "role" not in message:
        rest = {k: v for k, v in message.items() if k not in ("from", "value")}
        message = {"role": message["from"], "content": message["value"], **rest}
    role = message.get("role")
    if not isinstance(role, str):
        raise BadRow(f"{name} holds a message without a role")
    cleaned = {k: _without_nulls(v) for k, v in message.items() if v is not None}
    cleaned["role"] = _ROLES.get(role, role)
    if "content" in cleaned:
        cleaned["content"] = _plain_parts(cleaned["content"])
    elif len(cleaned) == 1:
        raise BadRow(f"{name} holds a message without content")
    return cleaned


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def _plain_parts(content: object) -> object:
    """Join typed parts that are all text; images and the like stay as they are."""
    if isinstance(content, list) and content:
        texts = [p.get("text") for p in content if isinstance(p, dict) and p.get("type") == "text"]
        plain = [t for t in texts if isinstance(t, str)]
        if len(plain) == len(content):
            return "\n".join(plain)
    return content


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    names = {str: "a text", int: "a number", float: "a number", bool: "a bool", dict: "an object"}
    return names.get(type(value), "something else")
