"""Explicit against implicit margins: the share to keep and lambda move a line; it can filter."""

from __future__ import annotations

import streamlit as st

from core.charts.plane import plane_figure, plane_table, plane_text
from core.schema import Condition, PairFilter
from core.views.plane import (
    KEEP,
    Cut,
    PlaneRuns,
    column_of,
    cut,
    plane,
    potentials,
    rewards,
    without_cut,
)
from pages.components import cached, chart, filters, links, problems
from pages.components.words import number, plain, prose, sentence

TOGETHER = "all together"
SHARES = range(5, 100, 5)
"""Per cent to keep."""
WEIGHTS = [round(0.1 * i, 1) for i in range(51)]


def show(filter: PairFilter) -> None:
    """Draw the plane with its sliders, or say what makes one."""
    stored = cached.ask(potentials)
    if not stored:
        _empty()
        return
    runs = _runs([column.run_id or "" for column in stored])
    weight = next(c for c in stored if c.run_id == runs.policy).params["logp_weight"]
    keep, logp_weight = _sliders(weight)
    kept = without_cut(filter, runs.policy)
    seen = cached.ask(plane, kept, runs)
    line = cached.ask(cut, kept, runs, logp_weight, keep)
    chart.show(
        plane_figure(seen, line, chart.theme()),
        "plane",
        plane_text(seen, line),
        lambda: plane_table(seen, line),
    )
    _filter(line, runs, weight)


def _runs(policies: list[str]) -> PlaneRuns:
    """Draw the choice of runs where there is one."""
    alone = cached.ask(rewards)
    names = [TOGETHER, *alone] if len(alone) > 1 else []
    if len(policies) == 1 and not names:
        return PlaneRuns(policies[0])
    left, right = st.columns(2)
    with left:
        policy = _choice("Implicit: policy", "policy", policies)
    with right:
        reward = _choice("Explicit: rewards of", "reward", names) if names else TOGETHER
    return PlaneRuns(policy, None if reward == TOGETHER else reward)


def _choice(label: str, key: str, names: list[str]) -> str:
    links.check(key, names, "run")
    chosen = st.selectbox(
        label, names, key=key, bind="query-params", on_change=links.changed, args=(key,)
    )
    return chosen or names[0]


def _sliders(stored: float) -> tuple[float, float]:
    """Draw the sliders; return the share to keep, in [0, 1], and lambda."""
    links.check("keep", [str(share) for share in SHARES], "share to keep, in per cent,")
    links.check("lambda", [f"{weight:g}" for weight in WEIGHTS], "lambda")
    left, right = st.columns(2)
    with left:
        keep = st.select_slider(
            "Share to keep, %",
            list(SHARES),
            round(100 * KEEP),
            key="keep",
            bind="query-params",
            on_change=links.changed,
            args=("keep",),
        )
    with right:
        weight = st.select_slider(
            "Lambda",
            [f"{weight:g}" for weight in WEIGHTS],
            f"{min(WEIGHTS, key=lambda weight: abs(weight - stored)):g}",
            key="lambda",
            bind="query-params",
            on_change=links.changed,
            args=("lambda",),
            help="Weight of the implicit margin: 1 in the paper, 2.5 in its self-play.",
        )
    return keep / 100, float(weight)


def _filter(line: Cut, runs: PlaneRuns, stored: float) -> None:
    """Offer the kept side as a filter, or to take it back."""
    name = column_of(runs.policy)
    others = tuple(c for c in filters.current().conditions if c.name != name)
    held = tuple(c for c in filters.current().conditions if c.name == name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if line.condition is not None and held != (line.condition,):
            st.button(
                f"Filter to the {line.kept:,} kept pairs",
                key="plane_keep",
                icon=":material/filter_alt:",
                help=f"{plain(name)} {plain('>=')} {number(line.value)}, on every page",
                on_click=filters.set_conditions,
                args=((*others, line.condition),),
            )
        if held:
            st.button(
                "Clear the cut",
                key="plane_clear",
                icon=":material/close:",
                type="tertiary",
                on_click=filters.set_conditions,
                args=(others,),
            )
            st.caption(f"{_words(held)} filters every page; the plane shows both sides of it.")
        elif line.condition is None and line.value is not None:
            st.caption(
                f"A filter names what is stored: the potential with lambda {stored:g} and all "
                "reward models together. Set both so to filter to the kept side."
            )


def _words(held: tuple[Condition, ...]) -> str:
    return sentence(plain(cached.where_text(held)))


def _empty() -> None:
    why = cached.store().absent.get("alignment_potential", "No pair has both margins.")
    problems.empty(
        "The plane needs a policy's margins beside those of a reward model.",
        sentence(prose(why)),
        "python -m core score policy --model MODEL",
        "python -m core score crossfit",
        "python -m core signals",
    )
