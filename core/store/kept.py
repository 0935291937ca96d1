"""What is found in all texts of a store and takes long: kept beside the pairs until those change.

A help that nothing needs: what cannot be read is found anew, what cannot be written is not kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.errors import StoreError
from core.schema import Ints
from core.store.files import place
from core.store.instance import Store
from core.store.layout import kept_name

Arrays = Mapping[str, Ints]
_OF = "made_of"
_WRITING = threading.Lock()


def kept(store: Store, name: str, rules: str, find: Callable[[], Arrays]) -> Arrays:
    """Return what `find` finds, from the file where it was found before.

    rules: what it depends on besides the pairs; another one finds it anew.
    """
    path = store.root / kept_name(store.generation, name)
    made_of = np.array(f"{store.generation.fingerprint} {rules}")
    found = _read(path, made_of)
    if found is None:
        found = find()
        with suppress(StoreError), _WRITING:
            place(path, lambda temp: _write(temp, {**found, _OF: made_of}))
    return found


def _read(path: Path, made_of: np.ndarray[tuple[()], np.dtype[np.str_]]) -> Arrays | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            found = {name: held[name] for name in held.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        return None
    return found if found.pop(_OF, None) == made_of else None


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    with path.open("wb") as file:  # given a name, numpy adds an ending to it
        np.savez(file, **arrays)
