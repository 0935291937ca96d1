"""Pushing with the real client to a stand-in: private, never onto main, no token shown."""

import json
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from huggingface_hub import constants

from core.curate.hub import push as pushing
from core.curate.hub.faults import HubUnreachable
from core.curate.hub.push import check_repo, look, push
from core.curate.manifests.finished import read_export, recipe_hash
from core.curate.recipe import Recipe
from core.errors import ExportError, UsageError
from tests.cards import DATA, finished, held
from tests.hub import READER, WRITER, Hub, Repo
from tests.hub import hub as hub

REPO = "acme/pairs"
THEIRS = b"---\nlicense: mit # ours\ntags:\n- legal\n---\n# Our pairs\r\nby hand  \n"
PARQUET = "data/train-00000-of-00001.parquet"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return finished(tmp_path / "out")


def sent(folder: Path, **options: object) -> pushing.Pushed:
    public = bool(options.get("public"))
    return push(read_export(folder), look(REPO, public), **options)


def test_a_new_repository_is_private_and_holds_the_same_bytes(hub: Hub, export: Path) -> None:
    done = sent(export)
    repo = hub.repos[REPO]
    assert done == pushing.Pushed(f"{hub.url}/datasets/{REPO}", False, done.notes)
    assert repo.private
    assert repo.pulls == []
    assert {k: v for k, v in repo.main.items() if k != ".gitattributes"} == held(export)
    assert repo.messages == [f"{pushing.SUMMARY} (recipe {read_export(export).recipe})"]
    assert "add a language" in done.notes[0]


def test_large_files_go_through_the_large_file_storage(hub: Hub, tmp_path: Path) -> None:
    export = finished(tmp_path / "out", PARQUET, bytes(range(256)) * 999)
    sent(export)
    assert list(hub.large.values()) == [(export / PARQUET).read_bytes()]
    assert hub.repos[REPO].main[PARQUET] == (export / PARQUET).read_bytes()


def test_it_is_public_when_that_is_said(hub: Hub, export: Path) -> None:
    sent(export, public=True, message="Second round\nof labels")
    assert not hub.repos[REPO].private
    assert hub.repos[REPO].messages[0].startswith("Second round of labels (recipe ")


def test_a_repository_that_exists_gets_a_pull_request_and_keeps_its_card(
    hub: Hub, export: Path
) -> None:
    hub.repos[REPO] = repo = Repo(commits=[{"README.md": THEIRS, "notes.txt": b"x"}])
    before = repo.sha
    done = sent(export)
    assert done.url == f"{hub.url}/datasets/{REPO}/discussions/1"
    assert done.pull_request
    assert repo.sha == before
    assert repo.parents == [before]
    card = repo.pulls[0]["README.md"]
    assert card.startswith(b"---\nlicense: mit # ours\ntags:\n- legal\n- preference\n")
    assert b"# Our pairs\r\nby hand  \n" in card
    assert b"## How it was made" in card
    assert repo.pulls[0]["notes.txt"] == b"x"
    assert repo.pulls[0][DATA] == (export / DATA).read_bytes()


def test_pushing_what_is_there_already_opens_nothing(hub: Hub, export: Path) -> None:
    sent(export)
    done = sent(export)
    assert not done.pull_request
    assert "holds these files already" in done.notes[-1]
    assert hub.repos[REPO].pulls == []


def test_a_public_repository_needs_the_word_public(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = repo = Repo(private=False)
    with pytest.raises(ExportError, match=r"is public: everybody could read.*--public"):
        sent(export)
    assert hub.writes() == []
    sent(export, public=True)
    assert len(repo.pulls) == 1


@pytest.mark.parametrize("where", ["PUT /storage", "/commit/", "/preupload/"])
@pytest.mark.parametrize("there", [True, False])
def test_a_connection_that_breaks_leaves_main_as_it_was(
    hub: Hub, tmp_path: Path, where: str, there: bool
) -> None:
    export = finished(tmp_path / "out", PARQUET, b"x" * 5000)
    if there:
        hub.repos[REPO] = Repo(commits=[{"README.md": THEIRS}])
    target = look(REPO)
    hub.fault(where, "drop")
    with pytest.raises(HubUnreachable, match=r"broke .*Nothing on main changed.*push again"):
        push(read_export(export), target)
    repo = hub.repos[REPO]
    assert len(repo.commits) == 1
    assert PARQUET not in repo.main
    assert repo.pulls == []
    hub.faults.clear()
    assert sent(export).pull_request
    assert repo.pulls[0][PARQUET] == b"x" * 5000


def test_a_token_that_may_only_read_makes_no_repository(
    hub: Hub, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", READER)
    with pytest.raises(ExportError, match="This token may not create acme/pairs") as caught:
        sent(export)
    assert hub.repos == {}
    # The stand-in echoes the token in its answer; not even a traceback may show it.
    assert READER not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_echoes_the_token_cannot_make_it_seen(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = Repo()
    target = look(REPO)
    said = f"bad header Bearer {WRITER}"
    hub.fault("/commit/", 400, said)
    with pytest.raises(ExportError, match=r"refuses to push to acme/pairs: .*\[token\]") as caught:
        push(read_export(export), target)
    assert WRITER not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (429, {"ratelimit": '"api";r=0;t=55'}, "slow down .429.: wait 55 seconds"),
        (429, {"Retry_After": "7"}, "slow down .429.: wait 7 seconds"),
        (429, {"Retry_After": "a day"}, "slow down .429.[.]"),
        (503, {}, "The hub has a fault .503."),
        (412, {}, "changed meanwhile"),
        (401, {}, "does not accept the token"),
        (403, {"X_Error_Code": "GatedRepo"}, "is gated"),
        (404, {"X_Error_Code": "RepoNotFound"}, "does not exist, or this token"),
        (418, {}, "refuses to push to acme/pairs"),
    ],
)
def test_what_a_hub_answers_is_one_sentence_and_a_hint(
    hub: Hub, export: Path, status: int, headers: dict[str, str], words: str
) -> None:
    hub.repos[REPO] = Repo()
    target = look(REPO)
    hub.fault("/commit/", status, "no", **headers)
    with pytest.raises(ExportError, match=words) as caught:
        push(read_export(export), target)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert hub.repos[REPO].pulls == []


def test_a_gated_card_cannot_be_merged(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = Repo(gated=True, commits=[{"README.md": THEIRS}])
    with pytest.raises(ExportError, match="is gated, and this token has no access"):
        sent(export)
    assert hub.writes() == []


@pytest.mark.parametrize(
    "there",
    [b"---\nx: !!python/object/apply:os.system [ls]\n---\n", b"---\na: 1\na: 2\n---\n", b"\xff"],
)
def test_a_hostile_card_stops_the_push(hub: Hub, export: Path, there: bytes) -> None:
    hub.repos[REPO] = Repo(commits=[{"README.md": there}])
    with pytest.raises(ExportError, match="card"):
        sent(export)
    assert hub.writes() == []


def test_a_card_of_megabytes_is_not_even_read(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = Repo(commits=[{"README.md": b"#" * 10_000_000}])
    with pytest.raises(ExportError, match="has 10,000,000 bytes"):
        sent(export)
    assert not [path for _, path in hub.asked if "resolve" in path]


def test_a_repository_that_ignores_the_files_is_told(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = Repo(ignored=(DATA,))
    with pytest.raises(ExportError, match=rf"does not hold what was pushed: {DATA}.*gitignore"):
        sent(export)


def test_bytes_that_changed_on_the_way_are_told(hub: Hub, tmp_path: Path) -> None:
    export = finished(tmp_path / "out", PARQUET, b"x" * 5000)
    read, target = read_export(export), look(REPO)
    (export / PARQUET).write_bytes(b"y" * 5000)
    with pytest.raises(ExportError, match=f"does not hold what was pushed: {PARQUET}"):
        push(read, target)


def test_a_hub_that_makes_it_public_gets_nothing(hub: Hub, export: Path) -> None:
    hub.makes_public = True
    with pytest.raises(ExportError, match="public although a private one was asked for"):
        sent(export)
    assert hub.writes() == ["/api/repos/create"]


def test_offline_nothing_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachable, match="HF_HUB_OFFLINE is set"):
        look(REPO)
    assert hub.asked == []


@pytest.mark.parametrize("change", ["edit", "remove", "link"])
def test_files_that_are_not_those_of_the_manifest_are_not_sent(
    export: Path, tmp_path: Path, change: str
) -> None:
    data = export / DATA
    kept = data.read_bytes()
    data.unlink()
    if change == "edit":
        data.write_bytes(kept.replace(b"4", b"5"))
    if change == "link":
        (tmp_path / "elsewhere").write_bytes(kept)
        data.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match="is not what its manifest says: data/train"):
        read_export(export)


def test_what_is_not_of_the_export_stops_the_push(export: Path) -> None:
    (export / "private.txt").write_text("mine")
    (export / "more.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"more.txt is not in the manifest. There are 1 more"):
        read_export(export)


def test_the_recipe_has_one_name_however_it_was_read(export: Path) -> None:
    one = replace(Recipe(), format="trl")
    assert read_export(export).recipe == recipe_hash(one)
    assert recipe_hash(replace(one, seed=43)) != recipe_hash(one)


@pytest.mark.parametrize("name", ["acme/pairs", "a/b", "A-1.x/p_q.r-s"])
def test_names_of_repositories(name: str) -> None:
    assert check_repo(name) == name


@pytest.mark.parametrize(
    "name",
    ["pairs", "a/b/c", "../x", "a/..", "a/.b", "a/b.", "a/-b", "a b/c", "a/b--c", "a/b.git", "",
     "a/b\n", "a/b?x=1", "hf:a/b", "a/" + "b" * 96, "a/\u202eb", "https://hub/a/b"],
)  # fmt: skip
def test_what_is_no_repository_is_refused_before_anything_is_asked(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a repository"):
        check_repo(name)


def test_the_front_matter_that_was_pushed_names_the_files(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = repo = Repo(commits=[{"README.md": THEIRS}])
    sent(export)
    front = yaml.safe_load(repo.pulls[0]["README.md"].decode().split("---\n")[1])
    assert front["configs"][0]["data_files"] == [{"split": "train", "path": DATA}]
    assert json.loads(repo.pulls[0]["manifest.json"])["files"][0]["path"] == DATA
