"""Team's queues: all of them, one closely with what can be changed, and a new one."""

from __future__ import annotations

import streamlit as st

from core.relabel.people import people, too_few
from core.relabel.standing import DoneRow, QueueRow, done_rows, queue_rows
from core.settings import load_settings
from pages.components import cached, markdown, problems, teamdo, teamnew
from pages.components.teamdo import Team
from pages.components.words import counted, plain, sentence

KEY = "queue"
GUIDELINE_CHARS = 100_000


def show(team: Team) -> None:
    """Draw the queues."""
    rows = team.ask(queue_rows)
    makes, wanted = team.person.may("admin"), teamnew.wanted()
    if makes and wanted:
        teamnew.show(team, expanded=True)
    if not rows:
        problems.empty(
            "There is no queue yet.",
            "A queue is a list of pairs that people judge blind. Make one below from the filter "
            "in the bar on the left, or on the command line.",
            "python -m core queue make NAME",
        )
    else:
        _table(rows)
        _one(team, _chosen(rows))
    if makes and not wanted:
        teamnew.show(team, expanded=not rows)


def _table(rows: tuple[QueueRow, ...]) -> None:
    lines = [
        {
            "Queue": plain(row.name, 80),
            "Kind": plain(row.kind),
            "Pairs": f"{row.items:,}",
            "Answers": f"{row.given:,} of {row.wanted:,}",
            "Per pair": str(row.overlap),
            "Asked": teamdo.names(row.people),
            "Left to read": teamdo.minutes(row.minutes_left),
            "Guideline": f"`{row.guideline_hash[:8]}`" if row.guideline_hash else "none",
            "State": "closed" if row.closed else "open" if row.given < row.wanted else "answered",
        }
        for row in rows
    ]
    st.table(lines, hide_index=True, border="horizontal", alt="All queues")


def _chosen(rows: tuple[QueueRow, ...]) -> QueueRow:
    by_id = {row.id: row for row in rows}
    named = {row.id: row.name for row in rows}
    return by_id[teamdo.pick("One queue, closely", KEY, named, "queue")]


def _one(team: Team, row: QueueRow) -> None:
    checks = f"{counted(row.gold, 'gold pair')} and {counted(row.practice, 'practice pair')}"
    st.caption(
        f"{plain(sentence(row.sentence), 400)}. {counted(row.items, 'pair')}, {checks}. Made by "
        f"{plain(row.made_by)} on {teamdo.when(row.at)} UTC; id `{row.id}`."
    )
    if row.fingerprint != cached.store().generation.fingerprint:
        st.caption(
            "It was made from this store before more was imported; its pairs are the same, and the "
            "noise rate of its audit is that of the pairs of then."
        )
    if not row.closed and (few := too_few(row.overlap, row.people, load_settings({}))):
        st.warning(few, icon=":material/group:")
    _progress(team.ask(done_rows, row.id), row)
    if team.person.may("admin"):
        _actions(row)
    else:
        st.caption("Only admins change queues.")
    _guideline(team, row)


def _progress(rows: tuple[DoneRow, ...], row: QueueRow) -> None:
    share = row.given / row.wanted if row.wanted else 1.0
    st.progress(share, f"{row.given:,} of {counted(row.wanted, 'answer')}")
    if not rows:
        st.caption(
            "Its answers were given in other queues: an answer on a pair counts everywhere."
            if row.given
            else "Nobody has answered here yet. Annotators find the queue on Relabel."
        )
        return
    lines = [
        {
            "Person": plain(one.person),
            "Answers": f"{one.answers:,}",
            "Practice": f"{one.practice} of {row.practice}",
            "Skipped": f"{one.skipped:,}",
            "Open": f"{one.open:,}",
            "Last answer, UTC": teamdo.when(one.last),
        }
        for one in rows
    ]
    st.table(lines, hide_index=True, border="horizontal", alt="How far each person is")


def _actions(row: QueueRow) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _assign(row)
        # Without bounds: what cannot be is said, where the number before would be set in silence.
        st.number_input(
            "Answers per pair", value=row.overlap, step=1, key=f"overlap_{row.id}", width=150
        )
        st.button("Set", key=f"overlap_set_{row.id}", on_click=_set_overlap, args=(row,))
        st.button(
            "Open again" if row.closed else "Close the queue",
            key=f"close_{row.id}_{row.closed}",
            icon=":material/lock_open:" if row.closed else ":material/lock:",
            on_click=teamdo.press,
            args=("admin", lambda desk, me: desk.close(row.id, me, not row.closed)),
        )


def _assign(row: QueueRow) -> None:
    known = sorted({*_listed(), *(row.people or ())})
    shown = dict(zip(known, teamdo.labels(known), strict=True))
    st.multiselect(
        "Who is asked",
        known,
        default=list(row.people or ()),
        format_func=lambda name: shown.get(name, ""),
        key=f"assign_{row.id}",
        placeholder="Everybody",
        width=280,
    )
    st.button("Ask them", key=f"assign_set_{row.id}", on_click=_set_people, args=(row.id,))


def _listed() -> tuple[str, ...]:
    return tuple(people(load_settings({})))


def _set_people(queue: str) -> None:
    chosen = tuple(st.session_state[f"assign_{queue}"]) or None
    said = f"Asked now: {teamdo.names(chosen)}."
    teamdo.press("admin", lambda desk, me: desk.assign(queue, chosen, me), said)


def _set_overlap(row: QueueRow) -> None:
    wanted = int(st.session_state[f"overlap_{row.id}"])
    said = f"Wanted now: {counted(wanted, 'answer')} per pair."
    teamdo.press("admin", lambda desk, me: desk.set_overlap(row.id, wanted, me), said)


def _guideline(team: Team, row: QueueRow) -> None:
    version = f"version `{row.guideline_hash[:8]}`" if row.guideline_hash else "none yet"
    with st.expander(f"Guideline, {version}"):
        if row.guideline:
            st.markdown(markdown.harmless(row.guideline))
        else:
            st.caption("Nothing stands beside the pairs. Write what better means here.")
        if not team.person.may("admin"):
            return
        st.text_area(
            "Another text, in Markdown",
            row.guideline,
            key=f"guideline_{row.id}_{row.guideline_hash[:8]}",
            height=220,
            max_chars=GUIDELINE_CHARS,
        )
        st.button(
            "Replace the guideline",
            key=f"guideline_set_{row.id}",
            help="Every vote keeps the version that stood beside it.",
            on_click=_set_guideline,
            args=(row.id, f"guideline_{row.id}_{row.guideline_hash[:8]}"),
        )


def _set_guideline(queue: str, key: str) -> None:
    text = str(st.session_state.get(key) or "")
    said = "Another guideline stands beside the pairs from now on."
    teamdo.press("admin", lambda desk, me: desk.set_guideline(queue, text, me), said)
