"""Copies of a run in a shared folder or an object store, made part by part, and their way back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from core.errors import ScoreError, UsageError
from core.store.files import BUILD_PREFIX

RUN = "run.json"
GIVE_UP_SECONDS = 60


def is_uri(text: str) -> bool:
    """Return whether a text names a place by a URI, such as s3://bucket/folder."""
    return "://" in text


@dataclass(frozen=True)
class Remote:
    """A run's folder behind a URI."""

    uri: str
    files: Any
    """A pyarrow FileSystem."""
    path: str
    _there: dict[str, int] = field(default_factory=dict)
    """Name → bytes of what lies there."""

    def keep(self, folder: Path, names: Iterable[str], gone: Collection[str] = ()) -> None:
        """Copy the named parts that are not there yet, then `run.json`; remove those `gone`.

        Raise ScoreError when the place refuses (a later call copies what is missing) or holds
        parts that are none of these.
        """
        wanted = self.check(folder, names, gone)
        with _refusals(self.uri):
            self.files.create_dir(self.path, recursive=True)
            for name in [name for name in wanted if name not in self._there]:
                self._put(folder / name)
                self._there[name] = wanted[name]
            self._put(folder / RUN)
            for name in self._there.keys() & set(gone):
                self.files.delete_file(f"{self.path}/{name}")
                del self._there[name]

    def check(
        self, folder: Path, names: Iterable[str], gone: Collection[str] = ()
    ) -> Mapping[str, int]:
        """Return the sizes of the named parts; raise ScoreError when others lie there.

        A part never changes once it is written, so one of another size is another's.
        """
        wanted = {name: (folder / name).stat().st_size for name in names}
        for name, size in sorted(self._there.items()):
            if name not in gone and wanted.get(name) != size:
                raise ScoreError(
                    f"{self.uri} holds parts that this store has not written, {name} the first.",
                    f"runs add {self.uri} takes them in; or name another place.",
                )
        return wanted

    @contextmanager
    def fetched(self) -> Iterator[Path]:
        """Give a folder with the run's files while the block lasts; raise ScoreError for no run."""
        with TemporaryDirectory(prefix=BUILD_PREFIX) as temp:
            folder = Path(temp) / (self.path.rstrip("/").rpartition("/")[2] or "run")
            folder.mkdir()
            with _refusals(self.uri):
                self._check_run()
                for name in [*self._there, RUN]:
                    fs.copy_files(
                        f"{self.path}/{name}", str(folder / name),
                        source_filesystem=self.files, destination_filesystem=fs.LocalFileSystem(),
                    )  # fmt: skip
            yield folder

    def _check_run(self) -> None:
        if self.files.get_file_info(f"{self.path}/{RUN}").type != fs.FileType.File:
            raise ScoreError(
                f"{self.uri} is no run: there is no {RUN}.",
                "A run is a folder with run.json and part-*.parquet.",
            )

    def _put(self, path: Path) -> None:
        """Copy a file whole or not at all; object stores do so anyway."""
        target = f"{self.path}/{path.name}"
        first = f"{self.path}/{BUILD_PREFIX}{path.name}" if self._is_folder() else target
        fs.copy_files(
            str(path), first,
            source_filesystem=fs.LocalFileSystem(), destination_filesystem=self.files,
        )  # fmt: skip
        if first != target:
            self.files.move(first, target)

    def _is_folder(self) -> bool:
        return bool(self.files.type_name == "local")


def remote(uri: str, *below: str) -> Remote:
    """Open the folder at `uri`, or one below it; raise UsageError or ScoreError."""
    place = uri.split("://", 1)[-1].partition("/")[0]
    if "@" in place:
        raise UsageError(
            f"A key stands in the address {uri.partition('://')[0]}://….",
            "Keys belong into the environment (AWS_ACCESS_KEY_ID, …) or the machine's profile.",
        )
    try:
        files, path = fs.FileSystem.from_uri(_limited(uri))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UsageError(
            f"{uri} is no place that can be opened: {_gist(error)}.",
            "Give file:///folder, s3://bucket/folder or gs://bucket/folder.",
        ) from error
    path = "/".join([path.rstrip("/"), *below])
    with _refusals(uri):
        found = files.get_file_info(fs.FileSelector(path, allow_not_found=True))
    there = {one.base_name: one.size for one in found if _is_part(one.base_name)}
    query = urlsplit(uri).query
    shown = "/".join([uri.removesuffix(f"?{query}").rstrip("/"), *below])
    return Remote(shown, files, path, there)


def _limited(uri: str) -> str:
    """Return the URI with a limit to retries where there is none: a quarter of an hour else."""
    if not uri.startswith(("gs://", "gcs://")) or "retry_limit_seconds" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}retry_limit_seconds={GIVE_UP_SECONDS}"


def _is_part(name: str) -> bool:
    return name.startswith("part-") and name.endswith(".parquet")


@contextmanager
def _refusals(uri: str) -> Iterator[None]:
    """Turn what a place answers into a sentence."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise ScoreError(
            f"{uri} refused: {_gist(error)}.",
            "Check the address, the rights and the keys in the environment.",
        ) from error


def _gist(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300].rstrip(".:")
