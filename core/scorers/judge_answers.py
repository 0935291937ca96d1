"""Reads a judge's answer: a JSON object wherever it stands, or a last line with the winner."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

REASON_CHARS = 1_000
"""What is kept of a reason, or of an answer that nobody can read."""
_READ_CHARS = 50_000
"""The end of an answer that is looked at; no judge says more, a broken endpoint might."""

_WORD = r"(a|b|tie)"
_LAST_LINE = re.compile(
    rf"\W*(?:(?:the\s+)?(?:final\s+)?(?:verdict|answer|winner|better\s+response)\W+(?:is\W+)?)?"
    rf"(?:response\W+|answer\W+)?{_WORD}\W*",
    re.I,
)
_BRACKETS = re.compile(r"\[\[(a|b|c|tie)\]\]", re.I)
# Small judges forget to escape a quotation mark inside the reason, and then no JSON can be read.
_BROKEN_JSON = re.compile(rf"[\"']verdict[\"']\s*:\s*[\"']{_WORD}[\"']\s*\}}\W*$", re.I)
_LETTERS = {"a": "A", "b": "B", "tie": "tie", "c": "tie"}
"""[[C]] is a tie where people write [[A]]."""


@dataclass(frozen=True)
class Verdict:
    """What an answer says."""

    letter: str | None
    """A, B or tie; None when it cannot be read."""
    reason: str
    """The reason, or the start of an answer that gives none."""


def read_answer(answer: str) -> Verdict:
    """Return the verdict of an answer; thoughts before </think> do not count."""
    said = _after_thoughts(answer)
    found = _last_object(said[-_READ_CHARS:])
    if found is None:
        return Verdict(_named_at_the_end(said), kept(said or answer))
    word, reason = found.get("verdict"), found.get("reason")
    fits = isinstance(word, str) and word.strip().lower() in ("a", "b", "tie")
    letter = _LETTERS[str(word).strip().lower()] if fits else None
    return Verdict(letter, kept(reason if letter and isinstance(reason, str) else said))


def _after_thoughts(answer: str) -> str:
    answer = answer.strip()
    _, closed, after = answer.rpartition("</think>")
    if closed:
        return after.strip()
    return "" if answer.startswith("<think>") else answer


def _last_object(text: str) -> dict[str, object] | None:
    """Return the last JSON object with a verdict: a judge may quote before it concludes."""
    decoder, found, at = json.JSONDecoder(strict=False), None, text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except RecursionError:
            break  # braces in braces for nothing: each of them would be tried again
        except ValueError:
            end = at + 1
        else:
            found = value if "verdict" in value else found
        at = text.find("{", end)
    return found


def _named_at_the_end(said: str) -> str | None:
    if broken := _BROKEN_JSON.search(said[-200:]):
        return _LETTERS[broken[1].lower()]
    last = said.rsplit("\n", 1)[-1][-200:]
    if brackets := _BRACKETS.findall(last):
        return _LETTERS[brackets[-1].lower()]
    named = _LAST_LINE.fullmatch(last)
    return _LETTERS[named[1].lower()] if named else None


def kept(text: str) -> str:
    """Return the start of a text, without halves of characters (lone surrogates)."""
    return text.strip()[:REASON_CHARS].encode("utf-8", "replace").decode("utf-8")
