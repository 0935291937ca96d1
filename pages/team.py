"""Team: queues, disagreements to settle, agreement, the audit, and the people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.components import (
    frame,
    links,
    problems,
    teamagree,
    teamaudit,
    teamdo,
    teampeople,
    teamqueues,
    teamsettle,
    who,
)

VIEWS: Mapping[str, Callable[[teamdo.Team], None]] = {
    "Queues": teamqueues.show,
    "Settle": teamsettle.show,
    "Agreement": teamagree.show,
    "Audit": teamaudit.show,
    "People": teampeople.show,
}
KEY = "team"

asked = frame.current()
person = who.person()
if not person.may("reviewer"):
    problems.empty(
        "This page is for reviewers and admins.",
        "Your pairs are on Relabel. Ask the lead of this project for another role.",
    )
    raise frame.PageEnds

links.check(KEY, VIEWS, "view")
view = st.segmented_control(
    "View",
    list(VIEWS),
    default="Queues",
    required=True,
    key=KEY,
    bind="query-params",
    label_visibility="collapsed",
    on_change=links.changed,
    args=(KEY,),
)
teamdo.failed()
VIEWS[view or "Queues"](teamdo.Team(person, asked.filter))
