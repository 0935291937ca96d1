"""The prompt and the two responses of a mapped row, as turns."""

from __future__ import annotations

import json

from core.formats.conversations import Parts, join_prompt, split_shared
from core.formats.map_spec import PairMap
from core.formats.messages import Messages, assistant_turn, clean_messages
from core.formats.paths import RowPath, value_at
from core.formats.values import BadRow
from core.schema import RawRow


def mapped_parts(pair: PairMap, row: RawRow) -> Parts:
    """Return a row's turns; raise BadRow naming what is missing or no text."""
    first, second = (_said(row, path) for path in (pair.first, pair.second))
    if not isinstance(first, str) and not isinstance(second, str) and not pair.prompt:
        parts = split_shared(first, second, (pair.first.text, pair.second.text))
    else:
        prompt = _prompt(row, pair.prompt)
        turns = [assistant_turn(s) if isinstance(s, str) else s for s in (first, second)]
        parts = join_prompt(prompt, turns[0], turns[1])
    system = value_at(row, pair.system)
    if isinstance(system, str) and system:
        leading: Messages = [{"role": "system", "content": system}]
        return Parts(leading + parts.prompt, parts.first, parts.second)
    return parts


def _said(row: RawRow, path: RowPath) -> str | Messages:
    """Return a text or messages; an answer that is a bare 42 or true is kept as JSON writes it."""
    value = value_at(row, path)
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if value is None:
        raise BadRow(f"{path.text} is missing")
    return clean_messages(value, path.text)


def _prompt(row: RawRow, paths: tuple[RowPath, ...]) -> str | Messages:
    values = [value_at(row, path) for path in paths]
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    if len(values) == 1 and _is_talk(values[0]):
        return clean_messages(values[0], paths[0].text)
    texts = [_as_text(value, path.text) for value, path in zip(values, paths, strict=True)]
    joined = "\n\n".join(filter(None, texts))
    if not joined:
        named = " and ".join(path.text for path in paths) or "the prompt"
        raise BadRow(f"{named} {'is' if len(paths) < 2 else 'are'} missing or empty")
    return joined


def _is_talk(value: object) -> bool:
    """Tell messages, even damaged ones, from a list of passages."""
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict) and ("role" in item or "from" in item) for item in items)


def _as_text(value: object, name: str) -> str:
    r"""Write any value as text, so that no part of a prompt vanishes; empty when it says nothing.

    ["one", None, ["two", 3], {"k": 4}] → one\ntwo\n3\n{"k": 4}
    """
    if isinstance(value, list):
        return "\n".join(filter(None, (_as_text(item, name) for item in value)))
    if value is None or value == {}:
        return ""

    def plain(other: object) -> str:
        if isinstance(other, bytes):
            raise BadRow(f"{name} holds bytes, which are no text")
        return str(other)

    if isinstance(value, dict | bool | int | float):
        return json.dumps(value, ensure_ascii=False, default=plain)
    return plain(value)
