"""Parameters of the link that buttons write: the session leads, the browser's address follows.

Every press brings the address as the browser has it, which is the old one for a moment after we
have changed it. Who presses fast would be led back, so our own values are known when they return.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import streamlit as st

_STATE, _PAGE = "address", "address_page"
LATE_SECONDS = 10.0
"""So late an address follows at most; the same words after that are a way back."""


@dataclass
class Followed:
    """A parameter: its value, what the address last said, what it is still to say."""

    value: str
    seen: str
    due: list[tuple[str, float]] = field(default_factory=list)
    """Our own words on their way, and when they were said."""

    def hear(self, said: str, now: float | None = None) -> None:
        """Take what the address says now: our own late word, or a link, or a way back."""
        if said == self.seen:
            return
        now = time.monotonic() if now is None else now
        words = [word for word, at in self.due if now - at < LATE_SECONDS]
        if said in words:
            self.due = self.due[len(self.due) - len(words) + words.index(said) + 1 :]
        else:
            self.value, self.due = said, []
        self.seen = said


def get(key: str) -> str:
    """Return the parameter's value, "" without one."""
    found = _followed().setdefault(key, Followed("", ""))
    found.hear(st.query_params.get(key, ""))
    return found.value


def put(key: str, value: str) -> None:
    """Change the parameter; "" takes it away."""
    get(key)
    found = _followed()[key]
    if value != found.value:
        found.due.append((value, time.monotonic()))
    found.value = value


def tell() -> None:
    """Write what was put into the address; at a run's end, for until then it is read above."""
    for key, found in _followed().items():
        # Where a word is on its way the address is another one soon: what holds is said again.
        if found.value and (found.due or st.query_params.get(key) != found.value):
            st.query_params[key] = found.value
        elif not found.value:
            if found.due:
                st.query_params[key] = ""
            st.query_params.pop(key, None)


def start(page: str) -> None:
    """Begin a run; another page starts over."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state.pop(_STATE, None)


def _followed() -> dict[str, Followed]:
    found: dict[str, Followed] = st.session_state.setdefault(_STATE, {})
    return found
