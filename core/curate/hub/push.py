"""A finished export to a repository of a hub, by the hub's own client.

What is there already is never replaced: a repository that exists gets a pull request, and its card
is merged.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.curate.cards import card
from core.curate.cards.markdown import plain
from core.curate.cards.merge import MAX_CHARS, merge_card
from core.curate.hub.faults import Act, hub_faults
from core.curate.manifests.finished import Finished
from core.errors import ExportError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi
    from huggingface_hub.hf_api import DatasetInfo, RepoSibling

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REPO = re.compile(rf"{_WORD}/{_WORD}")
MAX_NAME = 96
"""Characters of a repository's name on a hub."""
SUMMARY = "Add curated preference pairs"
_UNSURE = (
    "Nothing on main changed. Look at {url} first: if the push is not there, push again; what was "
    "sent already is not sent twice."
)


@dataclass(frozen=True)
class Target:
    """A repository as the hub tells of it."""

    repo: str
    url: str
    exists: bool
    private: bool | None = None
    """None where it does not exist."""
    head: str | None = None
    """Commit of main that the card was read from."""
    card: str | None = None
    """The card that is there."""


@dataclass(frozen=True)
class Pushed:
    """What a push did."""

    url: str
    """Of the pull request, or of the new repository."""
    pull_request: bool
    notes: tuple[str, ...] = ()
    """What the hub said of the card; sentences."""


def check_repo(repo: str) -> str:
    """Return `org/name`; raise UsageError for any other text."""
    odd = "--" in repo or ".." in repo or repo.endswith(".git")
    if not _REPO.fullmatch(repo) or odd or len(repo) > MAX_NAME:
        raise UsageError(
            f"{plain(repo, 80)!r} is no name of a repository.",
            "Write org/name with letters, digits, '-', '_' and '.', 96 characters at most.",
        )
    return repo


def repo_url(repo: str) -> str:
    """Return the page of a data set on the hub."""
    return f"{_api().endpoint}/datasets/{repo}"


def look(repo: str, public: bool = False) -> Target:
    """Ask the hub what is there; nothing is written.

    Raises:
        HubUnreachable: offline, or nobody answers.
        ExportError: no access, or the repository is public and `public` was not said.
    """
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    with hub_faults(Act(repo, "read")):
        try:
            info = _api().dataset_info(repo, files_metadata=True)
        except GatedRepoError:
            raise
        except RepositoryNotFoundError:
            return Target(repo, repo_url(repo), exists=False)
        if not info.private and not public:
            raise ExportError(
                f"{repo} is public: everybody could read what is pushed, in a pull request, too.",
                "Add --public if that is meant, or name another repository.",
            )
        there = _card(repo, info)
    return Target(repo, repo_url(repo), True, bool(info.private), info.sha, there)


def card_for(export: Finished, target: Target) -> str:
    """Return the card that is pushed; raise ExportError where the one there cannot be merged."""
    made = (export.folder / card.NAME).read_text("utf-8")
    return made if target.card is None else merge_card(target.card, made)


def push(export: Finished, target: Target, public: bool = False, message: str = "") -> Pushed:
    """Send the files: to a new repository, or as a pull request to one that `look` found.

    Raises:
        ExportError: the hub refuses or the connection breaks; main is as it was.
    """
    readme = card_for(export, target).encode()
    if not target.exists:
        target = _created(target, public)
        pull = False
    else:
        pull = True
    act = Act(target.repo, "push to", _UNSURE.format(url=_place(target, pull)))
    with hub_faults(act), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        commit = _committed(export, target, readme, _summary(export, message), pull)
    notes = [plain(str(warning.message), 400) for warning in seen if _of_card(warning)]
    if pull and commit.pr_url is None:
        return Pushed(target.url, False, (*notes, "The repository holds these files already."))
    _check_sent(export, target, commit, readme)
    return Pushed(commit.pr_url or target.url, pull, tuple(notes))


def _api() -> HfApi:
    from huggingface_hub import HfApi, constants

    # Otherwise the client first asks the hub for a list of programs to look for on this machine,
    # and tells it which of them runs: nobody asked for that.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    # The client reads HF_ENDPOINT when it is imported, which may have been long ago.
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="assay")


def _card(repo: str, info: DatasetInfo) -> str | None:
    held = next((s for s in info.siblings or () if s.rfilename == card.NAME), None)
    if held is None:
        return None
    if (held.size or 0) > 4 * MAX_CHARS:
        raise ExportError(f"The card of {repo} has {held.size:,} bytes.", "Nothing was changed.")
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        path = _api().hf_hub_download(
            repo, card.NAME, repo_type="dataset", revision=info.sha, local_dir=folder
        )
        try:
            # Bytes, since reading as text would change the line ends of people's words.
            return Path(path).read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ExportError(
                f"The card of {repo} is not UTF-8.", "Nothing was changed."
            ) from error


def _created(target: Target, public: bool) -> Target:
    with hub_faults(Act(target.repo, "create", "Nothing was pushed.")):
        _api().create_repo(target.repo, repo_type="dataset", private=not public)
        info = _api().dataset_info(target.repo)
    if not public and not info.private:
        raise ExportError(
            f"The hub made {target.repo} public although a private one was asked for.",
            "Nothing was sent; look at the settings of the organisation.",
        )
    return replace(target, exists=True, private=bool(info.private), head=info.sha)


def _committed(
    export: Finished, target: Target, readme: bytes, summary: str, pull: bool
) -> CommitInfo:
    from huggingface_hub import CommitOperationAdd

    files = [
        CommitOperationAdd(e.path, readme if e.path == card.NAME else str(export.folder / e.path))
        for e in export.files
    ]
    return _api().create_commit(
        target.repo,
        files,
        commit_message=summary,
        commit_description=f"{export.pairs:,} pairs; the recipe is in manifest.json.",
        repo_type="dataset",
        create_pr=pull,
        parent_commit=target.head,
    )


def _summary(export: Finished, message: str) -> str:
    return f"{plain(message) if message.strip() else SUMMARY} (recipe {export.recipe})"


def _place(target: Target, pull: bool) -> str:
    return f"{target.url}/discussions" if pull else f"{target.url}/commits/main"


def _of_card(warning: warnings.WarningMessage) -> bool:
    return "validating metadata" in str(warning.message)


def _check_sent(export: Finished, target: Target, commit: CommitInfo, readme: bytes) -> None:
    """Compare what the hub holds now with what was meant: a server may ignore files."""
    with hub_faults(Act(target.repo, "check", f"It was pushed: {commit.pr_url or target.url}.")):
        revision = commit.pr_revision or commit.oid
        info = _api().dataset_info(target.repo, revision=revision, files_metadata=True)
    there = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    wrong = list(_otherwise(export, there, readme))
    if wrong:
        raise ExportError(
            f"{target.repo} does not hold what was pushed: {', '.join(wrong[:5])}.",
            f"Look at {commit.pr_url or target.url}, and at its .gitignore.",
        )


def _otherwise(export: Finished, there: dict[str, RepoSibling], readme: bytes) -> Iterator[str]:
    for entry in export.files:
        held, meant = there.get(entry.path), readme if entry.path == card.NAME else None
        if held is None:
            yield entry.path
        elif held.lfs is not None:
            sha = hashlib.sha256(meant).hexdigest() if meant is not None else entry.sha256
            if held.lfs.sha256 != sha:
                yield entry.path
        elif held.blob_id != _git_id([meant or (export.folder / entry.path).read_bytes()]):
            yield entry.path


def _git_id(parts: Sequence[bytes]) -> str:
    """Return what git calls a file of this content."""
    size = sum(map(len, parts))
    hashed = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
