"""Export's preset: the rule, its numbers, and what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.curate.presets import PRESETS, RUN_COLUMNS, Need, PresetSpec
from pages.components import cached, exportfields
from pages.components.words import plain, sentence

KEY = "preset"
BEST = "the best covered"
NOTHING = "nothing"


@dataclass(frozen=True)
class Picked:
    """A preset as it was chosen."""

    name: str
    params: dict[str, float]
    """Those that are not its defaults."""
    use: dict[str, str]


def show(sources: Sequence[str]) -> Picked:
    """Draw the choice of a preset, and what it can be told."""
    name = exportfields.one_of("Preset", KEY, PRESETS.names())
    return settings(name, sources, f"{KEY}_{name}")


def settings(name: str, sources: Sequence[str], owner: str) -> Picked:
    """Draw a preset's words, its parameters and what it reads."""
    spec = PRESETS.get(name)
    paper = f" *{plain(spec.paper, 400)}.*" if spec.paper else ""
    st.caption(f"**{plain(spec.title)}.** {plain(spec.description, 600)}{paper}")
    params = exportfields.params(owner, spec.params)
    return Picked(name, params, {**_columns(spec, owner), **_texts(spec, sources, owner)})


def _columns(spec: PresetSpec, owner: str) -> dict[str, str]:
    """Draw which columns it reads, where there is more than one to choose from."""
    found = {}
    for need in spec.needs:
        names = fitting(need)
        if len(names) > 1 or (names and not need.signal):
            none = BEST if need.signal else NOTHING
            label = f"Column for {need.role.replace('_', ' ')}"
            key = f"{owner}_use_{need.role}"
            if name := exportfields.maybe(label, key, names, none, need.help):
                found[need.role] = name
    return found


def _texts(spec: PresetSpec, sources: Sequence[str], owner: str) -> dict[str, str]:
    if not sources:
        return {}
    return {
        name: exportfields.one_of(sentence(name), f"{owner}_{name}", sources, what)
        for name, what in spec.texts.items()
    }


def fitting(need: Need) -> tuple[str, ...]:
    """Return the columns that a need can read."""
    stored = [column for column in cached.store().signal_columns if column.n]
    if need.signal in RUN_COLUMNS:
        runs = [c.run_id for c in stored if c.signal == "explicit_margin" and c.run_id]
        return tuple(f"{run}.{need.signal}" for run in runs)
    return tuple(c.name for c in stored if need.signal in ("", c.signal))
