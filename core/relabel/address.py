"""Where a votes' log is: its file, its address as people may read it, its name outside."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa


def file_of(url: sa.URL) -> Path:
    """Return the file of a log on SQLite."""
    return Path(url.database or "")


def shown(url: sa.URL) -> str:
    """Return the address without the password, which can stand among the options too."""
    return url.set(query={}).render_as_string(hide_password=True)


def places_of(url: sa.URL, outside: Path | None) -> tuple[str, ...]:
    """Return what the file outside calls a log: it is kept by the first, and looked for by all.

    One beside that file goes by its name alone, so that a folder that was moved without its log
    still misses it; before, it was the whole address.
    """
    file, address = file_of(url), shown(url)
    if outside is None or url.get_backend_name() != "sqlite":
        return (address,)
    beside = file.parent.resolve() == outside.parent.resolve()
    return (file.name, address) if beside else (address,)
