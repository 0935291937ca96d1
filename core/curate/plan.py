"""What an export will hold, before a byte is written: selection, splits and the settled format."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.curate.base import Base, base_of
from core.curate.judged import Given
from core.curate.manifest import SplitEntry
from core.curate.presets import PRESETS
from core.curate.recipe import AUTO, Recipe
from core.curate.selection import Selection, choose
from core.curate.splits import Splits, split
from core.curate.writers import FILES, FORMATS
from core.errors import ExportError
from core.schema import Ints
from core.store.instance import Store


@dataclass(frozen=True)
class Plan:
    """What will be written; the recipe's format and parameters are settled."""

    recipe: Recipe
    selection: Selection
    splits: Splits

    @property
    def losses(self) -> tuple[str, ...]:
        """Return what the store knows of these pairs and the files cannot hold; sentences."""
        rows = self.selection.more_keys
        cut = f"keys of turns besides role and content, in {rows:,} pairs."
        always = "scores, votes, ratings, gold, strengths, model names, the sources' own columns."
        return (always, cut) if rows else (always,)


def plan(
    store: Store, recipe: Recipe, given: Given | None = None, base: Base | None = None
) -> Plan:
    """Select, divide and settle the format; an empty selection is a plan of no rows.

    base: what `base_of` says of the recipe's filter and verdicts, where it is known already.

    Raises:
        UnknownName: no such preset, format or kind of file.
        ExportError: the format cannot hold a selected row, or the sources' splits cannot be kept.
    """
    FILES.get(recipe.file)
    given = given or Given()
    recipe = replace(recipe, params=PRESETS.get(recipe.preset).settled(recipe.params))
    base = base or base_of(store, recipe.filter, recipe.labels, given.judged)
    selection = choose(store, recipe, base)
    splits = split(selection, recipe.splits, recipe.seed)
    return Plan(_settled(recipe, selection), selection, splits)


def split_entries(planned: Plan) -> tuple[SplitEntry, ...]:
    """Return the splits with their counts."""
    prompts, member = planned.selection.prompt_ids, planned.splits.member
    return tuple(
        SplitEntry(name, int((member == i).sum()), distinct(prompts[member == i]))
        for i, name in enumerate(planned.splits.names)
    )


def check_writable(planned: Plan) -> None:
    """Raise ExportError when nothing is left to write or a split would be empty."""
    if not planned.selection.counts.selected:
        raise ExportError(
            f"Nothing is left to write: {planned.selection.counts.matching:,} rows matched.",
            "--dry-run counts what was left out; widen the filter.",
        )
    for entry in split_entries(planned):
        if not entry.rows:
            prompts = distinct(planned.selection.prompt_ids)
            raise ExportError(
                f"The split {entry.name} would be empty: prompts stay whole, and there are "
                f"{prompts:,}.",
                "Ask for fewer splits, or for a larger share.",
            )


def distinct(ids: Ints) -> int:
    """Return how many different ids there are; a sort takes a tenth of `np.unique`'s hashing."""
    ordered = np.sort(ids)
    return int((ordered[1:] != ordered[:-1]).sum()) + 1 if ordered.size else 0


def _settled(recipe: Recipe, selection: Selection) -> Recipe:
    turns = selection.conversations
    if recipe.format == AUTO:
        return replace(recipe, format="trl-conversational" if turns else "trl")
    if not FORMATS.get(recipe.format).turns and turns:
        raise ExportError(
            f"{turns:,} of {selection.counts.selected:,} pairs are conversations, which "
            f"{recipe.format} cannot hold.",
            "Use --format trl-conversational.",
        )
    return recipe
