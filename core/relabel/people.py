"""Who may use a store, and as what: the table `[people]` of its `assay.toml`.

    [people]
    "Ann Lee" = "admin"
    bo = "annotator"

Without the table one person works alone, unless the votes' log knows of somebody who was invited:
then the list is gone, and nobody gets in. An empty table lets nobody in.
"""

from __future__ import annotations

import os
import shutil
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from core.charts.letters import INVISIBLE
from core.errors import StoreError, UnknownName, UsageError
from core.schema.relabel import ROLES, Person, Role
from core.settings import Settings
from core.store.files import move

LOCAL = Person("local", "admin")
"""Who is at the page where nobody is listed: the person whose machine it is."""
NAME_CHARS = 80
_FILE = "assay.toml"

People = Mapping[str, Role]


def people(settings: Settings) -> dict[str, Role]:
    """Return everybody's role by name; without a list, the one local person's.

    Raises:
        UsageError: the file is no TOML, or its list holds what is no name or no role.
    """
    found = listed(settings.store)
    return {LOCAL.name: LOCAL.role} if found is None else dict(found)


def too_few(overlap: int, asked: tuple[str, ...] | None, settings: Settings) -> str:
    """Return a sentence where fewer people are asked than answers are wanted, "" elsewhere."""
    n = len(people(settings) if asked is None else set(asked))
    if overlap <= n:
        return ""
    who = "1 person is" if n == 1 else f"{n:,} people are"
    return (
        f"Only {who} asked, so no pair can get {overlap:,} answers. Ask more people, or want fewer."
    )


def listed(root: Path) -> People | None:
    """Return the list of a store's folder, None where there is none; read again when it changed.

    Raises:
        UsageError: the file is no TOML, or its list holds what is no name or no role.
    """
    path = root / _FILE
    try:
        seen = path.stat()
        return _read(path, seen.st_ino, seen.st_mtime_ns, seen.st_size)
    except FileNotFoundError:  # also of a file that went since: what was not read is not kept
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def check_name(name: str) -> str:
    """Return the name; raise UsageError where people could not tell it from another or read it."""
    if not 1 <= len(name) <= NAME_CHARS:
        raise UsageError(f"A name has 1 to {NAME_CHARS} characters; this has {len(name)}.")
    if name.casefold() in ("everyone", "everybody"):
        raise UsageError(
            f"{name!r} is what all people together are called.", "Choose another name."
        )
    if not name.isprintable() or INVISIBLE.search(name) or name != name.strip():
        raise UsageError(
            f"The name {name!a} holds characters that cannot be seen.",
            "Use letters, digits, signs, and spaces inside the name.",
        )
    return name


def put(root: Path, name: str, role: Role) -> bool:
    """List a person, or give a listed one another role; return whether this made the list.

    Raises:
        UsageError: the name is none or is read like another's, or the list would have no admin.
        StoreError: the file cannot be written; nothing was changed.
    """
    held = listed(root) or {}
    check_name(name)
    twin = next((one for one in held if one != name and _key(one) == _key(name)), None)
    if twin is not None:
        raise UsageError(f"The list has {twin!r}, which reads like {name!r}.", "Choose another.")
    _check_admin({**held, name: role})
    _change(root, lambda table: table.__setitem__(name, role))
    return not held


def drop(root: Path, name: str) -> None:
    """Take a person off the list; an empty list stays, and lets nobody in.

    Raises:
        UnknownName: nobody of that name is listed.
        UsageError: the others would be without an admin.
        StoreError: the file cannot be written; nothing was changed.
    """
    held = listed(root) or {}
    if name not in held:
        raise UnknownName("person", name, held)
    _check_admin({one: role for one, role in held.items() if one != name})
    _change(root, lambda table: table.pop(name))


def _check_admin(planned: People) -> None:
    if planned and "admin" not in planned.values():
        raise UsageError(
            "The list would be without an admin.",
            "List one first: python -m core people add NAME --role admin.",
        )


def _key(name: str) -> str:
    """Return what names that are read alike have in common."""
    return unicodedata.normalize("NFKC", name).casefold()


# --- the file ----------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _read(path: Path, inode: int, modified: int, size: int) -> People | None:
    """Read the file that was seen, once: pages ask at every press, and a change is another file."""
    table = _parsed(path, _read_text(path)).get("people")
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError(f"In {path}, people is not a table of names and roles.")
    return MappingProxyType({check_name(name): _role(name, said) for name, said in table.items()})


def _role(name: str, said: object) -> Role:
    if said not in ROLES:
        raise UsageError(
            f"{name!r} is listed as {said!r}, which is no role.", f"Roles: {', '.join(ROLES)}."
        )
    return said


def _text(path: Path) -> str:
    return _read_text(path) if path.exists() else ""


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as text: {error}.") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}.") from error


def _change(root: Path, change: Callable[[MutableMapping[str, Any]], object]) -> None:
    """Change the table `people` and nothing else: comments and order stay as they were."""
    path = root / _FILE
    text = _text(path)
    wanted = _parsed(path, text)
    change(wanted.setdefault("people", {}))
    try:
        document = tomlkit.parse(text)
        if "people" not in document:
            document["people"] = tomlkit.table()
        change(cast("MutableMapping[str, Any]", document["people"]))
        made = tomlkit.dumps(document)
    except TOMLKitError as error:
        raise UsageError(f"{path} cannot be changed: {error}.") from error
    if _parsed(path, made) != wanted:
        raise UsageError(f"{path} is written in a way that people add cannot change.", "Edit it.")
    _write(path, made)


def _write(path: Path, text: str) -> None:
    """Write beside and rename: who is killed, or reads meanwhile, has the file before.

    Its own name, not one of `.build-`: an import sweeps those. The mode stays, the file may hold
    the log's address with a password.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text.encode("utf-8"))
        if path.exists():
            shutil.copymode(path, beside)
        else:
            beside.chmod(0o644)
        move(beside, path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Nothing was changed; check free space and permissions.",
        ) from error
