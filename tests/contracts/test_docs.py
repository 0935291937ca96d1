"""What the documents say is what the code has."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest

from core.formats.spec import FORMATS
from core.scorers.spec import SCORERS
from core.signals.spec import SIGNALS
from tests.contracts import tables

ROOT = tables.ROOT
DEMO = (
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt "
    "&& .venv/bin/python -m core demo"
)
TESTS = (
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt "
    "-r tests/requirements.txt && .venv/bin/python -m pytest -n 2 --dist loadfile"
)
ENTRIES = [*FORMATS, *SCORERS, *SIGNALS]
MADE = "run: python -m tests.contracts.tables"


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_readme_tables_are_current() -> None:
    assert text("README.md") == tables.readme(text("README.md")), MADE
    assert {found[1] for found in tables.BLOCK.findall(text("README.md"))} == set(tables.TABLES)


def test_commands_page_is_current() -> None:
    assert text("docs/commands.md") == tables.commands_page(), MADE


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_is_in_the_readme_and_says_what_it_is(entry) -> None:
    assert f"`{entry.name}`" in text("README.md")
    assert entry.title
    assert all(value for key, value in vars(entry).items() if key in ("formula", "direction"))


def test_the_two_commands_stand_as_they_are_run() -> None:
    assert DEMO in text("README.md").splitlines()
    assert TESTS in text("README.md").splitlines()
    assert TESTS in text(".ci/run").splitlines()


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", text(page))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def names(requirements: str) -> set[str]:
    """Return the packages of a list, without their extras."""
    pinned = [line for line in text(requirements).splitlines() if "==" in line]
    return {re.split(r"==|\[", line)[0] for line in pinned}


def imported(*folders: str) -> set[str]:
    """Return the top-level names that the files import, at any level."""
    files = [p for f in folders for p in (ROOT / f).rglob("*.py")]
    nodes = [
        n for p in [*files, ROOT / "app.py"] for n in ast.walk(ast.parse(p.read_text("utf-8")))
    ]
    plain = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    chosen = {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}
    tops = {name.split(".")[0] for name in plain | chosen}
    return tops - set(sys.stdlib_module_names) - {"core", "pages", "tests"}


def test_requirements_are_what_is_imported() -> None:
    fixed = {"streamlit", "torch", "transformers", "datasets", "plotly", "duckdb", "psycopg"}
    owners = packages_distributions()
    used = {owners[name][0] for name in imported("core", "pages")} - {"ray"}
    assert used | fixed == names("requirements.txt")


@pytest.mark.parametrize(
    "file", ["requirements.txt", "requirements-ray.txt", "tests/requirements.txt"]
)
def test_requirements_are_pinned_and_explained(file: str) -> None:
    lines = [line for line in text(file).splitlines() if line and not line.startswith("#")]
    pinned = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z]+\])?==[0-9.]+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []
    first_cells = " ".join(
        re.findall(r"^\| ([^|]+) \|", text("docs/dependencies.md"), re.MULTILINE)
    )
    assert names(file) - set(re.split(r"[ ,]+", first_cells)) == set()
