"""A recipe as the command that does the same, and a filter as a text to keep."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping

from core.curate.recipe import Cap, Labels, Recipe
from core.curate.splits.asked import DEFAULT_NAMES, LINKS, SplitPlan
from core.errors import UsageError
from core.schema import PairFilter
from core.store.filters import KEYS, where_text

SLICES = tuple(key for key, kind in KEYS.items() if kind == "text")
"""Keys by which pairs are capped and balanced."""


def command_line(recipe: Recipe, out: str, store: str = "") -> str:
    """Return the command that does the same, quoted for a shell.

    A file of evaluation prompts is named without its folder, which a recipe does not know.
    """
    plain = Recipe()
    words = ["python", "-m", "core", "export", f"--out={out}", *filter_words(recipe.filter)]
    words += _label_words(recipe.labels)
    words += [f"--evaluation={file.name}" for file in recipe.evaluation]
    for flag, value, default in (
        ("store", store, ""),
        ("preset", recipe.preset, plain.preset),
        ("balance", recipe.balance, plain.balance),
        ("format", recipe.format, plain.format),
        ("file", recipe.file, plain.file),
        ("seed", recipe.seed, plain.seed),
        ("columns", ",".join(recipe.columns), ""),
    ):
        words += [f"--{flag}={value}"] if value != default else []
    words += _named("param", recipe.params) + _named("use", recipe.use)
    words += [f"--cap={cap_text(cap)}" for cap in recipe.caps]
    words += ["--real-names"] if recipe.names else []
    return shlex.join([*words, *_split_words(recipe.splits)])


def cap_text(cap: Cap) -> str:
    """Return a cap as it is typed: `source=500`, or `source:NAME=500` for one value."""
    return f"{cap.by}:{cap.value}={cap.n}" if cap.value else f"{cap.by}={cap.n}"


def cap_of(text: str) -> Cap:
    """Read `source=500` or `source:NAME=500`; raise UsageError."""
    slice, equals, number = text.rpartition("=")
    by, _, value = slice.strip().partition(":")
    number = number.strip()
    plain_number = number.isascii() and number.isdecimal() and len(number) <= 12
    if not equals or by not in SLICES or not plain_number:
        raise UsageError(
            f"{text[:80]!r} is no cap.",
            f"Write source=500, or source:NAME=500 for one of them. Known: {', '.join(SLICES)}.",
        )
    return Cap(by, int(number), value)


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


def _label_words(labels: Labels) -> list[str]:
    if not labels.rule:
        return []
    plain = Labels()
    words = [f"--verdicts={labels.rule}", *_named("verdict-param", labels.params)]
    for flag, value, default in (
        ("on-reversed", labels.on_reversed, plain.on_reversed),
        ("on-contested", labels.on_contested, plain.on_contested),
    ):
        words += [f"--{flag}={value}"] if value != default else []
    return words


def _named(flag: str, values: Mapping[str, object]) -> list[str]:
    return [f"--{flag}={name}={value}" for name, value in values.items()]


def _split_words(plan: SplitPlan) -> list[str]:
    links = [] if plan.links == LINKS else [f"--links={','.join(plan.links) or 'none'}"]
    if plan.keep:
        return ["--splits=keep", *links]
    if plan.ratios == SplitPlan().ratios and plan.names == SplitPlan().names:
        return links
    words = [f"--splits={','.join(map(repr, plan.ratios))}", *links]
    default = DEFAULT_NAMES.get(len(plan.ratios))
    return words if plan.names == default else [*words, f"--names={','.join(plan.names)}"]
