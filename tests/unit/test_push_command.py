"""`push` on the command line: what it says, what it sends, and that it works without a network."""

import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.cards import DATA, finished
from tests.hub import WRITER, Hub, Repo
from tests.hub import hub as hub

REPO = "acme/pairs"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return finished(tmp_path / "out")


def test_a_push_says_where_it_is(assay, hub: Hub, export: Path) -> None:
    said = assay("push", export, REPO, "--json")
    assert said.code == 0
    assert said.data["url"] == f"{hub.url}/datasets/{REPO}"
    assert said.data["files"] == [DATA, "README.md", "manifest.json"]
    assert said.data["pull_request"] is False
    again = assay("push", export, REPO, "--message", "Twice")
    assert "holds these files already" in again.out


def test_a_dry_run_sends_nothing(assay, hub: Hub, export: Path) -> None:
    new = assay("push", export, REPO, "--dry-run")
    assert f"{DATA}  {(export / DATA).stat().st_size:,} bytes" in new.out
    assert "acme/pairs would be made, private." in new.out
    hub.repos[REPO] = Repo(commits=[{"README.md": b"# Ours\n"}])
    old = assay("push", export, REPO, "--dry-run")
    assert "a pull request would be opened, its card merged with ours" in old.out
    assert assay("push", export, REPO, "--dry-run", "--json").data["pull_request"] is True
    assert "its card" not in _plain(assay, hub, export)
    assert hub.writes() == []


def _plain(assay, hub: Hub, export: Path) -> str:
    hub.repos[REPO] = Repo()
    return assay("push", export, REPO, "--dry-run").out


@pytest.mark.parametrize("way", ["offline", "dead"])
def test_a_dry_run_needs_no_network(
    assay, hub: Hub, export: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "offline":
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    else:
        hub.fault("GET", "drop")
    said = assay("push", export, REPO, "--dry-run")
    assert said.code == 0
    assert DATA in said.out
    assert "What is at acme/pairs is not known." in said.out
    real = assay("push", export, REPO)
    assert real.code == 1
    assert real.err.startswith("error: ")


def test_the_token_is_never_said(assay, hub: Hub, export: Path) -> None:
    hub.repos[REPO] = Repo()
    outs = [assay("push", export, REPO, *more) for more in ((), ("--json",), ("--dry-run",))]
    for status in (400, 401, 403, 418, 500):
        hub.fault("/preupload/", status, f"you sent {WRITER}", X_Error_Message=f"got {WRITER}")
        outs += [assay("push", export, REPO, *more) for more in (("--debug",), ("--json",))]
    assert len({said.code for said in outs}) == 2
    assert WRITER not in "".join(said.out + said.err for said in outs)


@pytest.mark.parametrize("name", ["pairs", "../up", "a/b/c"])
def test_a_bad_name_is_a_usage_error(assay, export: Path, name: str) -> None:
    said = assay("push", export, name)
    assert said.code == 2
    assert "Write org/name" in said.err


def test_only_a_finished_export_is_pushed(assay, hub: Hub, export: Path, tmp_path: Path) -> None:
    assert assay("push", tmp_path / "none", REPO).code == 1
    (export / "manifest.json").write_text("{}")
    assert "is not a manifest of Assay" in assay("push", export, REPO).err
    shutil.rmtree(export)
    assert assay("push", export, REPO).code == 1
    assert hub.asked == []
