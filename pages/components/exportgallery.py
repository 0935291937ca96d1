"""Export's gallery: every preset as a card, with what it would keep of these rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.curate.judged import Given
from core.curate.presets import PRESETS, PresetSpec
from core.curate.recipe import Recipe
from core.curate.selection import choose
from core.errors import AssayError
from core.store.instance import Store
from pages.components import cached, exportmissing, exportpreset, links
from pages.components.cached import Known
from pages.components.words import percent, plain, prose

COLUMNS = 3


@dataclass(frozen=True)
class Size:
    """What a preset keeps as it stands, before caps; or why it cannot."""

    pairs: int = 0
    of: int = 0
    problem: str = ""
    hint: str = ""


def show(recipe: Recipe, given: Given, sources: Sequence[str]) -> None:
    """Draw the cards, folded: their sizes are counted when somebody looks."""
    opened = st.expander(
        f"Gallery: all {len(PRESETS.names())} presets, and what each keeps here",
        icon=":material/grid_view:",
        key="export_gallery",
        on_change="rerun",
    )
    if not opened.open:
        return
    with opened:
        specs = list(PRESETS)
        with st.spinner("Counting"):
            sizes = [_size(recipe, given, spec, sources) for spec in specs]
        st.caption("Each at its own numbers, before amounts and evaluation prompts.")
        for start in range(0, len(specs), COLUMNS):
            row = zip(st.columns(COLUMNS), specs[start:], sizes[start:], strict=False)
            for column, spec, size in row:
                with column.container(border=True, gap="small", height="stretch"):
                    _card(spec, size, spec.name == recipe.preset)


def _size(recipe: Recipe, given: Given, spec: PresetSpec, sources: Sequence[str]) -> Size:
    use = dict.fromkeys(spec.texts, sources[0]) if sources else {}
    asked = replace(
        recipe, preset=spec.name, params={}, use=use, caps=(), balance="", evaluation=()
    )
    return cached.curated(size, replace(given, evaluation=()), asked)


def size(store: Store, recipe: Recipe, given: Given, known: Known) -> Size:
    """Return what a recipe's preset keeps."""
    try:
        base = known.base
        kept = choose(store, recipe, base).counts.selected
    except AssayError as error:
        return Size(problem=error.message, hint=error.hint)
    return Size(kept, base.row_id.size)


def _card(spec: PresetSpec, size: Size, chosen: bool) -> None:
    st.markdown(f"**{plain(spec.title)}** `{spec.name}`  \n{plain(spec.description, 600)}")
    st.caption(plain(spec.paper, 300) or "No paper: our own.")
    if size.problem:
        made = exportmissing.commands(size.hint)
        st.caption(f":material/block: {plain(size.problem, 300)} {prose(size.hint[:600])}")
        if made:
            st.code("\n".join(made), language=None, wrap_lines=True)
    else:
        share = percent(size.pairs / size.of if size.of else None)
        st.markdown(f"**{size.pairs:,}** pairs, {share}")
    st.space("stretch")  # the buttons of a row stand side by side
    st.button(
        f"{'Chosen' if chosen else 'Choose'}: {plain(spec.title)}",
        key=f"export_take_{spec.name}",
        help=f"Preset {spec.name}",
        icon=":material/check:" if chosen else None,
        disabled=chosen or bool(size.problem),
        on_click=_take,
        args=(spec.name,),
    )


def _take(name: str) -> None:
    st.session_state[exportpreset.KEY] = name
    links.changed(exportpreset.KEY)
