"""Every error class is used, and the tree in the docstring is the tree."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import errors
from core.errors import AssayError

ROOT = Path(__file__).resolve().parents[2]
CODE = "\n".join(
    path.read_text("utf-8")
    for folder in ("core", "pages")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "errors.py"
)


def tree(kind: type[AssayError]) -> Iterator[type[AssayError]]:
    yield kind
    for inner in kind.__subclasses__():
        if inner.__module__ == errors.__name__:
            yield from tree(inner)


KINDS = list(tree(AssayError))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_raised_somewhere(kind: type[AssayError]) -> None:
    assert re.search(rf"\b{kind.__name__}\(", CODE)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_documented(kind: type[AssayError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__doc__
    assert kind.exit_code in (1, 2)
