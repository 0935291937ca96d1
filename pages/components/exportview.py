"""The store as the command line names it."""

from __future__ import annotations

from core.settings import Settings, load_settings


def store_flag() -> str:
    """Return the store for the command line, nothing where it is the one that is found anyway."""
    store = load_settings({}).store
    return "" if store == Settings.store else str(store)
