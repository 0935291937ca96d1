"""Export's files: the download of what is small, the command, a folder on the server."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import streamlit as st

from core.curate.export import ARCHIVE_PAIRS, write
from core.curate.judged import Given
from core.curate.recipe import Recipe
from core.errors import AssayError, ExportError
from core.schema.relabel import Person
from pages.components import cached, exportfile, exportview, jobs, problems
from pages.components.exportask import Seen
from pages.components.exportform import Asked
from pages.components.words import counted, plain, prose

FOLDER = "exports"
"""In the store's folder."""
_ANCHOR = "write-it"
_ASKED = "export_asked"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE | re.ASCII)


def offer(asked: Asked, seen: Seen, person: Person) -> None:
    """Draw the download and the way to the rest, or what stands in the way of both."""
    if seen.refused:
        st.warning(plain(seen.refused), icon=":material/warning:")
        st.caption(plain(seen.hint))
    large = seen.preview.counts.selected > ARCHIVE_PAIRS
    with st.container(horizontal=True, vertical_alignment="center"):
        if not large:
            _download(asked, seen, person)
        st.markdown(f"[{_rest(person)} ↓](#{_ANCHOR})", width="content")
    if large:
        st.caption(f"A download holds up to {ARCHIVE_PAIRS:,} pairs; the command has no limit.")


def show(asked: Asked, seen: Seen, given: Given, person: Person) -> None:
    """Draw what the files lose, the command, and a folder on the server."""
    st.subheader("Write it", anchor=_ANCHOR)
    _losses(seen)
    st.code(exportview.command(asked.recipe), language=None, wrap_lines=True)
    if asked.recipe.evaluation:
        st.caption("The command reads the files of evaluation prompts from where it is run.")
    if person.may("admin"):
        _server(asked.recipe, seen, given)


def folder_of(root: Path, name: str) -> Path:
    """Return where an export of this name goes; raise ExportError for one that cannot be."""
    _check(name)
    base = root / FOLDER
    if base.is_symlink():
        raise ExportError(f"{FOLDER} in the store's folder is a link.", "Put a folder there.")
    if os.path.lexists(base / name):
        raise ExportError(f"There is an export named {name} already.", "Choose another name.")
    return base / name


def _check(name: str) -> None:
    """Raise ExportError for what is no plain name."""
    if not name:
        raise ExportError("Give the export a name.", "Such as round-1.")
    if _DEVICES.fullmatch(name):
        raise ExportError(f"{name} is a reserved name.", "Choose another name.")
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise ExportError(
            f"An export cannot be called {name[:80]!r}.",
            "Use letters, digits, - _ and . with a letter or digit first, 64 at most.",
        )


def _rest(person: Person) -> str:
    return "The command, or a folder on the server" if person.may("admin") else "The command"


def _download(asked: Asked, seen: Seen, person: Person) -> None:
    st.download_button(
        "Download as a zip file",
        exportfile.later(asked.recipe, person, asked.evaluation),
        file_name="curated.zip",
        mime="application/zip",
        icon=":material/download:",
        # The style of primary buttons leaves the words of a disabled one unseen.
        type="secondary" if seen.refused else "primary",
        on_click="ignore",
        disabled=bool(seen.refused),
        help=plain(seen.refused) or None,
    )


def _losses(seen: Seen) -> None:
    losses = seen.preview.losses
    with st.expander(f"What the files cannot hold ({len(losses)})", key="export_losses"):
        st.markdown("\n".join(f"- {prose(loss)}" for loss in losses))


def _server(recipe: Recipe, seen: Seen, given: Given) -> None:
    with st.form("export_server", border=True):
        name = st.text_input(
            f"A new folder in {FOLDER}, in the store's folder",
            key="export_name",
            placeholder="round-1",
            max_chars=64,
        )
        st.form_submit_button(
            "Write on the server",
            icon=":material/save:",
            disabled=bool(seen.refused),
            help=plain(seen.refused) or None,
            on_click=_ask,
            args=(recipe,),
        )
    if st.session_state.pop(_ASKED, None) == recipe:
        _write(recipe, seen, given, (name or "").strip())


def _ask(recipe: Recipe) -> None:
    """Remember what was asked for; the page writes it, where its progress is to be seen."""
    st.session_state[_ASKED] = recipe


def _write(recipe: Recipe, seen: Seen, given: Given, name: str) -> None:
    bar = st.progress(0.0, "Dividing the pairs")
    watch = Progress(bar, seen.preview.counts.selected).watch
    try:
        made = write(cached.store(), recipe, folder_of(cached.root(), name), given, watch)
    except AssayError as error:
        bar.empty()
        # Nobody at a browser is to learn a path of this machine.
        folder = f"{cached.root() / FOLDER}{os.sep}"
        problems.show(ExportError(error.message.replace(folder, ""), error.hint))
        return
    bar.empty()
    size = sum(entry.bytes for entry in made.files)
    st.success(
        f"{counted(made.counts.selected, 'pair')} written to {plain(str(Path(FOLDER) / name))}, "
        f"{size / 1e6:,.1f} MB in {counted(len(made.files), 'file')}.",
        icon=":material/check:",
    )


class Progress:
    """A bar with the rate and the time left; a press elsewhere stops the writing at a table."""

    def __init__(self, bar: st.delta_generator.DeltaGenerator, total: int) -> None:
        self._bar, self._total = bar, max(total, 1)
        self._done, self._began = 0, time.monotonic()

    def watch(self, tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
        """Pass on the tables of a split, and count their rows."""
        for table in tables:
            yield table
            self._done += table.num_rows
            self._tell()

    def _tell(self) -> None:
        passed = max(time.monotonic() - self._began, 1e-3)
        rate = self._done / passed
        left = max(self._total - self._done, 0) / max(rate, 1e-9)
        self._bar.progress(
            min(self._done / self._total, 1.0),
            f"{self._done:,} of {self._total:,} pairs · {rate:,.0f} pairs/s · "
            f"{jobs.duration(left)} left. Stay here: leaving stops it, and nothing is left behind.",
        )
