"""Rules about the files themselves: their size, their words, what they must not contain."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("core", "pages", "tests", "docs", "sample_data", ".ci", ".streamlit")
KINDS = (".py", ".sql", ".md", ".toml", ".txt", ".css", ".js", "")
TEXTS = sorted(
    path
    for path in [*ROOT.glob("*.*"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*"))]
    if path.is_file() and path.suffix in KINDS and path.name != ".DS_Store"
)
CODE = sorted(p for p in TEXTS if p.suffix == ".py" and p.is_relative_to(ROOT / "core"))
PAGES = sorted(p for p in TEXTS if p.suffix == ".py" and p.is_relative_to(ROOT / "pages"))

# Put together here, so that this file does not contain what it looks for.
ELSEWHERE = re.compile(
    "|".join(
        "/" + rest
        for rest in (r"work/\w", r"root/\w", r"home/\w", r"Users/\w", r"opt/\w", r"tmp/\w", "mnt/")
    )
    + "|-index-" + "url|find-" + r"links|files\." + r"pythonhosted|pypi\." + "org/simple"
)  # fmt: skip
RAW_HTML = re.compile(r"unsafe_allow_html|\bst\.html\(|components\.html\(|st\.iframe\(")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEXTS, ids=ids)
def test_names_no_machine(path: Path) -> None:
    assert ELSEWHERE.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", [*PAGES, ROOT / "app.py"], ids=ids)
def test_raw_html_only_in_the_audited_renderer(path: Path) -> None:
    if path != ROOT / "pages" / "components" / "render.py":
        assert RAW_HTML.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", [*CODE, *PAGES, ROOT / "app.py"], ids=ids)
def test_files_are_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    doc = ast.get_docstring(ast.parse(text))
    caps = {ROOT: 60, ROOT / "pages": 120}
    assert len(text.splitlines()) <= caps.get(path.parent, 400)
    assert doc or not text.strip()


@pytest.mark.parametrize("path", [*CODE, *PAGES], ids=ids)
def test_functions_are_small(path: Path) -> None:
    """At most 40 lines without the docstring, which may hold a formula."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    functions = [n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert {f.name: lines(f) for f in functions if lines(f) > 40} == {}


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    total = (function.end_lineno or 0) - function.lineno + 1
    return total - len((ast.get_docstring(function) or "").splitlines())
