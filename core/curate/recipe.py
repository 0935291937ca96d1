"""Everything a person decides about an export: one recipe on one store gives the same bytes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.curate.splits import DEFAULT_NAMES, SplitPlan
from core.schema import PairFilter
from core.store.filters import where_text

AUTO = "auto"
"""The format that fits: standard when every row is one question and one answer."""


@dataclass(frozen=True)
class Recipe:
    """What to write and how."""

    filter: PairFilter = field(default_factory=PairFilter)
    preset: str = "everything"
    params: Mapping[str, float] = field(default_factory=dict)
    splits: SplitPlan = field(default_factory=SplitPlan)
    seed: int = 42
    format: str = AUTO
    """A name of `writers.FORMATS`, or AUTO."""
    file: str = "jsonl"
    """A name of `writers.FILES`."""


def command_line(recipe: Recipe, out: str, store: str = "") -> str:
    """Return the command that does the same, quoted for a shell."""
    plain = Recipe()
    words = ["python", "-m", "core", "export", f"--out={out}", *filter_words(recipe.filter)]
    for flag, value, default in (
        ("store", store, ""),
        ("preset", recipe.preset, plain.preset),
        ("format", recipe.format, plain.format),
        ("file", recipe.file, plain.file),
        ("seed", recipe.seed, plain.seed),
    ):
        words += [f"--{flag}={value}"] if value != default else []
    return shlex.join([*words, *_split_words(recipe.splits)])


def filter_recipe(name: str, filter: PairFilter, fingerprint: str, store: str = "") -> str:
    """Return a filter as a JSON text to keep: its parameters, and the command that exports it.

    `fingerprint` is the store's of that day: on another one the filter keeps other pairs.
    """
    parameters = {
        "source": list(filter.sources),
        "split": list(filter.splits),
        "q": filter.search,
        "where": where_text(filter.conditions),
    }
    recipe = {
        "recipe": "assay filter",
        "version": 1,
        "name": name or None,
        "parameters": {key: value for key, value in parameters.items() if value},
        "fingerprint": fingerprint,
        "command": command_line(Recipe(filter=filter), "curated", store),
    }
    return json.dumps(recipe, indent=1, ensure_ascii=False) + "\n"


def file_name(name: str) -> str:
    """Return what a recipe's file is called: letters and digits of its name."""
    words = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:40].strip("-")
    return f"filter-{words}.json" if words else "filter.json"


def filter_words(filter: PairFilter) -> list[str]:
    """Return a filter as options of a command."""
    return [
        *(f"--source={name}" for name in filter.sources),
        *(f"--source-split={name}" for name in filter.splits),
        *([f"--search={filter.search}"] if filter.search.strip() else []),
        *([f"--where={where_text(filter.conditions)}"] if filter.conditions else []),
    ]


def _split_words(plan: SplitPlan) -> list[str]:
    if plan == SplitPlan():
        return []
    if plan.keep:
        return ["--splits=keep"]
    words = [f"--splits={','.join(map(repr, plan.ratios))}"]
    default = DEFAULT_NAMES.get(len(plan.ratios))
    return words if plan.names == default else [*words, f"--names={','.join(plan.names)}"]
