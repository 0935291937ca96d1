"""Hides the names that tell who wrote an answer; what is hidden has one length."""

from __future__ import annotations

import re
from functools import lru_cache

from core.views.makers import SURE, UNSURE

MASK = "▇▇▇"
"""Of every name, so that its length tells nothing."""
SHORTEST = 4
"""Letters of a store's model name that is looked for; "a" is a word."""

_VERSION = (
    r"(?:[-\s]?v?\d+(?:\.\d+)*\w*(?:-\w+(?:\.\d+)*)*"
    r"(?:\s(?:mini|nano|turbo|pro|ultra|flash|opus|sonnet|haiku)\b)?)"
)
_SELF = (
    r"\b(?:I(?:['’]m|\s+am)|my\s+name\s+is|call\s+me|this\s+is|as|"
    r"(?:developed|created|trained|made|built|designed)\s+by)\s+"
    r"(?:an?\s+|the\s+|called\s+|named\s+)?"
)
_TELLS = re.compile(r"[\d/_-]")


def mask(text: str, names: tuple[str, ...] = ()) -> str:
    """Return the text without names of makers, of their models, and of the models `names`.

    mask("I am Claude, made by Anthropic.") → "I am ▇▇▇, made by ▇▇▇."
    """
    return _pattern(names).sub(lambda found: (found["said"] or "") + MASK, text)


def names_one(text: str, names: tuple[str, ...] = ()) -> bool:
    """Return whether a text holds what `mask` would hide."""
    return _pattern(names).search(text) is not None


@lru_cache(maxsize=4)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    sure = _any({*SURE, *filter(None, map(_telling, names)), *_last_parts(names)})
    unsure = _any(set(UNSURE))
    return re.compile(
        rf"(?<!\w)(?:{sure}){_VERSION}?(?!\w)"
        rf"|(?P<said>{_SELF})(?:{unsure}){_VERSION}?(?!\w)"
        rf"|(?<!\w)(?:{unsure}){_VERSION}(?!\w)",
        re.IGNORECASE,
    )


def _any(names: set[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))


def _telling(name: str) -> str:
    """Return a model's name where it can be no word of the language, else ""."""
    return name if len(name) >= SHORTEST and _TELLS.search(name) else ""


def _last_parts(names: tuple[str, ...]) -> set[str]:
    """Return what stands behind the last slash: "meta/llama-7b" is also called "llama-7b"."""
    return set(filter(None, (_telling(name.rpartition("/")[2]) for name in names)))
