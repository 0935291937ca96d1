"""SQL statements from their files: one file, one statement, filled with a filter and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from core.errors import UnknownName

FOLDER = Path(__file__).parent / "sql"
FILTER = "TRUE /* filter */"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql`."""
    return (FOLDER / f"{name}.sql").read_text("utf-8")


def fill(name: str, where: str | None, names: Mapping[str, str], known: Iterable[str]) -> str:
    """Put the compiled filter and checked, quoted column names into a statement."""
    sql = statement(name)
    if where is not None:
        sql = sql.replace(FILTER, f"({where})")
    for key, column in names.items():
        if column not in known or not _NAME.fullmatch(column):
            raise UnknownName("column", column, known)
        sql = sql.replace(f'"{{{key}}}"', f'"{column}"').replace(f"{{{key}}}", f'"{column}"')
    return sql


def literal(value: object) -> str:
    """Return a path or name as an SQL string, for statements that take no parameter."""
    return "'" + str(value).replace("'", "''") + "'"
