"""Model folders that are changed, trapped and loaded: `refused("causal", options(folder))`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import ScoreError
from core.scorers.models import load
from core.scorers.spec import ScorerOptions

if TYPE_CHECKING:
    from torch import Tensor

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, (f"open({str(self.file)!r}, 'w').close()",))


def options(folder: Path | str, **over: object) -> ScorerOptions:
    """Return the options that name a model, on the CPU."""
    return ScorerOptions(model=str(folder), **{"device": "cpu", **over})


def copy(folder: Path, to: Path, **config: object) -> Path:
    """Copy a model, with other values in its configuration."""
    shutil.copytree(folder, to)
    if config:
        edit(to / "config.json", **config)
    return to


def edit(file: Path, **values: object) -> None:
    """Change values of a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def refused(kind: str, given: ScorerOptions) -> str:
    """Return what is said when a model is refused."""
    with pytest.raises(ScoreError) as caught:
        load(kind, given)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def logits(model: object) -> Tensor:
    """Return what a model says of a few tokens."""
    import torch

    with torch.no_grad():
        return model(input_ids=torch.tensor([[0, 5, 9, 40, 7]])).logits
