"""Every cache of the app, each bounded, keyed by the store's fingerprint and frozen arguments.

The store itself is a resource: one instance per generation, the one before kept for scripts that
still run on it and closed when the next one pushes it out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import streamlit as st

from core.schema import SignalInputs
from core.settings import Settings, load_settings
from core.store.filters import Kind, parse_where, where_text
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.store.layout import Generation, read_generation
from core.store.scan import SCAN_SECONDS

__all__ = [
    "Kind",
    "Store",
    "ask",
    "ask_large",
    "generation",
    "inputs",
    "parse_where",
    "root",
    "store",
    "where_text",
]

P = ParamSpec("P")
T = TypeVar("T")


def store() -> Store:
    """Return the open store of the current generation; raise a StoreError when there is none."""
    settings = load_settings({})
    return _opened(settings, read_generation(settings.store).key)


def root() -> Path:
    """Return the store's folder."""
    return load_settings({}).store


def generation() -> Generation:
    """Return what the pointer names now; never cached, it is one small file."""
    return read_generation(root())


def inputs() -> SignalInputs:
    """Return what signals are computed from; shared by all sessions, never copied."""
    opened = store()
    return _inputs(opened, opened.fingerprint)


def ask(question: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `question(store, …)`, computed once per generation and arguments."""
    opened = store()
    return cast("T", _answer(_call(question), _name(question), opened, _key(opened, args, kwargs)))


def ask_large(question: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask for something of many megabytes: only the last few answers are kept."""
    opened = store()
    arguments = _key(opened, args, kwargs)
    return cast("T", _large_answer(_call(question), _name(question), opened, arguments))


Arguments = tuple[str, tuple[object, ...], tuple[tuple[str, object], ...]]


def _key(opened: Store, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
    return (opened.fingerprint, args, tuple(sorted(kwargs.items())))


def _name(question: Callable[..., object]) -> str:
    return f"{question.__module__}.{question.__qualname__}"


def _call(question: Callable[..., T]) -> Callable[[Store, Arguments], T]:
    return lambda opened, arguments: question(opened, *arguments[1], **dict(arguments[2]))


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda opened: opened.close())
def _opened(settings: Settings, generation: str) -> Store:
    return open_store(settings.store, settings.memory, settings.threads, SCAN_SECONDS)


@st.cache_resource(max_entries=1, show_spinner=False)
def _inputs(_store: Store, fingerprint: str) -> SignalInputs:
    # No slider moves a signal of texts.
    return signal_inputs(_store, texts=False)


@st.cache_data(max_entries=512, show_spinner=False)
def _answer(
    _question: Callable[[Store, Arguments], Any], name: str, _store: Store, arguments: Arguments
) -> Any:
    return _question(_store, arguments)


@st.cache_data(max_entries=4, show_spinner="Preparing")
def _large_answer(
    _question: Callable[[Store, Arguments], Any], name: str, _store: Store, arguments: Arguments
) -> Any:
    return _question(_store, arguments)
