"""A new queue from the filter: what is asked, what it would hold, and the command that makes it."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import streamlit as st

from core.curate.presets import PRESETS
from core.curate.queues.command import queue_command
from core.curate.queues.drafts import (
    LEAST_SHARE,
    MOST_NAME,
    MOST_SHARE,
    By,
    QueueAsk,
    draft,
)
from core.curate.queues.kinds import QUEUE_KINDS, RANDOM
from core.errors import AssayError
from core.relabel.pace import Pace, pace
from core.relabel.people import people, too_few
from core.relabel.standing import items_of
from core.relabel.state import State
from core.schema import PairFilter
from core.schema.relabel import QueueDraft
from core.settings import load_settings
from core.views.overview import overview
from pages.components import cached, links, problems, teamdo
from pages.components.exportview import store_flag
from pages.components.teamdo import Team
from pages.components.words import counted, number, plain

KIND = "kind"
"""In the link, so that other pages lead to a kind of queue."""
WARNING_CHARS = 2_000
_ASK, _WANTED = "new_ask", "new_wanted"
_ORDERS = {"benefit": "Most noise removed per minute first", "random": "In random order"}


def measured(state: State) -> Pace:
    """Return how fast people read here."""
    return pace(state.votes.values(), items_of(state))


def wanted() -> bool:
    """Return whether a link asked for a new queue, or one is being made."""
    if KIND in st.query_params:
        st.session_state[_WANTED] = True
    return bool(st.session_state.get(_WANTED))


def show(team: Team, expanded: bool) -> None:
    """Draw the form, and below it what the queue would hold."""
    with st.expander("New queue", expanded, icon=":material/playlist_add:"):
        _form(team)
        held = st.session_state.get(_ASK)
        if isinstance(held, QueueAsk):
            _preview(team, held)


def _form(team: Team) -> None:
    kind = _kind()
    with st.form("new_queue", border=False):
        left, right = st.columns(2, gap="large")
        with left:
            _pairs(kind)
        with right:
            _answers()
        _warning()
        st.form_submit_button(
            "Preview",
            icon=":material/visibility:",
            on_click=_keep,
            args=(kind, team.filter, team.ask(measured).overall),
        )


def _pairs(kind: str) -> None:
    st.text_input("Name", key="new_name", max_chars=MOST_NAME)
    st.selectbox("Preset", list(PRESETS.names()), key="new_preset")
    # Without bounds: a number that cannot be is answered with a sentence, not with the one before.
    st.number_input("Most pairs", value=500, step=50, key="new_size")
    st.selectbox("Order", list(get_args(By)), format_func=_ORDERS.__getitem__, key="new_order")
    st.slider(
        "Share drawn at random",
        LEAST_SHARE,
        MOST_SHARE,
        0.15,
        0.01,
        key="new_audit",
        disabled=kind == RANDOM.name,
        help="From these alone a noise rate follows: what looks suspect is noisier than the rest.",
    )
    st.number_input(
        "Seed",
        value=load_settings({}).seed,
        step=1,
        key="new_seed",
        help="Of everything drawn: the same seed and name draw the same pairs.",
    )


def _answers() -> None:
    st.number_input("Answers per pair", value=1, step=1, key="new_overlap")
    st.number_input("Most silent gold pairs", value=50, step=1, key="new_gold")
    st.number_input("Practice pairs", value=5, step=1, key="new_practice")
    known = sorted(people(load_settings({})))
    shown = dict(zip(known, teamdo.labels(known), strict=True))
    st.multiselect(
        "Who is asked",
        known,
        format_func=lambda one: shown.get(one, ""),
        key="new_people",
        placeholder="Everybody",
    )
    st.text_area("Guideline, in Markdown", key="new_guideline", height=110)


def _warning() -> None:
    sources = [source.name for source in cached.ask(overview).sources]
    shown = dict(zip(sources, teamdo.labels(sources), strict=True))
    left, right = st.columns(2, gap="large")
    left.text_input(
        "Content warning",
        key="new_warning",
        max_chars=WARNING_CHARS,
        placeholder="What people read before they begin",
    )
    right.multiselect(
        "Sources hidden at first",
        sources,
        format_func=lambda one: shown.get(one, ""),
        key="new_warn",
        placeholder="None",
        help="Their texts are sent only when the person asks for them.",
    )


def _keep(kind: str, filter: PairFilter, speed: float) -> None:
    """Keep what the form says for the preview; only in a callback."""
    said = st.session_state
    said[_WANTED] = True
    said[_ASK] = QueueAsk(
        name=said.new_name or "",
        kind=kind,
        filter=filter,
        preset=said.new_preset or PRESETS.names()[0],
        size=int(said.new_size),
        audit_share=float(said.new_audit),
        gold=int(said.new_gold),
        practice=int(said.new_practice),
        overlap=int(said.new_overlap),
        people=tuple(said.new_people) or None,
        guideline=said.new_guideline or "",
        warning=(said.new_warning or "").strip(),
        warn=tuple(said.new_warn),
        seed=int(said.new_seed),
        order="random" if said.new_order == "random" else "benefit",
        chars_per_second=speed,
    )


def _kind() -> str:
    kinds = {spec.name: spec for spec in QUEUE_KINDS}
    links.check(KIND, kinds, "kind of queue")
    chosen = st.selectbox(
        "Which pairs",
        list(kinds),
        key=KIND,
        bind="query-params",
        on_change=links.changed,
        args=(KIND,),
        width=340,
    )
    kind = kinds[chosen or next(iter(kinds))]
    st.caption(kind.description)
    return kind.name


def _preview(team: Team, ask: QueueAsk) -> None:
    current = ask.filter == team.filter
    try:
        made = cached.ask_large(draft, ask)
    except AssayError as error:
        problems.show(error)
        return
    _said(team, made, ask)
    if not current:
        st.warning(
            "The filter has changed since this preview: press Preview again.",
            icon=":material/filter_alt:",
        )
    st.button(
        "Make it",
        key="new_make",
        type="primary",
        icon=":material/playlist_add_check:",
        disabled=not current,
        on_click=_make,
        args=(ask,),
    )
    st.caption("The same on the command line; a guideline is a file there.")
    st.code(queue_command(ask, store_flag()), language="bash", wrap_lines=True)


def _said(team: Team, made: QueueDraft, ask: QueueAsk) -> None:
    strata = Counter(item.stratum for item in made.items)
    real = [item for item in made.items if item.stratum in ("suspects", "audit")]
    both = sum(item.stratum == "audit" and item.probability == 1 for item in real)
    chars = sum(item.n_chars for item in real) * made.overlap
    speed = team.ask(measured)
    rows = [
        {
            "Ranked": f"{strata['suspects'] + both:,}",
            "Drawn at random": f"{strata['audit']:,}",
            "Both": f"{both:,}",
            "Pairs in all": f"{len(real):,}",
            "Silent gold": f"{strata['gold']:,}",
            "Practice": f"{strata['practice']:,}",
            "Answers": f"{len(real) * made.overlap:,}",
            "To read": teamdo.minutes(chars / ask.chars_per_second / 60),
        }
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="What the queue would hold")
    known = "as measured here" if speed.measured else "the usual speed until 20 votes are timed"
    st.caption(
        f"**{plain(made.name, 80)}** from {counted(int(str(made.params['pairs'])), 'pair')} "
        f"({plain(made.sentence, 400)}); tied rows are left out. Reading at "
        f"{number(ask.chars_per_second, 0)} characters a second, {known}."
    )
    had = cached.desk().ask(
        lambda state: sum(min(made.overlap, len(state.answers(item.pair_id))) for item in real)
    )
    if had:
        st.caption(
            f"{had:,} of these answers are there already, from other queues: an answer on a pair "
            "counts wherever it was given, and nobody is asked twice."
        )
    if few := too_few(made.overlap, made.people, load_settings({})):
        st.warning(few, icon=":material/group:")
    if not strata["gold"] and not strata["practice"]:
        st.caption(
            "No gold pairs are left over here, so nobody is checked silently and nobody practises."
        )


def _make(ask: QueueAsk) -> None:
    name = plain(ask.name.strip(), 80)
    ended = teamdo.attempt(
        "admin",
        lambda desk, me: desk.make_queue(cached.ask_large(draft, ask), me),
        f"The queue **{name}** is open; those who are asked find it on Relabel.",
    )
    for key in (_ASK, _WANTED) if ended else ():
        st.session_state.pop(key, None)
