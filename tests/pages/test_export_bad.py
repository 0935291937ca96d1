"""Export and bad input: links, ratios, caps, files, folders and names that fit nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.curate.commandline import cap_of
from core.errors import ExportError, SourceError, UsageError
from core.schema.relabel import Person
from pages.components import cached, exportsplits, exportwrite
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.hostile import CORPUS
from tests.pages.rooms import strings
from tests.pages.teamlog import be
from tests.pages.test_bad_input import HOSTILE, HTML, told, usable
from tests.pages.test_export import command, rich, selected  # noqa: F401

KEYS = {
    "balance": {},
    "columns": {},
    "links": {},
    "compare": {},
    "preset_remove_suspects_share": {"preset": "remove_suspects"},
    "preset_alignment_potential_keep_negative": {"preset": "alignment_potential"},
    "preset_largest_margin_use_margin": {"preset": "largest_margin"},
    "preset_grow_base": {"preset": "grow"},
    "compare_goldilocks_share": {"compare": "goldilocks"},
}
"""Key of the link that is no other page's → what must be chosen for it to be there."""


@pytest.mark.parametrize(("key", "link"), KEYS.items(), ids=KEYS)
def test_what_fits_nothing_is_named(
    open_app: OpenApp,
    rich: Path,  # noqa: F811
    key: str,
    link: dict[str, str],
) -> None:
    app = open_app(rich, "export", **link, **{key: HTML})
    assert HTML in told(app)
    command(app)


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_link_leaves_the_page(open_app: OpenApp, stored: Path, value: str) -> None:
    keys = [*KEYS, "cap", "verdicts", "ratios", "names", "preset_grow_n"]
    for preset in ("remove_suspects", "grow"):
        app = open_app(stored, "export", preset=preset, **dict.fromkeys(keys, value))
        told(app)
        assert "Which pairs" in said(app)
    usable(app)


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ({"ratios": "0.5,0.6"}, "add up to 1.1"),
        ({"ratios": "0.5,0.5,0"}, "not shares of one whole"),
        ({"ratios": "half"}, "are not numbers"),
        ({"ratios": "0.25,0.25,0.25,0.25"}, "4 splits need names"),
        ({"ratios": "0.5,0.5", "names": "con,a"}, "cannot be called 'con'"),
        ({"ratios": "0.5,0.5", "names": "../a,b"}, "cannot be called '../a'"),
        ({"ratios": "keep", "names": "a"}, "own names"),
        ({"cap": "source"}, "is no cap"),
        ({"cap": "colour=3"}, "is no cap"),
        ({"cap": "source=-1"}, "is no cap"),
    ],
)
def test_what_cannot_be_meant_is_said_and_the_form_stays(
    open_app: OpenApp, stored: Path, link: dict[str, str], why: str
) -> None:
    app = open_app(stored, "export", **link)
    assert why in told(app)
    assert "No preview yet" in said(app)
    assert app.selectbox(key="file").value == "jsonl"
    app.text_input(key="ratios").set_value("1").run()
    app.text_input(key="names").set_value("").run()
    app.multiselect(key="cap").set_value([]).run()
    assert not told(app)
    assert selected(app)


def test_nothing_left_is_said_and_nothing_is_offered(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "export", cap="source=0")
    assert selected(app) == 0
    assert "Nothing is left to write" in told(app)
    assert all(offer.disabled for offer in offers(app))


def offers(app: AppTest) -> list[Any]:
    """Return the buttons that make files."""
    (download,) = app.get("download_button")
    (write,) = [button for button in app.button if button.label == "Write on the server"]
    return [download.proto, write]


def test_an_empty_split_is_said_and_nothing_is_offered(open_app: OpenApp, unscored: Path) -> None:
    app = open_app(unscored, "export", ratios="0.98,0.01,0.01")
    assert "would be empty" in told(app)
    assert all(offer.disabled and "would be empty" in offer.help for offer in offers(app))
    assert not app.success
    app.text_input(key="ratios").set_value("1").run()
    assert not told(app)
    assert not any(offer.disabled for offer in offers(app))


def test_rows_without_a_label_are_none(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(i, tie_kind="tie", label_kind="tie") for i in range(3)]).close()
    app = open_app(tmp_path, "export")
    assert not app.exception
    assert selected(app) == 0


def test_names_of_the_data_are_letters(open_app: OpenApp, tmp_path: Path) -> None:
    """Sources called like markup, Markdown and formulas, in every table, chart, hint and box."""
    names = ["<script>alert(1)</script>", "**bold** [x](javascript:1)", "=1+1 :red[x]", "a\u202eb"]
    for i, name in enumerate(names):
        make_store(tmp_path, [make_pair(10 * i + n) for n in range(4)], source=name).close()
    app = open_app(tmp_path, "export", compare="everything", cap=f"source:{names[0]}=2")
    assert not app.exception
    assert selected(app) == 14
    assert f"--cap=source:{names[0]}=2" in command(app)
    shown = "\n".join(str(m.value) for m in (*app.markdown, *app.caption))
    for name in names[:3]:
        assert name not in shown
    (chart,) = [c for c in app.get("plotly_chart") if "alert(1)" in c.proto.spec][:1]
    assert "<script" not in chart.proto.spec


@pytest.mark.parametrize("text", [t for t in CORPUS if "=" not in t][:40])
def test_no_text_is_a_cap(text: str) -> None:
    with pytest.raises(UsageError):
        cap_of(text)


def test_caps_are_read_as_they_are_written() -> None:
    cap = cap_of("source:a=b:c=12")
    assert (cap.by, cap.value, cap.n) == ("source", "a=b:c", 12)
    for text in ("source=1e3", "source=٣", f"source={'9' * 13}", "row_id=3", "=3", "source="):
        with pytest.raises(UsageError, match="is no cap"):
            cap_of(text)


# --- evaluation prompts ------------------------------------------------------------------------


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return (
        app.file_uploader(key="export_evaluation")
        .set_value([(name, data, "application/octet-stream") for name, data in files])
        .run()
    )


def test_evaluation_prompts_are_left_out(open_app: OpenApp, stored: Path) -> None:
    app = open_app(stored, "export", ratios="1")
    before = selected(app)
    upload(app, ("bench.txt", b"question 3\n  QUESTION 5! \nnowhere\n"))
    assert selected(app) < before
    assert "bench" in said(app)
    assert "3 prompts" in said(app)
    assert "--evaluation=bench.txt" in command(app)
    (kinds,) = [t.value for t in app.table if "How" in t.value and "Prompts" in t.value]
    assert dict(zip(kinds["How"], kinds["Prompts"], strict=True))["The same text"] == "1"
    (hits,) = [t.value for t in app.table if "Evaluation prompt" in t.value]
    assert set(hits["Evaluation prompt"]) == {"question 3", r"QUESTION 5\!"}


def test_texts_of_evaluation_prompts_are_letters(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(0, prompt_text=HTML), make_pair(1)]).close()
    app = upload(open_app(tmp_path, "export", ratios="1"), (f"{HTML}.txt", HTML.encode()))
    assert not app.exception
    assert selected(app) == 1
    assert not [s for s in strings(app.main) if HTML in s and "core export" not in s]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.jsonl", b'{"colour": "red"}\n', "no column of prompts"),
        ("a.txt", b"\xe4 is no UTF-8\n", "not UTF-8"),
        ("a.txt", b"", "holds no prompt"),
        ("a.parquet", b"PAR1 no", ""),
        ("../../etc/passwd", b"{", ""),
        ("con", b"\x00" * 100, ""),
    ],
)
def test_a_bad_file_is_a_sentence_without_a_path(
    open_app: OpenApp, stored: Path, name: str, data: bytes, why: str
) -> None:
    app = upload(open_app(stored, "export"), (name, data))
    message = told(app)
    assert why in message
    assert message
    assert "pytest" not in said(app).replace(str(stored), "")


def test_a_file_keeps_its_last_name_only() -> None:
    read = exportsplits.read_upload(None, "C:\\x\\../bench.TXT", b"one\ntwo\n")  # type: ignore[arg-type]
    assert (read.file.name, read.texts) == ("bench.TXT", ("one", "two"))
    with pytest.raises(SourceError, match="larger than 20 MB"):
        exportsplits.read_upload(None, "a.txt", b"x" * (20 * 2**20 + 1))  # type: ignore[arg-type]


# --- a folder on the server --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(".", "..", "../x", "a/b", "/etc/x", "a\\b", "C:x", "~", "-x", ".x", "x.", "a b"),
        *("x" * 65, "a\0b", "a\nb", "ä", "a\u202eb", "$(x)", "x\n"),
    ],
)
def test_a_folder_s_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="cannot be called"):
        exportwrite.folder_of(tmp_path, name)


@pytest.mark.parametrize("name", ["con", "CON", "NUL.txt", "com1"])
def test_a_reserved_name_is_called_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="is a reserved name"):
        exportwrite.folder_of(tmp_path, name)


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    assert exportwrite.folder_of(tmp_path, "round-1.a_B") == tmp_path / "exports" / "round-1.a_B"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "exports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match="is a link"):
        exportwrite.folder_of(tmp_path, "x")


def write(app: AppTest, name: str) -> AppTest:
    app.text_input(key="export_name").set_value(name)
    (button,) = [b for b in app.button if b.label == "Write on the server"]
    return button.click().run()


def test_an_admin_writes_a_folder_once(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(40), search=True).close()
    app = write(open_app(tmp_path, "export"), "round-1")
    assert not told(app)
    assert "written to" in str(app.success[-1].value)
    made = tmp_path / "exports" / "round-1"
    assert {"README.md", "manifest.json", "data"} == {path.name for path in made.iterdir()}
    before = (made / "manifest.json").read_bytes()
    again = told(write(app, "round-1"))
    assert "There is an export named round-1 already" in again
    assert str(tmp_path) not in again
    assert (made / "manifest.json").read_bytes() == before
    assert "cannot be called" in told(write(app, "../x"))
    assert "Give the export a name" in told(write(app, " "))
    assert sorted(path.name for path in (tmp_path / "exports").iterdir()) == ["round-1"]


def test_a_failure_leaves_nothing(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(tmp_path, demo_pairs(40), search=True).close()
    app = open_app(tmp_path, "export")

    def full(self: object, tables: object, rows: int) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exportwrite.Progress, "watch", full)
    refused = told(write(app, "round-1"))
    assert "No space left" in refused
    assert str(tmp_path) not in refused
    assert list((tmp_path / "exports").iterdir()) == []


def test_only_an_admin_is_offered_the_server(
    open_app: OpenApp, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be(monkeypatch, Person("ann", "reviewer"))
    app = open_app(stored, "export")
    assert selected(app)
    assert not [s for s in strings(app.main) if "Write on the server" in s]
    be(monkeypatch, Person("ann", "admin"))
    app = open_app(stored, "export")
    assert [s for s in strings(app.main) if "Write on the server" in s]


def test_the_store_is_read_on_after_a_folder_was_written(open_app: OpenApp, tmp_path: Path) -> None:
    make_store(tmp_path, demo_pairs(40), search=True).close()
    write(open_app(tmp_path, "export"), "round-1")
    make_store(tmp_path, [make_pair(900)], source="later").close()
    assert "later" in [p.name for p in cached.ask(overview_of).sources]
    assert (tmp_path / "exports" / "round-1" / "manifest.json").exists()


def overview_of(store: object) -> object:
    from core.views.overview import overview

    return overview(store)  # type: ignore[arg-type]
