"""Team's rule: how votes become verdicts, and what becomes of labels; choosing writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import streamlit as st

from core.registry import Param
from core.relabel.ballots import ballots
from core.relabel.settling import sources_of
from core.relabel.state import State
from core.relabel.verdicts import ACTIONS, RULES, Policy, Verdict, preview, verdicts
from core.views.settle import labels_of
from pages.components import cached, links, problems
from pages.components.teamdo import Team
from pages.components.words import counted, plain, sentence

RULE, REVERSED, CONTESTED = "rule", "reversed", "contested"
"""In the link."""
_REVERSED: Mapping[str, str] = {"remove": "Remove the pair", "flip": "Flip the label"}
_CONTESTED: Mapping[str, str] = {
    "unresolved": "Leave it unresolved",
    "soft": "Make it a soft label",
}
_MEANS: Mapping[str, str] = {
    "keep": "people confirm the label",
    "flip": "the other response becomes the chosen one",
    "remove": "the pair is left out",
    "soft": "the pair goes out with the share of votes as its label",
    "unresolved": "nothing is decided yet",
}


@dataclass(frozen=True)
class Chosen:
    """The rule with its numbers, and the policy."""

    rule: str
    params: tuple[tuple[str, float], ...]
    policy: Policy = field(default_factory=Policy)


def choose() -> Chosen:
    """Draw the choice of a rule, folded; it is in the link."""
    titles = {spec.name: spec.title for spec in RULES}
    held = str(st.session_state.get(RULE) or next(iter(titles)))
    with st.popover(f"Rule: {plain(held)}", icon=":material/gavel:", key="rule_choice"):
        name = _select("From votes to a verdict", RULE, titles)
        spec = RULES.get(name)
        on_reversed = _select("A label that people reverse", REVERSED, _REVERSED)
        on_contested = _select("A contested pair", CONTESTED, _CONTESTED)
        params = [(param.name, _number(name, param)) for param in spec.params]
    policy = Policy(
        on_reversed="flip" if on_reversed == "flip" else "remove",
        on_contested="soft" if on_contested == "soft" else "unresolved",
    )
    return Chosen(name, tuple(params), policy)


def _select(label: str, key: str, titles: Mapping[str, str]) -> str:
    links.check(key, titles, label.lower())
    chosen = st.selectbox(
        label,
        list(titles),
        key=key,
        bind="query-params",
        on_change=links.changed,
        args=(key,),
    )
    return chosen or next(iter(titles))


def _number(rule: str, param: Param) -> float:
    whole = isinstance(param.default, int)
    low, high, default = (
        (int(param.low), int(param.high), int(param.default))
        if whole
        else (float(param.low), float(param.high), float(param.default))
    )
    return float(
        st.slider(param.title, low, high, default, key=f"rule_{rule}_{param.name}", help=param.help)
    )


def found(state: State, rule: str, params: tuple[tuple[str, float], ...]) -> tuple[Verdict, ...]:
    """Return a verdict for every pair with a vote or a ruling."""
    return verdicts(rule, ballots(state.by_pair), state.decisions, dict(params))


def now(team: Team, chosen: Chosen) -> tuple[Verdict, ...]:
    """Return the verdicts by the rule that is chosen."""
    return team.ask(found, chosen.rule, chosen.params)


def show(team: Team, chosen: Chosen) -> None:
    """Explain the rule, and count what it and the policy come to."""
    spec = RULES.get(chosen.rule)
    paper = f" {plain(spec.paper)}." if spec.paper else ""
    st.markdown(
        f"**{plain(spec.title)}.** {plain(spec.description, 400)}{paper} "
        "A reviewer's ruling stands above every rule."
    )
    st.caption(
        "Removing is the default, since it beats flipping in published comparisons: a wrong "
        "removal costs one pair of many, a wrong flip teaches the opposite of what people want. A "
        "contested pair is never flipped or removed: its label is no error."
    )
    told = now(team, chosen)
    if not told:
        problems.empty(
            "Nobody has voted yet.", "What the rule comes to is counted here as votes come in."
        )
        return
    _counts(told, chosen.policy)
    st.caption("Choosing here writes nothing; what is chosen stands in the link of this page.")
    _sources(told)
    with st.expander("What the other rules do"):
        for other in RULES:
            st.markdown(f"**{plain(other.title)}.** {plain(other.description, 400)}")


def _counts(told: Iterable[Verdict], policy: Policy) -> None:
    told = tuple(told)
    rows = cached.ask_large(labels_of, tuple(verdict.pair_id for verdict in told))
    counts = preview(told, rows, policy)
    lines = [
        {"Becomes": sentence(action), "Rows": f"{counts[action]:,}", "Which means": _MEANS[action]}
        for action in ACTIONS
    ]
    st.table(lines, hide_index=True, border="horizontal", alt="What becomes of rows with votes")
    away = len({v.pair_id for v in told}) - len({pair for pair, _ in rows})
    note = f" {counted(away, 'pair')} with votes stand in no row of this store." if away else ""
    st.caption(
        f"Rows of the {counted(len(told), 'pair')} that have votes or a ruling; all others keep "
        f"their label.{note}"
    )


def _sources(told: Iterable[Verdict]) -> None:
    lines = [
        {"Who says so": plain(source), "Pairs": f"{n:,}"}
        for source, n in list(sources_of(told).items())[:20]
    ]
    st.markdown("**Where the final labels come from**")
    st.table(lines, hide_index=True, border="horizontal", alt="Sources of final labels")
