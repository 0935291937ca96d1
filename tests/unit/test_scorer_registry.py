"""Every scorer documents itself, and listing them loads no model library."""

import subprocess
import sys

import pytest

import core.scorers  # noqa: F401
from core.scorers.spec import OPTIONS, SCORERS, ScorerSpec


@pytest.mark.parametrize("spec", list(SCORERS), ids=lambda spec: spec.name)
def test_documents_itself(spec: ScorerSpec) -> None:
    assert all((spec.title, spec.paper))
    assert spec.description.endswith(".")
    assert spec.limits.endswith(".")
    assert all(p.help.endswith(".") and p.low <= p.default <= p.high for p in spec.parameters)
    assert spec.settled({}) == {p.name: p.default for p in spec.parameters}
    assert spec.columns
    assert all(spec.columns.values())
    assert set(spec.required) <= set(spec.takes) <= set(OPTIONS)


def test_settings_take_the_type_of_their_default() -> None:
    settled = SCORERS.get("crossfit").settled({"folds": "7", "strength": "2"})
    assert settled == {"folds": 7, "strength": 2.0, "max_pairs": 20_000}
    assert isinstance(settled["folds"], int)


def test_listing_scorers_loads_no_model_library() -> None:
    code = (
        "import sys, core.scorers\n"
        "from core.scorers.spec import SCORERS\n"
        "assert 'crossfit' in SCORERS.names()\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'datasets'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
