"""A manifest read back, strictly: it is what re-executes an export, and anybody may have edited it.

Values are read by the types of the dataclasses, so a field that is added there is read here.
"""

from __future__ import annotations

import json
import math
import re
import stat
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from core.curate.manifests.manifest import LEFT_OUT, NAME, FileEntry, Manifest
from core.curate.recipe import LARGEST
from core.errors import AssayError, ExportError
from core.schema import SCHEMA_VERSION
from core.store.layout import APPLICATION

T = TypeVar("T")
MAX_BYTES = 32 << 20
"""A manifest of ten thousand sources has 2 MB."""
MAX_DEPTH = 32
_SHOWN = 60
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ODD_PATH = re.compile(r"[\\:\x00-\x1f\x7f]|(^|/)\.{0,2}(/|$)")
"""Signs and steps that lead out of the folder on some system, or to nowhere."""
_ABSENT = {"hidden"}
"""Fields that no manifest holds: they keep their default."""
_HINT = "Only a manifest as the export wrote it can be verified."


class Bad(ValueError):
    """A value that is not what it must be; the message names it."""


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of an export.

    Raises:
        ExportError: there is none, or it is not one that an export wrote; names what is wrong.
    """
    path = folder / NAME
    try:
        return manifest_of(strict_json(_bytes(path)))
    except Bad as error:
        raise ExportError(f"{path} is not a manifest of Assay: {error}.", _HINT) from error


def manifest_of(said: object) -> Manifest:
    """Return the manifest that JSON values say; raise Bad, or ExportError for a later version."""
    data = dict(_object(said, "it"))
    if data.get("application") != APPLICATION:
        raise Bad("its application is another one")
    version = _number(data.get("schema_version"), int, "schema_version")
    if version > SCHEMA_VERSION:
        raise ExportError("The manifest was written by a later Assay.", "Update Assay.")
    if LEFT_OUT in data:
        data["hidden_rows"] = data.pop(LEFT_OUT)
    else:
        data.setdefault("hidden_rows", 0)
    made = cast(Manifest, _value(Manifest, data, "", 0))
    _check(made)
    return made


def value_of(kind: type[T], said: object) -> T:
    """Return the value of a dataclass that JSON values say; raise Bad naming what is wrong."""
    return cast(T, _value(kind, said, "", 0))


def _bytes(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ExportError(f"{path} is not a regular file.", _HINT)
        if found.st_size > MAX_BYTES:
            raise ExportError(f"{path} has more than {MAX_BYTES >> 20} MB.", _HINT)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ExportError(f"{path} does not exist.", "Name the folder of an export.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ExportError(f"{str(path)!r} cannot be read: {why}.") from error


def strict_json(data: bytes) -> object:
    """Return JSON values; raise Bad for what is none, for NaN and for a key that stands twice."""
    try:
        value: object = json.loads(
            data.decode(), object_pairs_hook=_unique, parse_constant=_no_number
        )
    except UnicodeDecodeError as error:
        raise Bad("it is not UTF-8") from error
    except RecursionError as error:
        raise Bad(f"it nests deeper than {MAX_DEPTH} levels") from error
    except json.JSONDecodeError as error:
        raise Bad(f"it is not valid JSON: {error}") from error
    except Bad:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise Bad("it holds a number that is too large") from error
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Bad(f"it holds {_shown(twice)} twice")
    return found


def _no_number(name: str) -> object:
    raise Bad(f"it holds {name}, which is no number")


def _value(kind: Any, said: object, where: str, depth: int) -> Any:
    """Return the value of a type that JSON values say; raise Bad naming the place."""
    if depth > MAX_DEPTH:
        raise Bad(f"{where.split('.')[0]} nests deeper than {MAX_DEPTH} levels")
    made, origin, inner = _parts(kind)
    if made:
        return _made(kind, said, where, depth)
    if origin is Literal:
        if said not in inner or not isinstance(said, str):
            raise Bad(f"{where} is {_shown(said)}, none of {', '.join(map(str, inner))}")
        return said
    if origin in (typing.Union, types.UnionType):
        return _one_of(inner, said, where, depth)
    if origin is tuple:
        return _items(inner, said, where, depth)
    if origin in (Mapping, dict):
        found = _object(said, where)
        return {key: _value(inner[1], v, f"{where}.{key}", depth + 1) for key, v in found.items()}
    return _plain(kind, said, where, depth)


def _made(kind: Any, said: object, where: str, depth: int) -> object:
    found = _object(said, where or "it")
    wanted = {f.name: f for f in fields(kind) if f.name not in _ABSENT}
    place = f"{where}." if where else ""
    for name in found:
        if name not in wanted:
            raise Bad(f"{place}{_shown(name, bare=True)} is nothing that a manifest says")
    if missing := [name for name in wanted if name not in found]:
        raise Bad(f"{place}{missing[0]} is missing")
    hints = _hints(kind)
    values = {n: _value(hints[n], found[n], f"{place}{n}", depth + 1) for n in wanted}
    try:
        return kind(**values)
    except AssayError as error:  # what the value itself refuses, such as ratios that do not add up
        raise Bad(f"{where} cannot be: {error.message.rstrip('.')}") from error


@cache
def _parts(kind: Any) -> tuple[bool, Any, tuple[Any, ...]]:
    """Return whether a type is a dataclass, its origin and its arguments; a patch asks often."""
    return is_dataclass(kind), typing.get_origin(kind), typing.get_args(kind)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _one_of(kinds: tuple[Any, ...], said: object, where: str, depth: int) -> object:
    if said is None and types.NoneType in kinds:
        return None
    real = [kind for kind in kinds if kind is not types.NoneType]
    if len(real) == 1:
        return _value(real[0], said, where, depth)
    for kind in real:
        try:
            return _value(kind, said, where, depth)
        except Bad:
            continue
    raise Bad(f"{where} is {_shown(said)}")


def _items(kinds: tuple[Any, ...], said: object, where: str, depth: int) -> tuple[object, ...]:
    if not isinstance(said, list):
        raise Bad(f"{where} is {_shown(said)}, not a list")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(said)
    if len(kinds) != len(said):
        raise Bad(f"{where} has {len(said)} values, not {len(kinds)}")
    return tuple(
        _value(kind, item, f"{where}[{i}]", depth + 1)
        for i, (kind, item) in enumerate(zip(kinds, said, strict=True))
    )


def _plain(kind: Any, said: object, where: str, depth: int) -> object:
    if kind in (int, float):
        return _number(said, kind, where)
    if kind is object:
        return _anything(said, where, depth)
    if type(said) is not kind:
        names = {str: "a text", bool: "true or false"}
        raise Bad(f"{where} is {_shown(said)}, not {names[kind]}")
    return said


def _number(said: object, kind: type, where: str) -> int | float:
    """Return a number; a whole one stays whole where a fraction may stand, as it was written."""
    if type(said) not in (int, kind):
        raise Bad(f"{where} is {_shown(said)}, not {'a whole' if kind is int else 'a'} number")
    number = cast(int | float, said)
    if abs(number) > LARGEST and not (kind is float and _finite(number)):
        raise Bad(f"{where} is a number that is too large")
    return number


def _finite(number: int | float) -> bool:
    return isinstance(number, float) and math.isfinite(number)


def _anything(said: object, where: str, depth: int) -> object:
    """Return values of a report: lists stay lists."""
    if depth > MAX_DEPTH:
        raise Bad(f"{where.split('.')[0]} nests deeper than {MAX_DEPTH} levels")
    if isinstance(said, list):
        return [_anything(item, where, depth + 1) for item in said]
    if isinstance(said, dict):
        return {key: _anything(item, where, depth + 1) for key, item in said.items()}
    if isinstance(said, int | float) and not isinstance(said, bool):
        return _number(said, float, where)
    return said


def _object(said: object, where: str) -> Mapping[str, object]:
    if not isinstance(said, dict):
        raise Bad(f"{where} is {_shown(said)}, not an object with named values")
    return said


def _shown(said: object, bare: bool = False) -> str:
    text = said if bare and isinstance(said, str) else json.dumps(said, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _check(made: Manifest) -> None:
    """Refuse what no export has, though every type is right."""
    for name, value in (
        ("fingerprint", made.fingerprint),
        *((f.path, f.sha256) for f in made.files),
    ):
        if not _SHA256.fullmatch(value):
            raise Bad(f"{_shown(name, bare=True)} has no SHA-256 of 64 hexadecimal digits")
    for entry in made.files:
        _check_file(entry)
    if len({entry.path.lower() for entry in made.files}) < len(made.files):
        raise Bad("files names a path twice")
    counts = {f"counts.{f.name}": getattr(made.counts, f.name) for f in fields(made.counts)}
    counts |= {f"splits {s.name}": min(s.rows, s.prompts) for s in made.splits}
    counts |= {f"sources {s.name}": s.rows for s in made.sources}
    counts |= {"shared_prompts": made.shared_prompts, "rows left out": made.hidden_rows}
    for name, number in counts.items():
        if number < 0:
            raise Bad(f"{_shown(name, bare=True)} is {number}, which counts nothing")


def _check_file(entry: FileEntry) -> None:
    path = _shown(entry.path)
    if not entry.path or entry.path == NAME or _ODD_PATH.search(entry.path):
        raise Bad(f"files names {path}, which is no file inside the folder")
    if entry.bytes < 0 or (entry.rows or 0) < 0:
        raise Bad(f"the file {path} has fewer than no bytes or rows")
