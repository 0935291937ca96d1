"""One-time links and the signed cookies they are changed for.

Only the hash of a link's token is in the log. To use a link is an event whose key the log takes
once, so it works once on any number of servers. A cookie names that event; it holds while its
person is listed and was not removed after it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from itsdangerous import BadData, URLSafeSerializer

from core.errors import StoreError, UsageError
from core.relabel.chain import Event
from core.relabel.log import AlreadyThere, Log, Writing
from core.relabel.mending import behind
from core.relabel.people import People
from core.schema.relabel import Head, Person

LINK_DAYS = 7
COOKIE_DAYS = 90
TOKEN_CHARS = 43
"""Of 32 random bytes in URL-safe base64."""
ACTOR = "command line"
"""Who invites and removes: the commands know no more than that it was someone at the machine."""
_DAY = 86_400_000_000
_FILE = "secret"
_BYTES = 32

Fate = Literal["open", "gone", "unknown"]
"""Of a link: it lets in; it was used, replaced, withdrawn or is too old; nobody made it."""


class Says(Protocol):
    """What the log says about cookies: `State` of the whole log, or `Access` of these events."""

    joins: dict[str, tuple[str, int]]
    removed: dict[str, int]


@dataclass
class Access:
    """The links and cookies of a log; changed by `apply` alone, in the order of the log."""

    head: Head = field(default_factory=lambda: Head(0, ""))
    """Of the event that was taken last."""
    made: set[str] = field(default_factory=set)
    """Hashes of all tokens that were ever given out."""
    invites: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Hash of an unused token → person, when it ends. A person has one: the last."""
    joins: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Hash of a used token → person, seq."""
    removed: dict[str, int] = field(default_factory=dict)
    """Person → seq of the last removal."""

    def apply(self, event: Event) -> None:
        """Take the next event; of other kinds only the place is kept."""
        self.head = Head(event.seq, event.hash)
        if event.kind not in ("invite", "join", "removed"):
            return
        person = str(event.body["person"])
        self.invites = {key: (who, at) for key, (who, at) in self.invites.items() if who != person}
        if event.kind == "invite":
            self.made.add(event.body["token_hash"])
            self.invites[event.body["token_hash"]] = (person, int(event.body["expires"]))
        elif event.kind == "join":
            self.joins[event.body["token_hash"]] = (person, event.seq)
        else:
            self.removed[person] = event.seq

    def catch_up(self, log: Log | Writing) -> None:
        """Take the events that came since, or all of a log that an older backup replaced."""
        same, events = behind(log, self.head)
        if not same:
            self.head = Head(0, "")
            for held in (self.made, self.invites, self.joins, self.removed):
                held.clear()
        for event in events:
            self.apply(event)

    def fate(self, token: str, people: People, now: int) -> Fate:
        """Return what a link does at `now`, in microseconds since 1970."""
        key = token_hash(token)
        if key not in self.made:
            return "unknown"
        person, expires = self.invites.get(key, ("", 0))
        return "open" if person in people and now < expires else "gone"


@dataclass(frozen=True)
class Pass:
    """What a cookie says."""

    person: str
    token_hash: str
    seq: int
    """Of the event by which its link was used."""
    until: int
    """Microseconds since 1970."""

    def stands(self, says: Says) -> bool:
        """Return whether the log has its event, and no removal after it."""
        joined = says.joins.get(self.token_hash) == (self.person, self.seq)
        return joined and says.removed.get(self.person, 0) < self.seq


def token_hash(token: str) -> str:
    """Return what the log keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def invite(writing: Writing, person: str) -> str:
    """Append a new link of a person, which ends their unused ones; return its token.

    It ends by this machine's clock: one that once jumped ahead left events of a far future.
    """
    token, expires = secrets.token_urlsafe(32), writing.now + LINK_DAYS * _DAY
    body = {"person": person, "token_hash": token_hash(token), "expires": expires}
    writing.append("invite", ACTOR, body)
    return token


def remove(writing: Writing, person: str) -> None:
    """Append that a person's links and cookies end here."""
    writing.append("removed", ACTOR, {"person": person})


def join(log: Log, access: Access, people: People, token: str) -> Pass | None:
    """Use a link up and return the pass it gives; None where it does not let in.

    Raises:
        LogError: the log cannot be reached or written.
    """
    key = token_hash(token)
    try:
        with log.writing() as writing:
            access.catch_up(writing)
            if access.fate(token, people, writing.now) != "open":
                return None
            person = access.invites[key][0]
            body = {"person": person, "token_hash": key}
            event = writing.append("join", person, body, item_key=f"join/{key}")
    except AlreadyThere:
        return None
    return Pass(person, key, event.seq, writing.now + COOKIE_DAYS * _DAY)


# --- cookies -----------------------------------------------------------------------------------


def cookie_name(secret: bytes) -> str:
    """Return the cookie's name: browsers share cookies among the ports of a machine."""
    return f"assay_{hashlib.sha256(b'name' + secret).hexdigest()[:8]}"


def sign(secret: bytes, given: Pass) -> str:
    """Return a pass as a cookie."""
    said = [given.person, given.token_hash, given.seq, given.until]
    signed: str | bytes = _serializer(secret).dumps(said)
    return signed if isinstance(signed, str) else signed.decode("ascii")


def read_cookie(secret: bytes, cookie: str, now: int) -> Pass | None:
    """Return the pass that we signed and that is not too old at `now`, None for all else."""
    try:
        said: Any = _serializer(secret).loads(cookie)
        found = Pass(*said)
    except (BadData, TypeError, ValueError):
        return None
    return found if now < found.until else None


def recognise(given: Pass | None, says: Says, people: People) -> Person | str | None:
    """Return who holds a pass; the name alone of one who is no longer listed; None for nobody."""
    if given is None or says.joins.get(given.token_hash) != (given.person, given.seq):
        return None
    if given.person not in people:
        return given.person
    return Person(given.person, people[given.person]) if given.stands(says) else None


def _serializer(secret: bytes) -> URLSafeSerializer:
    keyed: Mapping[str, object] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(secret, salt="assay.person", signer_kwargs=dict(keyed))


def secret_of(root: Path) -> bytes:
    """Return the secret that signs a store's cookies; it is made at the first call.

    Raises:
        UsageError: others can read it, or it is not what was made.
        StoreError: it cannot be made or read.
    """
    path = root / _FILE
    try:
        if not path.is_symlink() and not path.exists():
            _make(path)
        seen = path.lstat()
        return _secret(path, seen.st_ino, seen.st_mtime_ns, seen.st_size, seen.st_mode)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be used: {error.strerror or error}.",
            "It signs the cookies of the people who are listed.",
        ) from error


@lru_cache(maxsize=8)
def _secret(path: Path, inode: int, modified: int, size: int, mode: int) -> bytes:
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            f"Others can read {path}, so they could sign in as anybody.",
            "Remove it and restart: it is made anew, and everybody needs a new link.",
        )
    held = path.read_bytes() if stat.S_ISREG(mode) else b""
    if len(held) != _BYTES:
        raise UsageError(
            f"{path} does not hold what was written into it.",
            "Remove it and restart: it is made anew, and everybody needs a new link.",
        )
    return held


def _make(path: Path) -> None:
    """Write the secret whole under another name, then link it: of two makers one wins."""
    beside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        return
    finally:
        beside.unlink(missing_ok=True)
