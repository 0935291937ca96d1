"""Parameters of the link that buttons write: the session leads, the browser's address follows.

Every press brings the address as the browser has it, which is the old one for a moment after we
have changed it. Who presses fast would be led back, so our own values are known when they return.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

_STATE, _PAGE = "address", "address_page"


@dataclass
class Followed:
    """A parameter: its value, what the address last said, what it is still to say."""

    value: str
    seen: str
    due: list[str] = field(default_factory=list)

    def hear(self, said: str) -> None:
        """Take what the address says now: our own late word, or a link, or a way back."""
        if said == self.value:
            self.due.clear()
        elif said in self.due:
            del self.due[: self.due.index(said) + 1]
        elif said != self.seen:
            self.value = said
            self.due.clear()
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
        found.due.append(value)
    found.value = value


def tell() -> None:
    """Write what was put into the address; at a run's end, for until then it is read above."""
    for key, found in _followed().items():
        if found.value and st.query_params.get(key) != found.value:
            st.query_params[key] = found.value
        elif not found.value:
            st.query_params.pop(key, None)


def start(page: str) -> None:
    """Begin a run; another page starts over."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state.pop(_STATE, None)


def _followed() -> dict[str, Followed]:
    found: dict[str, Followed] = st.session_state.setdefault(_STATE, {})
    return found
