"""What a preset must say about itself; commands, pages, cards and tests walk the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from core.registry import Param, Registry, settle
from core.schema import Bools, Floats, Ints

RUN_COLUMNS = ("reward_chosen", "reward_rejected")
"""What a need can name besides signals: the rewards that one run gave to each side."""


@dataclass(frozen=True)
class Need:
    """A stored signal that a preset reads."""

    role: str
    """What the preset calls it: the key in `PresetInputs.signals`, and what `--use` names."""
    signal: str
    """Its name in the registry of signals, or in `RUN_COLUMNS`: the best covered run's column. Two
    needs with one signal that runs provide get two runs. Empty: only the column a person names."""
    help: str
    """What it stands for here; a sentence."""
    optional: bool = False
    """The preset does without; the key is missing then."""


@dataclass(frozen=True)
class PresetInputs:
    """Rows a preset chooses from, aligned, with the labels that people's verdicts left them.

    Of a row whose label was reversed, signed signals are negated; of one that people settled, the
    suspicion is 0.
    """

    row_id: Ints
    pair_id: Ints
    prompt_id: Ints
    source: Ints
    """Into `sources`."""
    sources: tuple[str, ...]
    signals: Mapping[str, Floats]
    """One array per role; NaN is unknown."""
    seed: int
    texts: Mapping[str, str] = field(default_factory=dict)
    """What was chosen for each of `PresetSpec.texts`."""
    vectors: Floats | None = None
    """Embeddings of the prompts, shape (n, d), of length 1; NaN where there is none. None unless
    the preset asks for them."""
    settled: Bools | None = None
    """Rows whose label people settled, which no preset reverses; None for none."""


@dataclass(frozen=True)
class Kept:
    """What a preset keeps."""

    places: Ints
    """Positions in the inputs, in the order in which rows are written."""
    ranked: bool = False
    """The order means something: a cap keeps the first ones."""
    reversed: Bools | None = None
    """Which of `places` are kept with the other label; None for none."""
    weight: Floats | None = None
    """Training weights of `places`, mean 1; None for none."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why rows were left out → how many: words such as "not scored" or "for people to judge"."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """Means, deviations and cuts that it used: the manifest keeps them."""


Select = Callable[[PresetInputs, Mapping[str, float]], Kept]


@dataclass(frozen=True)
class Example:
    """A worked case that a test replays: rows 0 … n−1, whose pair and prompt ids are their rows."""

    signals: Mapping[str, tuple[float | None, ...]]
    """By role; None is unknown."""
    places: tuple[int, ...]
    """What is kept, in order."""
    params: Mapping[str, float] = field(default_factory=dict)
    seed: int = 42
    sources: tuple[str, ...] = ()
    """Of each row; all the same when empty."""
    texts: Mapping[str, str] = field(default_factory=dict)
    vectors: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class PresetSpec:
    """A named rule."""

    name: str
    title: str
    description: str
    """One or two sentences: what it keeps and why."""
    paper: str
    """Where it comes from; empty for our own."""
    select: Select
    example: Example
    params: tuple[Param, ...] = ()
    needs: tuple[Need, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """Texts a person must choose, such as the name of a source → what for."""
    vectors: bool = False
    """It needs embeddings of the prompts."""
    formula: str = ""
    """Plain text."""
    limits: str = ""
    """When not to believe it; sentences."""

    def settled(self, given: Mapping[str, float]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or out of bounds."""
        return settle(self.name, self.params, given)


PRESETS: Registry[PresetSpec] = Registry("preset")


def all_places(inputs: PresetInputs) -> Ints:
    """Return every position, in order."""
    return np.arange(inputs.row_id.size, dtype=np.int64)
