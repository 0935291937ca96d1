"""people: who may use the store and as what, and the one-time links that let them in."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from urllib.parse import urlsplit

from core.commands.command import Command, Outcome
from core.commands.relabelling import log_argument, opened
from core.errors import UnknownName, UsageError
from core.relabel import invites
from core.relabel import people as lists
from core.relabel.clock import microseconds
from core.schema.relabel import ROLES, Role
from core.settings import Settings
from core.store.layout import read_generation


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("add", "list", "remove"))
    parser.add_argument("name", nargs="?", metavar="NAME", help="of a person (add, remove)")
    parser.add_argument("--role", choices=ROLES, help="what they may do (annotator)")
    parser.add_argument("--url", metavar="BASE", help="where people reach the app, for the link")
    log_argument(parser)


def run(args: Namespace, settings: Settings) -> Outcome:
    read_generation(settings.store)
    if (args.name is None) != (args.action == "list"):
        hint = "people list shows everybody; the other two need one name."
        raise UsageError(f"people {args.action} does not go with that.", hint)
    if args.action == "add":
        return add(settings, args.name, args.role, args.url)
    return remove(settings, args.name) if args.action == "remove" else show(settings)


def add(settings: Settings, name: str, role: Role | None = None, url: str | None = None) -> Outcome:
    """List a person, or find the listed one, and make a new link."""
    base = _base(settings, url)
    lists.check_name(name)
    role = role or (lists.listed(settings.store) or {}).get(name, "annotator")
    # Inside the log's transaction: it lets one command at a time change the list.
    with opened(settings) as log, log.writing() as writing:
        if name not in (lists.listed(settings.store) or {}):
            # A removal changes the list first and may fail then: no old cookie may count again.
            invites.remove(writing, name)
        token = invites.invite(writing, name)
        first = lists.put(settings.store, name, role)
    link = f"{base}/join/{token}"
    lines = [f"{name} is listed as {role}.", f"This link lets {name} in, once:", link]
    lines.append(f"It ends after {invites.LINK_DAYS} days; {name}'s earlier links end now.")
    if first:
        lines.append("This is the first one listed: from now on only listed people get in.")
    data = {"person": name, "role": role, "link": link, "first": first}
    return Outcome(data, tuple(lines))


def remove(settings: Settings, name: str) -> Outcome:
    """Take a person off the list; their links and cookies end, their answers stay."""
    held = lists.listed(settings.store) or {}
    if name not in held:
        raise UnknownName("person", name, held)
    with opened(settings) as log, log.writing() as writing:
        invites.remove(writing, name)
        lists.drop(settings.store, name)
    lines = [f"{name} is no longer listed. Answers given before are kept."]
    if not lists.listed(settings.store):
        lines.append(
            "Nobody is listed now, so nobody gets in. To work alone again, take the table "
            "[people] out of assay.toml."
        )
    return Outcome({"person": name, "removed": True}, tuple(lines))


def show(settings: Settings) -> Outcome:
    """List everybody with their role, and whether they came in."""
    held, access = lists.listed(settings.store), invites.Access()
    with opened(settings) as log:
        access.catch_up(log)
    rows = [
        {"person": name, "role": role, "state": _state(access, name)}
        for name, role in (held or {}).items()
    ]
    lines = [f"{row['person']}: {row['role']}, {row['state']}" for row in rows]
    if held is None:
        lines = ["Nobody is listed: whoever reaches the app is the one local person."]
    return Outcome({"people": rows, "listed": held is not None}, tuple(lines) or (_EMPTY,))


_EMPTY = "The list is empty, so nobody gets in."


def _state(access: invites.Access, name: str) -> str:
    since = access.removed.get(name, 0)
    if any(who == name and seq > since for who, seq in access.joins.values()):
        return "came in"
    open_links = [at for who, at in access.invites.values() if who == name]
    return "has a link" if any(at > microseconds() for at in open_links) else "has no link"


def _base(settings: Settings, url: str | None) -> str:
    if url is None:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return f"http://{host}:{settings.port}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(f"{url!r} is not an address of the app.", "Write https://HOST or http://.")
    return url.rstrip("/")


COMMAND = Command("people", "list who may use the store, and make their links", arguments, run)
