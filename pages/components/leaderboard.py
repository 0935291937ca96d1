"""The last trial of the detectors: who found the flips that were planted."""

from __future__ import annotations

import shlex
from functools import partial

import streamlit as st

from core.charts.leaderboard import leaderboard_figure, leaderboard_table, leaderboard_text
from core.schema.trials import Trial
from core.views.trial import trials
from pages.components import cached, chart, links, problems
from pages.components.exportview import store_flag
from pages.components.words import percent, plain

KEY = "flips"
"""Of the choice of what was planted, in the link too."""
_SAID = {
    "symmetric": "any label alike",
    "length": "rather those where the rejected answer is longer",
    "annotator": "some annotators' labels far more than others'",
}


def show() -> None:
    """Draw the trial, or say which command makes one; the file is read anew each time."""
    found = {trial.kind: trial for trial in trials(cached.root(), cached.generation())}
    if not found:
        problems.empty(
            "No trial of the detectors yet.",
            "A trial reverses known labels in a copy and counts which detector finds them; "
            "nothing in the store changes.",
            command(),
            command("--kind", "length"),
        )
        return
    trial = _chosen({str(kind): one for kind, one in found.items()})
    st.caption(plain(about(trial), 1000))
    chart.show(
        leaderboard_figure(trial, chart.theme()),
        "leaderboard",
        leaderboard_text(trial),
        partial(leaderboard_table, trial),
    )
    if trial.absent:
        with st.expander("Detectors that could say nothing", type="compact"):
            for name, why in trial.absent.items():
                st.markdown(f"{plain(name)}: {plain(why)}")
    st.caption(f"A trial of the whole store: `{command('--kind', trial.kind)}`")


def command(*options: str) -> str:
    """Return the command that makes a trial of this store."""
    store = store_flag()
    words = ["python", "-m", "core", "detect", *options]
    return shlex.join([*words, f"--store={store}"] if store else words)


def about(trial: Trial) -> str:
    """Return what was planted, and what to hold the numbers against."""
    sample = f", a sample of {trial.matching:,}" if trial.matching > trial.rows else ""
    said = (
        f"{percent(trial.rate)} of {trial.rows:,} labels ({trial.sentence}{sample}) were reversed "
        f"in a copy, {_SAID[trial.kind]}, {trial.seeds} times over. AUROC: how often a reversed "
        "label looks worse than one that was left; 0.5 is chance."
    )
    if trial.relearnt:
        said += f" Learnt anew from every copy: {', '.join(trial.relearnt)}."
    if trial.gold_wrong and any(d.measures["gold_auroc"].value for d in trial.detectors):
        said += (
            f" Diamonds: the {trial.gold_wrong:,} labels that gold contradicts, nothing planted."
        )
    return said + " A model that was trained on these labels elsewhere finds flips too well."


def _chosen(found: dict[str, Trial]) -> Trial:
    if len(found) == 1:
        return next(iter(found.values()))
    links.check(KEY, found, "kind of flips")
    kinds = list(found)
    kind = st.segmented_control(
        "Flips", kinds, key=KEY, default=kinds[0], bind="query-params", required=True
    )
    return found.get(str(kind), found[kinds[0]])
