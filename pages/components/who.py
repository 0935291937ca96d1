"""Who is at the page: the local person, or whoever the cookie of this browser session names.

Never a name from a link, a header or a widget. It is asked anew at every press, so a change of the
list counts from the next one on.
"""

from __future__ import annotations

import streamlit as st

from core.errors import LogError, UsageError
from core.relabel import invites
from core.relabel.clock import microseconds
from core.relabel.people import LOCAL, listed
from core.relabel.state import State
from core.schema.relabel import Person
from pages.components import cached
from pages.components.ends import PageEnds
from pages.components.words import plain

_NOBODY = "You need a link to come in. Ask the lead of this project for one."


def person() -> Person:
    """Return who is at the page; where that is nobody, say so and end the page.

    Raises:
        PageEnds: nobody that is listed; the page says why.
        UsageError: the list cannot be read or is gone, or others can read the secret.
        LogError: the log cannot be reached, and never was.
    """
    found = known()
    if isinstance(found, Person):
        return found
    st.info(
        f"{plain(found)} is no longer on the list of this project. Answers given before are kept."
        if found
        else _NOBODY,
        icon=":material/key:",
    )
    raise PageEnds


def known() -> Person | str | None:
    """Return who is at the page, the bare name of one who is no longer listed, None for nobody.

    Draws nothing, so it can be asked in a callback.

    Raises:
        UsageError: the list cannot be read or is gone, or others can read the secret.
        LogError: the log cannot be reached, and never was.
    """
    people = listed(cached.root())
    if people is None:
        return _alone()
    secret = invites.secret_of(cached.root())
    cookie = st.context.cookies.get(invites.cookie_name(secret), "")
    given = invites.read_cookie(secret, cookie, microseconds()) if cookie else None
    if given is None:
        return None
    return invites.recognise(given, _state(given.seq), people)


def still(person: Person, since: int) -> None:
    """Raise UsageError unless who was at the page at the event `since` may still read the store.

    For what runs later and apart from the page, where nobody's cookie is at hand.
    """
    people, says = listed(cached.root()), _state(0)
    if people is None:
        found: Person | None = _alone()
    else:
        role = people.get(person.name)
        found = Person(person.name, role) if role is not None else None
    if found is None or found.name != person.name or not found.may("reviewer"):
        raise UsageError("You are no longer on the list of this project, or may read less of it.")
    if says.removed.get(person.name, 0) > since:
        raise UsageError("You were taken off the list of this project.", "Ask for a new link.")


def _alone() -> Person:
    """Return the local person, of a store that never had a list.

    Where somebody was ever invited the list is gone by mistake, perhaps for a moment: whoever comes
    by then is not made an admin.
    """
    says = _state(0)
    if says.invites or says.joins:
        raise UsageError(
            f"The list of people is gone: {cached.root() / 'assay.toml'} has no table [people].",
            "Put it back, or list an admin anew: python -m core people add NAME --role admin.",
        )
    return LOCAL


def _state(seq: int) -> State:
    """Return what the log says, at most a second old; what was last known while it is away.

    Who came in just now is looked up at once: their event `seq` may be younger than that.
    """
    desk = cached.desk()
    try:
        desk.refresh(0.0 if seq > desk.state.seq else 1.0)
    except LogError:
        if not desk.state.seq:
            raise
    return desk.state
