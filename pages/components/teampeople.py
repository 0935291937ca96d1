"""Team's people: how each one's votes look from outside, who needs help, and how much is done."""

from __future__ import annotations

import streamlit as st

from core.charts.worked import worked_figure, worked_table, worked_text
from core.relabel.reliability import Measure, PersonReport, people_reports
from core.relabel.standing import items_of, worked
from core.relabel.state import State
from core.schema import id_text
from core.schema.relabel import CastVote, QueueItem
from core.views.settle import pair_texts, previews
from core.views.team import Worked
from pages.components import cached, chart, opened, problems, teamdo
from pages.components.logvotes import SAID
from pages.components.teamdo import Team
from pages.components.words import counted, number, plain

KEY = "annotator"
MOST = 30
"""Gold misses that are listed."""


def reports(state: State) -> tuple[PersonReport, ...]:
    """Return a report per person with a vote."""
    return people_reports(state.votes.values(), items_of(state))


def misses(state: State, person: str) -> tuple[tuple[CastVote, QueueItem], ...]:
    """Return a person's silent gold items that were answered otherwise, the last one first."""
    items = items_of(state)
    found = []
    for vote in state.votes.values():
        item = items.get((vote.queue, vote.place))
        if vote.annotator != person or vote.purpose != "gold" or item is None:
            continue
        known = item.gold_id is not None or item.gold_tie is not None
        said = (vote.answer.winner_id, vote.answer.tie)
        if known and vote.answer.tie != "cannot_judge" and said != (item.gold_id, item.gold_tie):
            found.append((vote, item))
    return tuple(sorted(found, key=lambda one: -one[0].seq))


def show(team: Team) -> None:
    """Draw the people."""
    found, times = team.ask(reports), team.ask(worked)
    if not found:
        problems.empty(
            "Nobody has voted yet.",
            "Invite people, then make a queue; they find it on Relabel.",
            "python -m core people add NAME --role annotator",
        )
        return
    _help(found)
    _table(found, {row.person: row for row in times})
    if times:
        st.subheader("How much is done", anchor=False)
        chart.show(
            worked_figure(times, chart.theme()),
            "worked",
            worked_text(times),
            lambda: worked_table(times),
        )
    st.subheader("Gold answered otherwise", anchor=False)
    _misses(team, found)


def _help(found: tuple[PersonReport, ...]) -> None:
    st.subheader("Who needs help", anchor=False)
    flagged = [one for one in found if one.flags]
    if not flagged:
        st.markdown("Nothing stands out that is unlikely to be chance.")
    for one in flagged:
        st.markdown(f"- **{plain(one.person)}**: {' '.join(plain(flag) for flag in one.flags)}")
    st.caption(
        "Nobody is blocked by these. Look at some of their pairs and talk: an unclear guideline or "
        "a tired hour looks the same from here. Of twenty careful people about one is named for a "
        "side by chance."
    )


def _table(found: tuple[PersonReport, ...], times: dict[str, Worked]) -> None:
    lines = []
    for one in found:
        time = times.get(one.person)
        lines.append(
            {
                "Person": plain(one.person),
                "Answers": f"{one.votes:,}",
                "Last, UTC": teamdo.when(time.last if time else None),
                "Seconds": number(one.median_seconds, 0),
                "Per hour": number(round(time.per_hour), 0) if time and time.per_hour else "–",
                "Right": _measure(one.reliability),
                "Gold": teamdo.told(one.gold),
                "Same again": teamdo.told(one.consistent),
                "Left": teamdo.told(one.left),
                "Too fast": teamdo.told(one.fast),
            }
        )
    st.table(lines, hide_index=True, border="horizontal", alt="People and their votes")
    st.caption(
        "In brackets: 95 % interval, and what it rests on. Right: probability that a vote is "
        "right, by how the votes of all agree (Dawid and Skene 1979). Seconds: median. Same again: "
        "pairs shown a second time with sides swapped. Left: of votes that name a winner; sides "
        "are drawn evenly, so about half is fair. Too fast: more than 60 characters a second."
    )
    for why in dict.fromkeys(one.reliability.why for one in found if one.reliability.why):
        who = ", ".join(plain(o.person) for o in found if o.reliability.why == why)
        st.caption(f"Right, of {who}: {plain(why)}")


def _measure(found: Measure) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "–"
    return (
        f"{100 * found.value:.0f}\u00a0% ({100 * found.low:.0f}–{100 * found.high:.0f}; "
        f"{counted(found.n, 'vote')})"
    )


def _misses(team: Team, found: tuple[PersonReport, ...]) -> None:
    checked = [one for one in found if one.gold.n]
    if not checked:
        st.caption(
            "No silent gold item was answered yet. Queues take them from pairs of their filter "
            "that have gold answers."
        )
        return
    named = {one.person: one.person for one in checked}
    chosen = teamdo.pick("Whose", KEY, named, "person")
    one = next(one for one in checked if one.person == chosen)
    missed = team.ask(misses, one.person)
    st.caption(f"Right on {teamdo.told(one.gold)} of silent gold items.")
    begins = cached.ask(previews, tuple(sorted({vote.pair_id for vote, _ in missed[:MOST]})))
    for vote, item in missed[:MOST]:
        _miss(vote, item, begins.get(vote.pair_id, "not in this store"))
    if len(missed) > MOST:
        st.caption(f"The last {MOST} of {len(missed):,}.")


def _miss(vote: CastVote, item: QueueItem, preview: str) -> None:
    key = id_text(vote.pair_id)
    said = _named(vote.answer.winner_id, vote.answer.tie, item)
    gold = _named(item.gold_id, item.gold_tie, item)
    why = f" {plain(vote.answer.rationale, 600)}" if vote.answer.rationale else ""
    reasons = f" ({plain(', '.join(vote.answer.tags))})" if vote.answer.tags else ""
    with st.container(border=True):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.markdown(
            f"Said **{said}**{reasons}; gold says **{gold}**. {teamdo.when(vote.at)} UTC, "
            f"{number(vote.answer.seconds, 0)} s.{why}  \n{plain(preview, 160)}"
        )
        if right.button("Read", key=f"miss_{vote.seq}", type="tertiary"):
            texts = cached.ask(pair_texts, vote.pair_id)
            opened.go(key, texts.rows[0].row_id if texts else 0)


def _named(response_id: int | None, tie: str | None, item: QueueItem) -> str:
    """Return an answer by what the label calls the responses, by order where it calls none."""
    if response_id is None:
        return SAID.get(tie or "", plain(tie or "nothing"))
    if item.label_id is not None:
        return "chosen" if response_id == item.label_id else "rejected"
    return "the first" if response_id == item.first_id else "the second"
