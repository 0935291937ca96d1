"""Our errors and empty states as messages: what is missing, and what makes it."""

from __future__ import annotations

import streamlit as st

from core.errors import AssayError, StoreMissing
from core.views.results import Count
from pages.components.words import plain


def show(error: AssayError) -> None:
    """Show an error's sentence and its hint; without a store, the commands that make one."""
    if isinstance(error, StoreMissing):
        empty(
            plain(error.message),
            "Build the demo store from real sample data, or import your own pairs. "
            "Then reload this page.",
            "python -m core demo",
            "python -m core import FILE",
        )
        return
    st.error(plain(error.message, 600), icon=":material/error:")
    if error.hint:
        st.caption(plain(error.hint, 600))


def empty(title: str, text: str, *commands: str) -> None:
    """Show an empty state: what is missing and the commands that make it."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.markdown(text)
        if commands:
            st.code("\n".join(commands), language=None)


def no_match(seen: Count) -> None:
    """Say that the filter keeps nothing; of a scan that was cut short, only what it has seen."""
    if seen.note:
        empty(
            "Nothing found in the part of the texts that was searched.",
            f"The search ran out of time ({plain(seen.note)}); others may match. Words are found "
            r"in the index, without a time limit; `exact:` and `re:` look at every text.",
        )
        return
    empty("No pair matches this filter.", "Remove a condition in the bar on the left.")


def no_scores() -> None:
    """Say that nothing scores the pairs yet."""
    empty(
        "This store has no scores yet.",
        "The built-in scorer learns from the labels alone and needs no download; a reward model "
        "is a name on a hub or a folder; scores you already have come in with a mapping file.",
        "python -m core score crossfit",
        "python -m core score reward_model --model MODEL",
        "python -m core import FILE --map MAPPING.toml",
    )
