"""Export: each control is in the link and changes the command; what is shown before writing."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curate.presets import PRESETS
from pages.components import cached
from tests.factories import demo_pairs, make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.teamlog import words
from tests.runs import add_run, policy


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two sources, with several runs and a policy."""
    folder = tmp_path_factory.mktemp("rich") / "store"
    make_store(folder, demo_pairs(60), search=True).close()
    make_store(folder, [make_pair(700 + i) for i in range(20)], source="plain").close()
    add_run(folder, "toy", policy(), scorer="policy")
    return folder


def command(app: AppTest) -> list[str]:
    """Return the options of the command line, the store's and the folder's left out."""
    assert not app.exception
    (line,) = [str(code.value) for code in app.code if "core export" in str(code.value)]
    line = line.replace(" \\\n", "")
    return [word for word in shlex.split(line)[4:] if not word.startswith(("--store", "--out"))]


def drawn(app: AppTest) -> str:
    """Return what the charts hold."""
    return "\n".join(str(chart.proto.spec) for chart in app.get("plotly_chart"))


def selected(app: AppTest) -> int:
    (line,) = [str(m.value) for m in app.subheader if " of " in str(m.value)]
    return int(line.split()[0].replace(",", ""))


SPLITS = "--splits=0.9,0.05,0.05"
LINKS: dict[str, tuple[dict[str, str | list[str]], list[str]]] = {
    "nothing": ({}, [SPLITS]),
    "preset": ({"preset": "goldilocks"}, ["--preset=goldilocks", SPLITS]),
    "parameter": (
        {"preset": "remove_suspects", "preset_remove_suspects_share": "0.35"},
        ["--preset=remove_suspects", "--param=share=0.35", SPLITS],
    ),
    "switch": (
        {"preset": "alignment_potential", "preset_alignment_potential_keep_negative": "true"},
        ["--preset=alignment_potential", "--param=keep_negative=1", SPLITS],
    ),
    "column": (
        {
            "preset": "largest_margin",
            "preset_largest_margin_use_margin": "explicit_margin_beta",
        },
        ["--preset=largest_margin", "--use=margin=explicit_margin_beta", SPLITS],
    ),
    "text": (
        {"preset": "grow", "preset_grow_base": "plain", "preset_grow_n": "7"},
        ["--preset=grow", "--param=n=7", "--use=base=plain", SPLITS],
    ),
    "caps": (
        {"cap": ["source=10", "source:plain=3"], "ratios": "1"},
        ["--cap=source=10", "--cap=source:plain=3"],
    ),
    "balance": ({"balance": "source"}, ["--balance=source", SPLITS]),
    "ratios": ({"ratios": "0.5,0.5"}, ["--splits=0.5,0.5"]),
    "one split": ({"ratios": "1"}, []),
    "keep": ({"ratios": "keep"}, ["--splits=keep"]),
    "names": ({"ratios": "0.5,0.5", "names": "a,b"}, ["--splits=0.5,0.5", "--names=a,b"]),
    "ties": ({"links": ["near", "response"]}, [SPLITS, "--links=near,response"]),
    "no ties": ({"links": ""}, [SPLITS, "--links=none"]),
    "seed": ({"seed": "7"}, ["--seed=7", SPLITS]),
    "format": ({"format": "trl-conversational"}, ["--format=trl-conversational", SPLITS]),
    "file": ({"file": "parquet"}, ["--file=parquet", SPLITS]),
    "columns": (
        {"columns": ["flipped", "provenance"]},
        ["--columns=flipped,provenance", SPLITS],
    ),
    "filter": ({"where": "row_id < 30"}, ["--where=row_id < 30", SPLITS]),
}


@pytest.mark.parametrize(("link", "wanted"), LINKS.values(), ids=LINKS)
def test_what_the_link_says_the_command_says(
    open_app: OpenApp, rich: Path, link: dict[str, str | list[str]], wanted: list[str]
) -> None:
    app = open_app(rich, "export", **link)
    assert command(app) == wanted
    assert not [box.value for box in (*app.error, *app.warning)]


def test_controls_change_the_command_and_the_preview(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "export")
    whole = selected(app)
    app.selectbox(key="preset").set_value("remove_suspects").run()
    fewer = selected(app)
    assert 0 < fewer < whole
    app.slider(key="preset_remove_suspects_share").set_value(0.5).run()
    assert selected(app) < fewer
    assert "--param=share=0.5" in command(app)
    app.multiselect(key="cap").set_value(["source=4"]).run()
    assert selected(app) == 8
    assert "Over a cap" in drawn(app)
    app.text_input(key="ratios").set_value("0.5,0.5").run()
    assert "--splits=0.5,0.5" in command(app)


def test_a_parameter_moves_without_making_the_rows_anew(
    open_app: OpenApp, rich: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    found = cached.base_of

    def base_of(*args: object) -> object:
        made.append(args)
        return found(*args)

    monkeypatch.setattr(cached, "base_of", base_of)
    app = open_app(rich, "export", preset="remove_suspects", where="row_id < 55")
    before = selected(app)
    assert len(made) == 1
    app.slider(key="preset_remove_suspects_share").set_value(0.6).run()
    assert selected(app) != before
    assert len(made) == 1
    app.text_input(key="where").set_value("row_id < 50").run()
    assert len(made) == 2


def test_what_is_lost_and_checked_is_said_before_writing(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "export", preset="remove_suspects")
    told = words(app)
    for part in (
        "Which models wrote the answers.",
        "Nearly equal prompts were not looked for",
        "python -m core score textstats",
        "apart from what was not checked",
        "a preset that drops suspects lowers it whether it is right or not",
        "Mean suspicion",
        "Expected reversed",
    ):
        assert part in told, part
    assert "Preset: suspect" in drawn(app)


def test_the_source_s_own_splits_are_said_to_leak(open_app: OpenApp, tmp_path: Path) -> None:
    rows = [make_pair(i, prompt_text="one question", split=s) for i, s in enumerate(("a", "b"))]
    make_store(tmp_path, rows).close()
    app = open_app(tmp_path, "export", ratios="keep")
    assert any("cross the splits" in str(box.value) for box in app.error)
    assert any("more than one split" in str(box.value) for box in app.warning)
    assert not open_app(tmp_path, "export", ratios="1").error


def test_a_preset_without_its_signals_names_the_command(open_app: OpenApp, unscored: Path) -> None:
    app = open_app(unscored, "export", preset="alignment_potential")
    assert not app.exception
    (error,) = [str(box.value) for box in app.error]
    assert "needs explicit" in error.replace("\\", "")
    lines = [str(code.value) for code in app.code]
    assert lines == ["python -m core score crossfit\npython -m core score policy --model MODEL"]
    app.selectbox(key="preset").set_value("everything").run()
    assert selected(app) == 8


def test_the_gallery_counts_what_each_preset_keeps(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "export")
    assert not [b for b in app.button if b.key and b.key.startswith("export_take_")]
    app.session_state["export_gallery"] = True
    app.run()
    assert not app.exception
    buttons = {b.key: b for b in app.button if b.key and b.key.startswith("export_take_")}
    assert len(buttons) == len(PRESETS.names())
    assert buttons["export_take_everything"].disabled
    assert not buttons["export_take_goldilocks"].disabled
    assert buttons["export_take_fifa"].disabled
    assert "python -m core score embedding --model MODEL" in said(app)
    buttons["export_take_goldilocks"].click().run()
    assert "--preset=goldilocks" in command(app)


def test_two_presets_side_by_side(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "export", preset="remove_suspects", compare="goldilocks")
    told = words(app)
    assert "in both" in told
    (table,) = [t.value for t in app.table if "Of what is kept" in t.value.columns]
    assert list(table.columns) == ["Of what is kept", r"remove\_suspects", "goldilocks"]
    assert table["Of what is kept"].tolist()[0] == "Pairs"
    app.slider(key="compare_goldilocks_share").set_value(0.2).run()
    (narrow,) = [t.value for t in app.table if "Of what is kept" in t.value.columns]
    assert narrow["goldilocks"][0] != table["goldilocks"][0]
    # A second preset changes nothing of what is written.
    assert command(app) == ["--preset=remove_suspects", SPLITS]


def test_a_preset_beside_itself_has_two_columns(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "export", preset="goldilocks", compare="goldilocks")
    (table,) = [t.value for t in app.table if "Of what is kept" in t.value.columns]
    assert len(set(table.columns)) == 3


def test_a_column_whose_signal_is_missing_is_named(open_app: OpenApp, unscored: Path) -> None:
    app = open_app(unscored, "export", columns=["margin", "flipped"])
    (warning,) = [str(box.value) for box in app.warning]
    assert warning.replace("\\", "").startswith("`margin` needs explicit_margin")


def test_kinds_of_file_are_those_of_the_format(open_app: OpenApp, rich: Path) -> None:
    app = open_app(rich, "export", format="trl")
    assert "csv" in app.selectbox(key="file").options
    app = open_app(rich, "export", format="trl-conversational", file="csv")
    assert "csv" not in app.selectbox(key="file").options
    assert "csv" in str(app.warning[0].value)
