"""Export's words: where an error stands, what a number is of, how a long command breaks."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.curate.presets import PRESETS
from core.curate.recipe import Cap, Labels, Recipe
from core.relabel.verdicts import RULES
from pages.components import exporthits, exportpreview, exportview
from tests.factories import make_pair, make_store
from tests.pages.conftest import OpenApp, said
from tests.pages.test_export import rich  # noqa: F401


def order(app: AppTest) -> list[str]:
    """Return what stands on the page from top to bottom: keys of fields, "error" for errors."""
    kinds = ("error", "text_input", "multiselect", "selectbox", "number_input")
    found = [e for e in app.main if e.type in kinds]
    return ["error" if e.type == "error" else str(e.key) for e in found]


@pytest.mark.parametrize(
    ("link", "field"),
    [
        ({"ratios": "0.5,0.6"}, "ratios"),
        ({"ratios": "half"}, "ratios"),
        ({"ratios": "0.5,0.5", "names": "con,a"}, "names"),
        ({"cap": "colour=3"}, "cap"),
    ],
)
def test_an_error_stands_below_its_field(
    open_app: OpenApp, unscored: Path, link: dict[str, str], field: str
) -> None:
    found = order(open_app(unscored, "export", **link))
    assert found[found.index("error") - 1] == field
    assert found.count("error") == 1


def test_no_heading_is_its_field_again(open_app: OpenApp, unscored: Path) -> None:
    app = open_app(unscored, "export")
    headings = {str(heading.value) for heading in app.subheader}
    fields = {e.label for e in (*app.selectbox, *app.text_input, *app.multiselect)}
    own = fields - {field.label for field in (*app.sidebar.multiselect, *app.sidebar.text_input)}
    assert not headings & own


def test_the_download_stands_before_what_it_is_made_of(open_app: OpenApp, rich: Path) -> None:  # noqa: F811
    app = open_app(rich, "export")
    kinds = [element.type for element in app.main]
    assert kinds.index("download_button") < kinds.index("plotly_chart")
    assert "(#write-it)" in said(app)
    (written,) = [h for h in app.subheader if h.value == "Write it"]
    assert written.proto.anchor == "write-it"


def test_few_means_are_shown_and_the_rest_folded(open_app: OpenApp, rich: Path) -> None:  # noqa: F811
    app = open_app(rich, "export")
    (shown, *folded) = [t.value for t in app.table if "Before" in t.value.columns]
    assert shown[""].tolist()[:2] == ["Mean suspicion", "The longer answer is chosen"]
    assert len(shown) == exportpreview.SHOWN
    assert folded
    assert "_normalised" not in said(app)


def test_an_overlap_is_told_of_each(open_app: OpenApp, rich: Path) -> None:  # noqa: F811
    app = open_app(rich, "export", compare="goldilocks")
    (told,) = [str(m.value) for m in app.markdown if "in both" in str(m.value)]
    assert "of everything and 100.0\u00a0% of goldilocks" in told


def test_a_card_has_the_name_that_the_box_has(open_app: OpenApp, unscored: Path) -> None:
    app = open_app(unscored, "export")
    app.session_state["export_gallery"] = True
    app.run()
    cards = said(app)
    assert all(f"`{name}`" in cards for name in PRESETS.names())


def test_evaluation_prompts_are_counted_in_whole_sentences() -> None:
    assert exporthits.told(0) == "No prompt of these rows is among them."
    assert exporthits.told(1).startswith("1 prompt of these rows is among them, and is left out")
    assert exporthits.told(1200).startswith("1,200 prompts of these rows are among them")


def test_exact_shares_are_said_to_be(open_app: OpenApp, tmp_path: Path) -> None:
    prompts = ("one tree", "One tree!", "two roads", "Two roads!")
    make_store(tmp_path, [make_pair(i, prompt_text=t) for i, t in enumerate(prompts)]).close()
    told = said(open_app(tmp_path, "export", ratios="0.5,0.5"))
    assert "4 of 4 prompts had to stay together" in told
    assert "Every source has its shares exactly." in told
    # Splits that the source made have no shares to be off.
    assert "shares exactly" not in said(open_app(tmp_path, "export", ratios="keep"))


def test_a_long_command_breaks_between_options() -> None:
    caps = tuple(Cap("source", n, f"a source of {n} rows") for n in range(1, 6))
    command = exportview.command(Recipe(caps=caps))
    lines = command.split(" \\\n")
    assert len(lines) > 2
    assert max(map(len, lines)) <= exportview.LINE + 2
    assert [w for line in lines for w in shlex.split(line)] == shlex.split("".join(lines))
    assert exportview.command(Recipe()).count("\n") == 0


def test_usual_parameters_of_a_rule_are_not_in_the_command() -> None:
    spec = next(rule for rule in RULES if rule.params)
    usual = Recipe(labels=Labels(spec.name, spec.settled({})))
    assert "--verdict-param" not in exportview.command(usual)
    first = spec.params[0]
    labels = replace(usual.labels, params={**usual.labels.params, first.name: first.high})
    assert f"--verdict-param={first.name}=" in exportview.command(replace(usual, labels=labels))
