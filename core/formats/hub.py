"""`hf:org/name@revision/config:split` through `datasets`, which keeps its own cache."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import SourceError, UnknownName
from core.formats.arrow_files import READ_ROWS, arrow_rows
from core.formats.chunk import Chunk
from core.formats.files import licence_of
from core.formats.streams import damage

if TYPE_CHECKING:
    from datasets import Dataset, DatasetBuilder

_WORD = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_NAME = re.compile(
    rf"^hf:(?P<repo>{_WORD}/{_WORD})(?:@(?P<revision>[\w.-]+))?"
    rf"(?:/(?P<config>{_WORD}))?(?::(?P<split>\w[\w.]*))?$"
)
_COMMIT = re.compile(r"@([0-9a-f]{40})(?:/|$)")
_LOCAL = re.compile(r"Couldn't find any data file at \S+ ")
"""`datasets` also names a local folder that nobody asked for."""


@dataclass(frozen=True)
class HubName:
    """What an `hf:` name says."""

    repo: str
    revision: str | None
    config: str | None
    split: str | None


@dataclass(frozen=True)
class HubData:
    """A data set of the hub, ready to be read."""

    name: str
    splits: Mapping[str, Callable[[], Iterator[Chunk]]]
    revision: str | None
    """The commit when it is known, else what was asked for."""
    licence: str | None


def parse_hub_name(text: str) -> HubName:
    """Take `hf:org/name@rev/config:split` apart; raise SourceError on any other shape."""
    found = _NAME.match(text)
    if found is None or ".." in text:
        raise SourceError(
            f"{text} is not a name on the hub.", "Write hf:org/name@revision/config:split."
        )
    return HubName(**found.groupdict())


def open_hub(text: str, split: str | None = None) -> HubData:
    """Download (or find in the cache) what the name says."""
    name = parse_hub_name(text)
    with _hub_errors(name.repo):
        builder = _builder(name)
        builder.download_and_prepare()
        data = builder.as_dataset()
        licence = _licence(builder.base_path)
    wanted = name.split or split
    if wanted is not None and wanted not in data:
        raise UnknownName("split", wanted, map(str, data))
    chosen = {str(s): d for s, d in data.items() if wanted in (None, str(s))}
    return HubData(
        name=name.repo.split("/")[1],
        splits={s: partial(_rows, d, text) for s, d in chosen.items()},
        revision=_commit(builder.base_path) or name.revision,
        licence=licence,
    )


def _builder(name: HubName) -> DatasetBuilder:
    from datasets import load_dataset_builder

    # hf:// keeps a folder of the same name in the working directory from being taken instead.
    path = f"hf://datasets/{name.repo}"
    return load_dataset_builder(path, name.config, revision=name.revision)


def _rows(data: Dataset, origin: str) -> Iterator[Chunk]:
    tables = data.with_format("arrow").iter(READ_ROWS)
    with damage(Path(origin)):
        yield from arrow_rows((batch for t in tables for batch in t.to_batches()), origin)


def _commit(base_path: str | None) -> str | None:
    found = _COMMIT.search(base_path or "")
    return found.group(1) if found else None


def _licence(base_path: str | None) -> str | None:
    from datasets import DownloadManager

    try:
        return licence_of(Path(DownloadManager(base_path=base_path).download("README.md")))
    except FileNotFoundError:  # a set need not have a card
        return None


@contextmanager
def _hub_errors(repo: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the hub client, its HTTP library and datasets have no common base
        said = _LOCAL.sub("", " ".join(str(error).split())).rstrip(".") or type(error).__name__
        raise SourceError(
            f"{repo} could not be read from the hub: {said[:300]}.",
            "Check the name, the network and HF_TOKEN, or download it and import the folder.",
        ) from error
