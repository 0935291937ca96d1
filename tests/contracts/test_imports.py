"""Arrows point one way, and engines are loaded only where they are used."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("torch", "transformers", "datasets", "sklearn")
ENGINES = (*MODELS, "streamlit", "plotly", "duckdb", "tantivy", "pyarrow", "numpy", "pandas")

EVERYTHING_IN = """
import importlib, pkgutil, {0}
for module in pkgutil.walk_packages({0}.__path__, "{0}."):
    importlib.import_module(module.name)
"""
APP = """
from streamlit.testing.v1 import AppTest
assert not AppTest.from_file("app.py", default_timeout=60).run().exception
"""


def modules_after(code: str, tmp_path: Path) -> set[str]:
    """Run code in a fresh interpreter and return the top-level modules it loaded."""
    report = "\nimport sys; print('MODULES', *sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code + report],
        cwd=ROOT,
        env={"PATH": "", "HOME": str(tmp_path), "ASSAY_STORE": str(tmp_path / "store")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return set(done.stdout.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import core.commands.cli", ENGINES),
        ("from core.commands.cli import main; main(['--help'])", ENGINES),
        ("from core.commands.cli import main; main(['serve', '--help'])", MODELS),
        ("from core.scorers.spec import SCORERS; print(SCORERS.names())", MODELS),
        (EVERYTHING_IN.format("core"), (*MODELS, "streamlit")),
        (EVERYTHING_IN.format("pages.components"), MODELS),
        (APP, MODELS),
    ],
    ids=["cli", "help", "serve-help", "scorers", "core", "components", "app"],
)
def test_a_fresh_interpreter_loads_no_more(code: str, forbidden, tmp_path: Path) -> None:
    assert modules_after(code, tmp_path) & set(forbidden) == set()


def test_import_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, env={"PATH": ""}
    )
    assert done.returncode == 0, done.stdout
