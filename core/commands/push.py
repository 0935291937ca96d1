"""`push`: send a finished export to a repository of a hub, or say what would be sent."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.commands.command import Command, Outcome
from core.curate.hub.faults import HubUnreachable
from core.curate.hub.push import (
    Pushed,
    Target,
    card_for,
    check_repo,
    look,
    push,
    repo_url,
)
from core.curate.manifests.finished import Finished, read_export
from core.settings import Settings


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="a finished export")
    parser.add_argument("repo", metavar="REPO", help="the data set on the hub, org/name")
    parser.add_argument(
        "--public", action="store_true", help="everybody may read it; otherwise it is made private"
    )
    parser.add_argument("--message", default="", metavar="M", help="first line of the commit")
    parser.add_argument(
        "--dry-run", action="store_true", help="list the files and what would happen, send nothing"
    )


def _run(args: Namespace, settings: Settings) -> Outcome:
    repo = check_repo(args.repo)
    export = read_export(args.folder)
    if args.dry_run:
        return _tried(export, repo, args.public)
    done = push(export, look(repo, args.public), args.public, args.message)
    return Outcome(_data(export, done.url, done.pull_request), (*_files(export), *_done(done)))


def _tried(export: Finished, repo: str, public: bool) -> Outcome:
    try:
        target = look(repo, public)
    except HubUnreachable as error:  # the files can be listed all the same
        lines = (*_files(export), f"What is at {repo} is not known. {error}", "Nothing was sent.")
        return Outcome(_data(export, repo_url(repo), None), lines)
    lines = (*_files(export), _would(export, target, public), "Nothing was sent.")
    return Outcome(_data(export, target.url, target.exists), lines)


def _would(export: Finished, target: Target, public: bool) -> str:
    if not target.exists:
        return f"{target.repo} would be made, {'public' if public else 'private'}."
    card_for(export, target)
    merged = "" if target.card is None else ", its card merged with ours"
    seen = "private" if target.private else "public"
    return f"{target.repo} exists and is {seen}: a pull request would be opened{merged}."


def _data(export: Finished, url: str, pull_request: bool | None) -> dict[str, object]:
    return {
        "url": url,
        "files": [entry.path for entry in export.files],
        "bytes": {entry.path: entry.bytes for entry in export.files},
        "recipe": export.recipe,
        "pull_request": pull_request,
    }


def _files(export: Finished) -> tuple[str, ...]:
    total = sum(entry.bytes for entry in export.files)
    rows = tuple(f"  {entry.path}  {entry.bytes:,} bytes" for entry in export.files)
    return (f"{len(export.files)} files, {total:,} bytes, recipe {export.recipe}:", *rows)


def _done(done: Pushed) -> tuple[str, ...]:
    what = "A pull request is open" if done.pull_request else "It is"
    return (*done.notes, f"{what} at {done.url}.")


COMMAND = Command("push", "send an export to a hub, private unless said", _arguments, _run)
