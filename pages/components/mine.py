"""A person's own answers, newest first, each to be opened again."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.relabel.desk import Desk
from core.schema.relabel import CastVote, Person
from core.views.blind import Previews, blind_previews
from pages.components import address, ballot, cached, problems, queuepick, saidline
from pages.components.logvotes import SAID, STRENGTHS
from pages.components.seat import here
from pages.components.words import cut, plain

SIZE = 50
PAGE = "relabel_page"
VIEW = "relabel_view"
VIEWS = ("Pairs", "My answers")
_CHOSEN = "relabel_view_chosen"


def default_view() -> str | None:
    """Return the view to begin with; None where a press has just chosen one."""
    return None if st.session_state.pop(_CHOSEN, False) else VIEWS[0]


def show(desk: Desk, person: Person) -> None:
    """Draw a page of answers."""
    votes = listed(desk, person.name)
    names = desk.ask(lambda state: {q.id: q.name for q in state.queues.values()})
    if here().warning:
        saidline.show()
    if not votes:
        problems.empty("You have given no answers yet.", "They are listed here, newest first.")
        return
    pages = (len(votes) - 1) // SIZE + 1
    page = min(st.session_state.get(PAGE, 0), pages - 1)
    shown = votes[page * SIZE : (page + 1) * SIZE]
    found = cached.ask(
        blind_previews,
        tuple(vote.pair_id for vote in shown),
        tuple(w for vote in shown if (w := vote.answer.winner_id) is not None),
    )
    # Without their number: it would fall when a pair is asked again.
    st.caption("Of every pair your last answer, the newest first; pairs open to you are left out.")
    for vote in shown:
        _row(vote, names.get(vote.queue, ""), found)
    _pager(page, pages)


def listed(desk: Desk, person: str) -> tuple[CastVote, ...]:
    """Return a person's last vote on every pair that is not open to them, the last one first.

    A pair that is asked again to check a person is judged without a look at what they said before,
    neither while it is open nor while its new answer can be taken back.
    """
    open_now = desk.ask(lambda state: state.open_pairs(person))
    last: dict[int, CastVote] = {}
    for vote in desk.mine(person):
        last.setdefault(vote.pair_id, vote)
    return tuple(vote for pair, vote in last.items() if pair not in open_now)


def _row(vote: CastVote, queue: str, found: Previews) -> None:
    with st.container(horizontal=True, border=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            at = datetime.fromtimestamp(vote.at / 1e6, ballot.zone())
            st.caption(f"{at:%d %b %Y %H:%M} · {plain(queue or vote.origin, 80)}{_extra(vote)}")
            st.markdown(_line(found.prompts.get(vote.pair_id, "")))
            st.markdown(_chosen(vote, found))
            if vote.answer.rationale:
                st.caption(f"Why: {_line(vote.answer.rationale)}")
        st.button("Open again", key=f"relabel_reopen_{vote.seq}", on_click=_open, args=(vote,))


def _chosen(vote: CastVote, found: Previews) -> str:
    if vote.answer.winner_id is None:
        return f"You said: **{SAID.get(vote.answer.tie or 'tie', 'a tie')}**"
    return f"You chose: {_line(found.answers.get(vote.answer.winner_id, ''))}"


def _line(text: str) -> str:
    return plain(cut(text, 140), 160) or "(not in this store)"


def _extra(vote: CastVote) -> str:
    answer = vote.answer
    said = [STRENGTHS[answer.strength]] if answer.strength in STRENGTHS else []
    said += [plain(tag, 40) for tag in answer.tags]
    said += ["practice"] if vote.purpose == "practice" else []
    said += ["came late, not counted"] if vote.late else []
    return "".join(f" · {word}" for word in said)


def _open(vote: CastVote) -> None:
    if ballot.take_back(vote.seq) is not None:
        st.session_state[VIEW] = VIEWS[0]
        st.session_state[_CHOSEN] = True
        address.put(queuepick.KEY, vote.queue)


def _pager(page: int, pages: int) -> None:
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Newer", key="relabel_newer", on_click=_turn, args=(page - 1,), disabled=page == 0
            )
            st.button(
                "Older",
                key="relabel_older",
                on_click=_turn,
                args=(page + 1,),
                disabled=page == pages - 1,
            )
            st.caption(f"Page {page + 1} of {pages}")


def _turn(page: int) -> None:
    st.session_state[PAGE] = page
