"""Where a model lies: a folder, or a hub whose small files come first and safetensors after."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import shorten

from core.errors import ScoreError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_SMALL = ("*.json", "*.txt", "*.model", "*.jinja")
_UNWANTED = ("onnx/*", "openvino/*", "coreml/*", "runs/*", "checkpoint-*")
_HUB_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(/[\w.-]+)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HASHED = (".safetensors", ".json", ".txt", ".model", ".jinja")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Place:
    """A model's files on this machine."""

    name: str
    """Name on the hub, or the folder's name."""
    folder: Path
    commit: str | None
    """Commit on the hub; None for a folder."""

    @property
    def revision(self) -> str:
        """Return the commit, or the SHA-256 of the folder's files; reads all of them."""
        return self.commit or digest(self.folder)

    def has(self, name: str) -> bool:
        """Return whether a file is there."""
        return (self.folder / name).is_file()

    def json(self, name: str) -> dict[str, object]:
        """Return a JSON file's object, empty when there is no such file."""
        found = self._parsed(name)
        if not isinstance(found, dict | None):
            raise ScoreError(f"{name} of {self.name} is not a JSON object.")
        return found or {}

    def list(self, name: str) -> list[dict[str, object]]:
        """Return a JSON file's list of objects, empty when there is no such file."""
        found = self._parsed(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise ScoreError(f"{name} of {self.name} is not a list of JSON objects.")
        return found

    def _parsed(self, name: str) -> object:
        if not self.has(name):
            return None
        try:
            found: object = json.loads((self.folder / name).read_text("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ScoreError(f"{name} of {self.name} is not JSON: {error}.") from error
        return found

    def weights(self) -> tuple[str, ...]:
        """Return the names of the weight files, there or not; those of a shard list are checked."""
        if self.has(ADAPTER_CONFIG) and not self.has("config.json"):
            return (ADAPTER,)
        shards = self.json(INDEX).get("weight_map")
        if self.has(WEIGHTS) or not isinstance(shards, dict):
            return (WEIGHTS,)
        names = sorted({str(name) for name in shards.values()})
        for name in names:
            # The library opens what the list names, and a name of another kind as a pickle.
            if not name.endswith(".safetensors") or "/" in name or "\\" in name:
                raise ScoreError(f"{INDEX} of {self.name} names {name!r}, no safetensors file.")
        return tuple(names)


def find(
    name: str,
    revision: str | None = None,
    *,
    code: bool = False,
    say: Callable[[str], None],
    check: Callable[[Place], None] = lambda place: None,
) -> Place:
    """Return the place of a folder or hub name; `check` sees it before weights are fetched.

    `code` fetches Python files as well. Raises ScoreError when there is no such model.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        place = Place(folder.resolve().name, folder.resolve(), None)
        check(place)
        return place
    if folder.exists():
        raise ScoreError(f"{name} is a file.", "A model is a folder or a name on the hub.")
    if not _HUB_NAME.fullmatch(name):
        raise ScoreError(f"There is no folder {name}.", "A model is a folder or a hub's org/name.")
    return _from_hub(name, revision, code, say, check)


def _from_hub(
    name: str,
    revision: str | None,
    code: bool,
    say: Callable[[str], None],
    check: Callable[[Place], None],
) -> Place:
    folder = _fetch(name, revision, (*_SMALL, *(("*.py",) if code else ())))
    commit = folder.name if _COMMIT.fullmatch(folder.name) else revision
    place = Place(name, folder, commit)
    check(place)
    if not all(map(place.has, place.weights())):
        say(f"Fetching the weights of {name} from the hub.")
        _fetch(name, commit, place.weights())
    return place


def _fetch(name: str, revision: str | None, files: tuple[str, ...]) -> Path:
    import huggingface_hub
    from huggingface_hub import errors

    try:
        found = huggingface_hub.snapshot_download(
            name, revision=revision, allow_patterns=list(files), ignore_patterns=list(_UNWANTED)
        )
    except errors.GatedRepoError as error:
        hint = "Ask for access on its page and set HF_TOKEN."
        raise ScoreError(f"The hub gives {name} to people with access only.", hint) from error
    except errors.RepositoryNotFoundError as error:
        hint = "Check the name; a private model needs HF_TOKEN."
        raise ScoreError(
            f"There is no folder {name}, and no such model on the hub.", hint
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ScoreError(f"{name} has no revision {revision} on the hub.") from error
    except errors.LocalEntryNotFoundError as error:
        said = f"There is no folder {name}, and the hub cannot be reached."
        raise ScoreError(said, f"Give a folder, or run first: hf download {name}.") from error
    except Exception as error:  # of HTTP, proxies, disks: a class each
        raise ScoreError(f"{name} cannot be fetched from the hub: {gist(error)}.") from error
    return Path(found)


def gist(error: BaseException) -> str:
    """Return the beginning of a library's error on one line, without its full stop."""
    words = " ".join(str(error).split()) or type(error).__name__
    return shorten(words, 240, placeholder="").rstrip(".: ")


def digest(folder: Path) -> str:
    """Return the SHA-256 over names and contents of weights, configuration and tokenizer."""
    total = sha256()
    for file in sorted(_files(folder)):
        total.update(f"{file.relative_to(folder).as_posix()}\0{_sha256(file)}\n".encode())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield files of the folder and of a sentence-transformers' numbered modules."""
    for file in (*folder.iterdir(), *folder.glob("[0-9]_*/*")):
        if file.suffix in _HASHED and file.name != "trainer_state.json" and file.is_file():
            yield file


def _sha256(file: Path) -> str:
    found = sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
