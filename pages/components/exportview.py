"""A recipe and the store as the command line names them."""

from __future__ import annotations

import shlex
from dataclasses import replace

from core.curate.commandline import command_line
from core.curate.recipe import Recipe
from core.relabel.verdicts import RULES
from core.settings import Settings, load_settings

LINE = 80
"""Characters of a command's line: a browser breaks a longer one within its options."""


def command(recipe: Recipe) -> str:
    """Return the command that does the same, on as many lines as keep its options whole."""
    words = shlex.split(command_line(_short(recipe), "curated", store_flag()))
    lines = [""]
    for word in map(shlex.quote, words):
        if len(lines[-1]) + len(word) > LINE:
            lines.append(" ")
        lines[-1] = f"{lines[-1]} {word}"
    return " \\\n".join(lines).strip()


def _short(recipe: Recipe) -> Recipe:
    """Leave out the parameters of a rule that it has anyway."""
    labels = recipe.labels
    if not labels.rule:
        return recipe
    usual = RULES.get(labels.rule).settled({})
    params = {name: n for name, n in labels.params.items() if n != usual[name]}
    return replace(recipe, labels=replace(labels, params=params))


def store_flag() -> str:
    """Return the store for the command line, nothing where it is the one that is found anyway."""
    store = load_settings({}).store
    return "" if store == Settings.store else str(store)
