"""Export's labels: what people's verdicts do to them; drawn only where there are votes."""

from __future__ import annotations

import streamlit as st

from core.curate.preview import Preview
from core.curate.recipe import Labels
from core.relabel.verdicts import ACTIONS, RULES
from pages.components import cached, exportfields
from pages.components.words import plain, sentence

NONE = "as the sources have them"
_REVERSED = {
    "remove": "A label that people reverse: the pair is left out.",
    "flip": "A label that people reverse: the other answer becomes the chosen one.",
}
_CONTESTED = {
    "stays": "A pair over which people differ keeps its label.",
    "soft": "A pair over which people differ gets the share of votes as its label.",
}
_MEANS = {
    "keep": "confirmed by people",
    "flip": "written with the other answer as the chosen one",
    "remove": "left out",
    "soft": "written with the share of votes",
    "unresolved": "nothing decided, so as the source has it",
}


def show() -> tuple[Labels, bool]:
    """Draw what verdicts do; return it, and whether people are named."""
    if not any_votes():
        return Labels(), False
    rules = {spec.name: spec.description for spec in RULES}
    titles = {NONE: "Votes change nothing.", **rules}
    rule = exportfields.choice("Which labels", "verdicts", titles, "rule")
    if rule == NONE:
        return Labels(), False
    params = exportfields.params(f"verdicts_{rule}", RULES.get(rule).params)
    on_reversed = exportfields.choice("Reversed labels", "on_reversed", _REVERSED, "choice")
    on_contested = exportfields.choice("Contested labels", "on_contested", _CONTESTED, "choice")
    names = exportfields.flag(
        "Real names", "real_names", False, "Annotators by name; otherwise as annotator-1 and so on"
    )
    chosen = Labels(
        rule=rule,
        params=RULES.get(rule).settled(params),
        on_reversed="flip" if on_reversed == "flip" else "remove",
        on_contested="soft" if on_contested == "soft" else "unresolved",
    )
    return chosen, names


def any_votes() -> bool:
    """Return whether anybody ever said anything of a pair; raise LogError."""
    desk = cached.desk()
    desk.refresh()
    return desk.ask(lambda state: bool(state.by_pair or state.decisions))


def told(seen: Preview) -> None:
    """Say in numbers what verdicts do."""
    counts = {action: seen.verdicts.get(action, 0) for action in ACTIONS}
    if not any(counts.values()):
        return
    rows = [
        {"Verdict": sentence(action), "Rows": f"{n:,}", "Which are": plain(_MEANS[action])}
        for action, n in counts.items()
        if n
    ]
    st.markdown("**What people's votes do**")
    st.table(rows, hide_index=True, border="horizontal", alt="What verdicts do to labels")
