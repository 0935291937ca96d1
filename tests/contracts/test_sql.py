"""Every SQL file holds one valid statement, or one schema, and is used."""

import re
from pathlib import Path

import duckdb
import pytest

CORE = Path(__file__).resolve().parents[2] / "core"
FILES = sorted((CORE / "store" / "sql").glob("*.sql"))
CODE = "\n".join(path.read_text("utf-8") for path in CORE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_statement_that_parses(path: Path) -> None:
    """Only a schema, the tables of one file, may be several statements."""
    sql = re.sub(r'"?\{\w+\}"?', '"a_column"', path.read_text("utf-8"))
    statements = duckdb.extract_statements(sql)
    kinds = {statement.type for statement in statements}
    assert len(statements) == 1 or kinds == {duckdb.StatementType.CREATE}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_used(path: Path) -> None:
    families = re.findall(r'f"([a-z_]+_)\{\w+\}"', CODE)
    assert f'"{path.stem}"' in CODE or path.stem.startswith(tuple(families))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_values_are_bound_by_name(path: Path) -> None:
    """A `?` cannot stand beside the filter's named values."""
    sql = re.sub(r"'[^']*'|--[^\n]*", "", path.read_text("utf-8"))
    assert "?" not in sql
