"""Team's settling: pairs over which people differ, one at a time; rulings, and the rule."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.relabel.desk import Desk
from core.relabel.settling import Waiting, said_of, waiting
from core.relabel.state import State
from core.relabel.verdicts import Verdict
from core.schema import id_number, id_text
from core.schema.relabel import CAUSES, CastVote, Ruling
from core.views.settle import PairTexts, pair_texts
from pages.components import (
    address,
    cached,
    links,
    pairtop,
    problems,
    render,
    teamdo,
    teamrule,
    teamsettled,
)
from pages.components.logvotes import SAID, STRENGTHS
from pages.components.teamdo import Team
from pages.components.words import counted, number, percent, plain

OPEN, SETTLED, RULE = "To settle", "Settled", "What the rule does"
PARTS = (OPEN, SETTLED, RULE)
_LAST = "settle_last"
PART, PAIR = "settle", "settling"
"""In the link: which part, and which pair."""
RULINGS = (
    ("1 wins", "1", 1, None),
    ("2 wins", "2", 2, None),
    ("Tie", "T", 0, "tie"),
    ("Both bad", "X", 0, "both_bad"),
    ("Contested", "P", 0, "contested"),
)
"""Label, key, number of the winner, and the tie."""


def show(team: Team) -> None:
    """Draw the rule's choice and the part that is asked for."""
    links.check(PART, PARTS, "part")
    with st.container(horizontal=True, vertical_alignment="center"):
        part = st.segmented_control(
            "Part",
            PARTS,
            default=OPEN,
            required=True,
            key=PART,
            bind="query-params",
            label_visibility="collapsed",
            on_change=links.changed,
            args=(PART,),
        )
        chosen = teamrule.choose()
    if part == RULE:
        teamrule.show(team, chosen)
    elif part == SETTLED:
        teamsettled.show(team)
    else:
        _open(team, chosen)


def to_settle(
    state: State, rule: str, params: tuple[tuple[str, float], ...]
) -> tuple[Waiting, ...]:
    """Return the pairs that wait for a ruling."""
    return waiting(state, teamrule.found(state, rule, params))


def _open(team: Team, chosen: teamrule.Chosen) -> None:
    # Without what is open to them: who is to judge a pair blind does not see what others say.
    shown = team.ask(to_settle, chosen.rule, chosen.params)
    if not shown:
        _nothing(bool(teamrule.now(team, chosen)))
        return
    at = _place(shown)
    pairtop.show(id_text(shown[at].pair_id))
    _bar(shown, at)
    _pair(team, chosen, shown, at)


def _nothing(votes: bool) -> None:
    if votes:
        problems.empty(
            "Nothing waits for a ruling.",
            "Where people agree the rule settles a pair by itself. For second opinions, raise the "
            "answers per pair of a queue.",
        )
    else:
        problems.empty(
            "Nobody has voted yet.",
            "Pairs come here once two people differ about them. Make a queue with two or more "
            "answers per pair.",
        )


def _place(shown: tuple[Waiting, ...]) -> int:
    """Return the place of the pair that the link names, the first one where it names none."""
    wanted = id_number(address.get(PAIR).strip().lower())
    return next((i for i, one in enumerate(shown) if one.pair_id == wanted), 0)


def _bar(shown: tuple[Waiting, ...], at: int) -> None:
    one = shown[at]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, near in (("Previous", "Left", at - 1), ("Next", "Right", at + 1)):
            there = 0 <= near < len(shown)
            st.button(
                label,
                key=f"settle_{label.lower()}_{id_text(one.pair_id)}",
                shortcut=key,
                on_click=address.put,
                args=(PAIR, id_text(shown[near].pair_id) if there else ""),
                disabled=not there,
            )
        if last := st.session_state.get(_LAST):
            st.button(
                "Undo the last ruling",
                key=f"settle_undo_{id_text(last)}",
                icon=":material/undo:",
                shortcut="U",
                on_click=_take_back,
                args=(last,),
            )
        differ = sum(w.differ for w in shown)
        st.caption(
            f"{at + 1:,} of {counted(len(shown), 'pair')} without a ruling; in {differ:,} of them "
            f"not all votes say the same. Pair `{id_text(one.pair_id)}`."
        )


def _pair(team: Team, chosen: teamrule.Chosen, shown: tuple[Waiting, ...], at: int) -> None:
    one = shown[at]
    key = id_text(one.pair_id)
    texts = cached.ask(pair_texts, one.pair_id)
    if texts is None:
        problems.empty(
            "This store does not have the pair any more.",
            "Its votes stay in the log. Import its source again to settle it.",
        )
        return
    render.turns(texts.prompt, frozenset(), bounded=True)
    labelled = bool(st.session_state.get(f"settle_label_{key}"))
    notes = [model or "" for model in texts.models] if labelled else ["", ""]
    render.sides(
        render.Side("1", notes[0], render.text_of(texts.first)),
        render.Side("2", notes[1], render.text_of(texts.second)),
        frozenset(),
    )
    verdict = next(v for v in teamrule.now(team, chosen) if v.pair_id == one.pair_id)
    _votes(team.ask(said_of, one.pair_id), texts, verdict)
    following = shown[at + 1 if at + 1 < len(shown) else at - 1] if len(shown) > 1 else None
    _rule(texts, following)
    if st.session_state.get(f"settle_label_{key}"):
        _label(texts)
    else:
        # A button: while a toggle has the focus, Streamlit takes no key.
        st.button(
            "Show label",
            key=f"settle_show_{key}",
            help="With the models and gold",
            on_click=_show_label,
            args=(key,),
        )


def _show_label(key: str) -> None:
    st.session_state[f"settle_label_{key}"] = True


def _rule(texts: PairTexts, following: Waiting | None) -> None:
    key = id_text(texts.pair_id)
    st.pills(
        "What the disagreement came from",
        CAUSES,
        key=f"settle_cause_{key}",
        format_func=lambda cause: cause.capitalize(),
    )
    st.text_input("Note", key=f"settle_note_{key}", placeholder="For those who ask later")
    with st.container(horizontal=True, vertical_alignment="center", key="settle_bar"):
        for label, shortcut, winner, tie in RULINGS:
            winner_id = {1: texts.first_id, 2: texts.second_id}.get(winner)
            st.button(
                label,
                key=f"settle_{label.lower().replace(' ', '_')}_{key}",
                shortcut=shortcut,
                help="People rightly differ: no answer is better for all" * (tie == "contested"),
                on_click=_decide,
                args=(texts.pair_id, winner_id, tie, label, following),
            )


def _decide(
    pair_id: int, winner_id: int | None, tie: str | None, said: str, following: Waiting | None
) -> None:
    key = id_text(pair_id)
    cause = st.session_state.get(f"settle_cause_{key}") or ""
    note = str(st.session_state.get(f"settle_note_{key}") or "").strip()
    ruling = Ruling(winner_id, tie, cause, note)
    if teamdo.attempt("reviewer", partial(_put, pair_id, ruling), f"Ruled: {said}."):
        st.session_state[_LAST] = pair_id
        address.put(PAIR, id_text(following.pair_id) if following else "")


def _put(pair_id: int, ruling: Ruling, desk: Desk, me: str) -> None:
    desk.decide(me, pair_id, ruling)


def _take_back(pair_id: int) -> None:
    """Withdraw a ruling and show its pair; only in a callback."""
    said = "The ruling was taken back; the votes speak again."
    teamdo.press("reviewer", lambda desk, me: desk.withdraw(me, pair_id), said)
    st.session_state.pop(_LAST, None)
    address.put(PAIR, id_text(pair_id))


def _votes(votes: tuple[CastVote, ...], texts: PairTexts, verdict: Verdict) -> None:
    rows = [
        {
            "Who": plain(vote.annotator),
            "Says": answer(vote, texts),
            "Strength": STRENGTHS.get(vote.answer.strength, "–"),
            "Reasons": plain(", ".join(vote.answer.tags)),
            "Why": plain(vote.answer.rationale, 4000),
            "Seconds": number(vote.answer.seconds, 0),
            "Guideline": f"`{plain(vote.guideline[:8])}`" if vote.guideline else "none",
            "When, UTC": teamdo.when(vote.at),
        }
        for vote in votes
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Everyone's votes on this pair")
    leading = texts.number(verdict.leading_id)
    share = f", {percent(verdict.share)} for {leading}" if leading and verdict.share else ""
    won = texts.number(verdict.winner_id)
    outcome = f"{won} wins" if won else SAID.get(verdict.outcome, verdict.outcome)
    st.caption(f"By the rule: **{outcome}** ({plain(verdict.source)}{share}).")


def answer(vote: CastVote, texts: PairTexts) -> str:
    """Return what a vote says, by the numbers of the responses."""
    won = texts.number(vote.answer.winner_id)
    said = str(won) if won else SAID.get(vote.answer.tie or "", "another response")
    return f"{said}, late: not counted" if vote.late else said


def _label(texts: PairTexts) -> None:
    for row in texts.rows:
        won = texts.number(row.chosen_id)
        said = f"**{won}** is chosen" if won else f"a tie ({plain(row.tie_kind or 'tie')})"
        st.markdown(f"{plain(row.source)}, {plain(row.split)}, row {row.row:,}: {said}")
    gold = texts.number(texts.gold_id)
    if gold or texts.gold_tie:
        tie = texts.gold_tie or ""
        st.markdown(f"Gold: **{gold or SAID.get(tie, plain(tie))}**")
    else:
        st.caption("There is no gold answer for this pair.")
