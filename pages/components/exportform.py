"""What a person decides about an export; every choice is in the URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.curate.presets import PRESETS, PresetSpec
from core.curate.recipe import AUTO, Recipe
from core.curate.splits import plan_splits
from core.curate.writers import FILES, FORMATS
from core.schema import PairFilter
from pages.components import leftout, links

_PRESETS = {spec.name: spec.description for spec in PRESETS}
_FORMATS = {
    AUTO: "Standard where every row fits it, else conversational.",
    **{shape.name: shape.title for shape in FORMATS},
}
MOST_SEED = 2**31 - 1
_FILES = {kind.name: kind.title for kind in FILES}


def show(filter: PairFilter) -> Recipe:
    """Draw the form and return the recipe; raise UsageError where the splits cannot be meant."""
    leftout.warn(filter)
    preset = PRESETS.get(_choice("Preset", "preset", _PRESETS))
    params = _params(preset)
    format = _choice("What a row looks like", "format", _FORMATS)
    file = _choice("Kind of file", "file", _FILES)
    splits = st.text_input(
        "Splits",
        "0.9,0.05,0.05",
        key="ratios",
        bind="query-params",
        help="Shares of one whole, such as `0.9,0.05,0.05`; `1` for one split; "
        "`keep` for the splits of the sources. All rows of a prompt go to one split.",
    )
    names = st.text_input(
        "Names of the splits",
        key="names",
        bind="query-params",
        placeholder="train,validation,test",
    )
    seed = _seed()
    return Recipe(
        filter=filter,
        preset=preset.name,
        params=params,
        splits=plan_splits(splits or "1", names or ""),
        seed=seed,
        format=format,
        file=file,
    )


def _seed() -> int:
    links.check_number("seed", MOST_SEED, "seed")
    # Of an integer's box, a link with `seed=1e999` is an exception.
    seed = st.number_input(
        "Seed",
        0.0,
        float(MOST_SEED),
        42.0,
        1.0,
        "%.0f",
        key="seed",
        bind="query-params",
        on_change=links.changed,
        args=("seed",),
    )
    return int(seed or 0)


def _choice(label: str, key: str, titles: Mapping[str, str]) -> str:
    names: Sequence[str] = list(titles)
    links.check(key, names, label.lower())
    chosen = st.selectbox(
        label,
        names,
        key=key,
        bind="query-params",
        on_change=links.changed,
        args=(key,),
    )
    name = chosen or names[0]
    st.caption(titles[name])
    return name


def _params(preset: PresetSpec) -> dict[str, float]:
    return {
        param.name: st.slider(
            param.title,
            param.low,
            param.high,
            param.default,
            key=f"preset_{preset.name}_{param.name}",
            help=param.help,
        )
        for param in preset.params
    }
