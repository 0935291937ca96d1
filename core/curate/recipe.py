"""Everything a person decides about an export: one recipe on one store gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from core.curate.splits.asked import SplitPlan
from core.errors import UsageError
from core.schema import PairFilter

T = TypeVar("T")
LARGEST = (1 << 63) - 1
"""The largest whole number that a manifest holds; the smallest is its negative."""
AUTO = "auto"
"""The format that fits: standard when every row is one question and one answer."""


@dataclass(frozen=True)
class Labels:
    """What people's verdicts do to labels."""

    rule: str = ""
    """A name of `relabel.verdicts.RULES`; empty: labels stay those of the sources."""
    params: Mapping[str, float] = field(default_factory=dict)
    on_reversed: Literal["remove", "flip"] = "remove"
    on_contested: Literal["unresolved", "soft"] = "unresolved"

    def __post_init__(self) -> None:
        """Put parameters in the order of their names, in which a manifest has them."""
        object.__setattr__(self, "params", _sorted(self.params))


@dataclass(frozen=True)
class Cap:
    """At most so many pairs of each value of a key, or of one value."""

    by: str
    """A name of `store.filters.KEYS`."""
    n: int
    value: str = ""
    """Empty: every value of the key has the cap for itself."""


@dataclass(frozen=True)
class EvaluationFile:
    """A file of evaluation prompts; its name without a folder, and what is in it."""

    name: str
    sha256: str
    """Of the prompts, one per line as JSON, so that copies in other kinds of file are the same."""
    prompts: int


@dataclass(frozen=True)
class Recipe:
    """What to write and how."""

    filter: PairFilter = field(default_factory=PairFilter)
    labels: Labels = field(default_factory=Labels)
    evaluation: tuple[EvaluationFile, ...] = ()
    """Pairs whose prompt is in one of them, or nearly so, are left out."""
    preset: str = "everything"
    params: Mapping[str, float] = field(default_factory=dict)
    use: Mapping[str, str] = field(default_factory=dict)
    """Role of a preset's need → column, or a text that the preset asks for."""
    caps: tuple[Cap, ...] = ()
    balance: str = ""
    """A name of `store.filters.KEYS`: as many pairs of each of its values; empty for none."""
    splits: SplitPlan = field(default_factory=SplitPlan)
    seed: int = 42
    format: str = AUTO
    """A name of `writers.FORMATS`, or AUTO."""
    file: str = "jsonl"
    """A name of `writers.FILES`."""
    columns: tuple[str, ...] = ()
    """Names of `knobs.KNOBS`: weights and numbers for a trainer."""
    names: bool = False
    """Annotators by their names; otherwise by pseudonyms."""

    def __post_init__(self) -> None:
        """Put parameters in the order of their names; refuse a seed that no manifest holds."""
        object.__setattr__(self, "params", _sorted(self.params))
        object.__setattr__(self, "use", _sorted(self.use))
        if abs(self.seed) > LARGEST:  # the manifest of such an export could not be read back
            raise UsageError(
                f"The seed {str(self.seed)[:40]} is too large.",
                f"It is a whole number from {-LARGEST} to {LARGEST}.",
            )


def _sorted(values: Mapping[str, T]) -> Mapping[str, T]:
    return dict(sorted(values.items()))
