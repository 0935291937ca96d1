"""What an export lacks in this store, and the commands that would bring it."""

from __future__ import annotations

import re

import streamlit as st

from core.errors import AssayError
from core.scorers.spec import SCORERS
from pages.components.words import plain, prose, sentence

_NAMED = re.compile(r"\bscore ([a-z_]+)")
_GIVEN = {"model": "--model MODEL", "endpoint": "--endpoint URL"}
_ASKED = {"--reference": "--reference MODEL", "--kl": "--kl"}
_REWARDS = ("crossfit", "reward_model")
"""What makes runs of rewards, where a sentence names no scorer."""


def show(error: AssayError) -> None:
    """Show an error whose hint says what makes the things that are missing."""
    st.error(plain(error.message, 600), icon=":material/error:")
    if error.hint:
        st.markdown(sentence(prose(error.hint[:900])))
    if made := commands(error.hint):
        st.code("\n".join(made), language=None, wrap_lines=True)


def commands(hint: str) -> tuple[str, ...]:
    """Return the commands that a sentence on what is missing speaks of."""
    named = [name for name in _NAMED.findall(hint) if name in SCORERS.names()]
    if not named and "runs of rewards" in hint:
        named = list(_REWARDS)
    more = [words for flag, words in _ASKED.items() if flag in hint]
    return tuple(_command(name, more) for name in dict.fromkeys(named))


def _command(name: str, more: list[str]) -> str:
    spec = SCORERS.get(name)
    given = [_GIVEN[option] for option in spec.required]
    further = [words for words in more if words.split()[0][2:] in spec.takes]
    return " ".join(["python -m core score", name, *given, *further])
