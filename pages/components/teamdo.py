"""What the views of Team share: who is here, what a press does, and what went wrong there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st

from core.errors import AssayError, RelabelError
from core.relabel.desk import Desk
from core.relabel.state import State
from core.schema import PairFilter
from core.schema.relabel import Person, Role
from core.signals.audit import Share
from pages.components import address, cached, links, problems, who
from pages.components.words import plain, unlike, visible

_FAILED = "team_failed"
_DONE = "team_done"


P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Team:
    """Who is here, and what the filter bar says."""

    person: Person
    filter: PairFilter

    @property
    def hidden(self) -> frozenset[int]:
        """Return the pairs that are open to who is here: nothing said of them is shown."""
        return cached.desk().ask(lambda state: state.open_pairs(self.person.name))

    def ask(
        self, question: Callable[Concatenate[State, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `question(state, …)` of a log in which nobody spoke of the hidden pairs."""
        return cached.of_log(self.hidden, question, *args, **kwargs)


def press(role: Role, action: Callable[[Desk, str], object], done: str = "") -> None:
    """Do `attempt` as a button's callback."""
    attempt(role, action, done)


def attempt(role: Role, action: Callable[[Desk, str], object], done: str = "") -> bool:
    """Do what needs a role, in the name of whoever is here now; only in a callback.

    What goes wrong is kept for the page to say, and False is returned; `done` is said where nothing
    did, as Markdown.
    """
    try:
        found = who.known()
        if not isinstance(found, Person) or not found.may(role):
            raise RelabelError(f"This needs the role {role}, which you do not have any more.")
        action(cached.desk(), found.name)
    except AssayError as error:
        st.session_state[_FAILED] = error
        return False
    if done:
        st.session_state[_DONE] = done
    return True


def failed() -> None:
    """Say once how the last press ended, and what the log lost."""
    if (error := st.session_state.pop(_FAILED, None)) is not None:
        problems.show(error)
    if done := st.session_state.pop(_DONE, ""):
        st.toast(done, icon=":material/check:")  # nothing below moves
    if damage := cached.desk().damage:
        st.error(
            f"{plain(damage)} Nothing is written until it is restored; what is shown ends there.",
            icon=":material/error:",
        )


def when(at: int | None) -> str:
    """Return a time in UTC to the minute, an en dash for none."""
    return "–" if at is None else f"{datetime.fromtimestamp(at / 1e6, UTC):%Y-%m-%d %H:%M}"


def minutes(value: float | None) -> str:
    """Return a length of time as people say it."""
    if value is None:
        return "–"
    if value < 90:
        return f"{value:.0f} min"
    return f"{value / 60:,.1f} h"


def names(people: Sequence[str] | None) -> str:
    """Return who is asked, for Markdown."""
    return "everybody" if people is None else ", ".join(plain(one) for one in people) or "nobody"


def labels(texts: Sequence[str]) -> list[str]:
    """Return what a list to choose from shows: all different, nothing invisible."""
    return unlike(visible(text) for text in texts)


def pick(label: str, key: str, options: Mapping[str, str], noun: str) -> str:
    """Draw a choice among at least one value; `options` are value → what it is called.

    The link holds the value. A bound widget would put the name there, which may be another's too.
    """
    wanted = address.get(key)
    values = list(options)
    if wanted and wanted not in options:
        links.check(key, values, noun)
    held = f"{key}_pick"
    st.session_state[held] = wanted if wanted in options else values[0]
    shown = dict(zip(values, labels(list(options.values())), strict=True))
    st.selectbox(
        label,
        values,
        format_func=lambda value: shown.get(value, ""),
        key=held,
        on_change=_picked,
        args=(key, held),
        width=340,
    )
    return str(st.session_state[held])


def _picked(key: str, held: str) -> None:
    address.put(key, str(st.session_state[held]))
    links.changed(key)


def told(share: Share) -> str:
    """Return a share with its interval and what it rests on."""
    if share.share is None or share.low is None or share.high is None:
        return "–"
    return (
        f"{100 * share.share:.0f}\u00a0% ({100 * share.low:.0f}–{100 * share.high:.0f}; "
        f"{share.k:g} of {share.n:,})"
    )
