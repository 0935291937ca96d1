"""Saved filters in the filter bar: choose one, save, share or remove what is asked for now.

What is asked for is read as the widgets hold it: a filter that cannot be read can be left by
choosing another one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from core.curate.commandline import file_name, filter_recipe
from core.errors import AssayError
from core.schema import PairFilter
from core.schema.relabel import Person
from core.store.saved import NAME_CHARS, Saved, read, remove, save
from pages.components import cached, links, who
from pages.components.exportview import store_flag
from pages.components.words import plain, unlike, visible

Known = Mapping[str, Collection[str] | None]

_CHOICE, _NAME, _ABOUT = "saved_choice", "saved_name", "saved_about"
_NOTE, _GONE = "saved_note", "saved_gone"


def choose(known: Known) -> None:
    """Draw the choice of a saved filter, where there is one; a choice applies at once.

    `known` are the names that the bar's lists can hold; None where any name fits.
    """
    try:
        held = read(cached.root())
    except AssayError as error:
        st.warning(plain(str(error), 400), icon=":material/bookmark_remove:")
        return
    if not held:
        return
    st.session_state[_CHOICE] = next((i for i, one in enumerate(held) if one.says(_now())), None)
    names = unlike(visible(one.name) for one in held)
    st.selectbox(
        "Saved filters",
        range(len(held)),
        index=None,
        key=_CHOICE,
        format_func=names.__getitem__,
        placeholder="Choose one",
        on_change=lambda: _apply(held, known),
    )


def keep(filter: PairFilter) -> None:
    """Draw what can be done with the filter: save it with a name, share it, remove it."""
    opened = st.popover("Save or share", icon=":material/bookmark:", on_change="rerun", key="saved")
    if not opened.open:
        _say()
        return
    with opened:
        _say()
        name = _name()
        if filter == PairFilter():
            st.caption("No filter is set: there is nothing to save yet.")
            return
        if name:
            st.markdown(f"Saved as **{plain(name, NAME_CHARS)}**")
            st.button("Remove it", icon=":material/delete:", key="saved_remove", on_click=_remove)
        else:
            _form()
        st.caption("Its link, on this page:")
        st.code(address(st.context.url, _said(_now())), language=None, wrap_lines=True)
        _download(name, filter)


def address(url: str | None, said: Iterable[tuple[str, str]]) -> str:
    """Return the address of a page with these parameters alone."""
    base = (url or "/").partition("?")[0].partition("#")[0]
    words = urlencode(list(said))
    return f"{base}?{words}" if words else base


def _now() -> Saved:
    """Return what the widgets hold."""
    state = st.session_state
    return Saved(
        "",
        source=tuple(state.get("source", ())),
        split=tuple(state.get("split", ())),
        q=(state.get("q") or "").strip(),
        where=(state.get("where") or "").strip(),
    )


def _said(saved: Saved) -> list[tuple[str, str]]:
    """Return a filter as parameters of a link."""
    return [
        *(("source", name) for name in saved.source),
        *(("split", name) for name in saved.split),
        *((key, text) for key, text in (("q", saved.q), ("where", saved.where)) if text),
    ]


def _name() -> str:
    """Return what the filter is saved as, "" where it is not."""
    try:
        return next((one.name for one in read(cached.root()) if one.says(_now())), "")
    except AssayError:
        return ""


def _form() -> None:
    with st.form("saved_form", border=False):
        st.text_input("Name", key=_NAME, max_chars=NAME_CHARS, placeholder="What it keeps")
        st.form_submit_button("Save this filter", on_click=_save)


def _download(name: str, filter: PairFilter) -> None:
    generation = cached.generation()
    st.download_button(
        "Download as a recipe",
        filter_recipe(name, filter, generation.fingerprint, store_flag()),
        file_name=file_name(name),
        mime="application/json",
        icon=":material/download:",
        help="Name, parameters, the store's fingerprint, and the command that exports these pairs.",
        on_click="ignore",
    )


def _say() -> None:
    """Show what was done last, or why not, and offer back what was removed, until one goes on."""
    if st.session_state.setdefault(_ABOUT, _now()) != _now():
        _forget()
    if note := st.session_state.get(_NOTE):
        st.caption(note)
    if st.session_state.get(_GONE):
        st.button(
            "Bring it back",
            icon=":material/undo:",
            key="saved_back",
            help="Save it again, with its name",
            on_click=_bring_back,
        )


# --- callbacks ---------------------------------------------------------------------------------


def _apply(held: tuple[Saved, ...], known: Known) -> None:
    """Ask for the chosen filter, in the place of all that was asked for."""
    place = st.session_state[_CHOICE]
    chosen = Saved("") if place is None else held[place]
    _forget()
    for key, names in (("source", chosen.source), ("split", chosen.split)):
        here = known[key]
        st.session_state[key] = [name for name in names if here is None or name in here]
        _miss(key, [name for name in names if name not in st.session_state[key]])
    st.session_state["q"], st.session_state["where"] = chosen.q, chosen.where
    for key in ("source", "split", "q", "where"):
        links.changed(key)


def _miss(key: str, gone: list[str]) -> None:
    """Say which names of a saved filter the store has no more."""
    if gone:
        named = ", ".join(plain(name, 80) for name in gone[: links.LISTED])
        said = f"The saved filter asks for the {key} “{named}”, which is not here any more."
        _note(f"{st.session_state.get(_NOTE, '')} {said}".strip())


def _save() -> None:
    named = replace(_now(), name=st.session_state[_NAME] or "")
    _try(lambda: f"Saved as “{plain(save(cached.root(), named).name, NAME_CHARS)}”.")


def _remove() -> None:
    def act() -> str:
        gone = remove(cached.root(), _name())
        st.session_state[_GONE] = gone
        return f"Removed “{plain(gone.name, NAME_CHARS)}”. The filter itself still stands."

    _try(act)


def _bring_back() -> None:
    gone: Saved = st.session_state[_GONE]
    _try(lambda: f"“{plain(save(cached.root(), gone).name, NAME_CHARS)}” is back.")


def _try(act: Callable[[], str]) -> None:
    """Do something to the saved filters; say what was done, or what went wrong."""
    _forget()
    try:
        # A press is heard before the page: who was taken off the list meanwhile changes nothing.
        person = who.known()
        if isinstance(person, Person) and person.may("reviewer"):
            _note(act())
    except AssayError as error:
        _note(plain(str(error), 400))


def _forget() -> None:
    st.session_state.pop(_NOTE, None)
    st.session_state.pop(_GONE, None)
    st.session_state.pop(_ABOUT, None)


def _note(text: str) -> None:
    st.session_state[_NOTE] = text
