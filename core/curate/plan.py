"""What an export will hold, before a byte is written: selection, splits and the settled format."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.curate.base import Base, base_of
from core.curate.judged import Given
from core.curate.manifests.manifest import SplitEntry
from core.curate.presets import PRESETS
from core.curate.recipe import AUTO, Recipe
from core.curate.selection import Selection, choose
from core.curate.splits.asked import Splits
from core.curate.splits.contamination import Hits, contaminated
from core.curate.splits.dividing import divide
from core.curate.splits.leakage import LeakageReport, report
from core.curate.splits.links import Components, prompt_groups
from core.curate.written.knobs import SHARES
from core.curate.written.writers import FILES, FORMATS
from core.errors import ExportError
from core.store.instance import Store


@dataclass(frozen=True)
class Plan:
    """What will be written; the recipe's format and parameters are settled."""

    recipe: Recipe
    given: Given
    selection: Selection
    splits: Splits
    leakage: LeakageReport
    groups: Components
    hits: Hits | None
    """Prompts of the filter that are evaluation prompts; None where no file names any."""

    @property
    def losses(self) -> tuple[str, ...]:
        """Return what the store knows of these pairs and the files cannot hold; sentences."""
        rows = self.selection.more_keys
        cut = f"keys of turns besides role and content, in {rows:,} pairs."
        always = FORMATS.get(self.recipe.format).losses
        return (*always, *((cut,) if rows else ()), *_shares_lost(self.recipe, self.selection))


def _shares_lost(recipe: Recipe, chosen: Selection) -> tuple[str, ...]:
    soft = int(np.isfinite(chosen.soft).sum())
    written = {*recipe.columns, *FORMATS.get(recipe.format).knobs}
    if not soft or written.intersection(SHARES):
        return ()
    return (
        f"The shares of votes of {soft:,} soft labels: add --columns {' or '.join(SHARES)} to "
        "have them.",
    )


def plan(
    store: Store,
    recipe: Recipe,
    given: Given | None = None,
    base: Base | None = None,
    groups: Components | None = None,
    hits: Hits | None = None,
) -> Plan:
    """Select, divide and settle the format; an empty selection is a plan of no rows.

    What is known already may come along: `base_of` the recipe's filter and verdicts,
    `prompt_groups` of its links, what of the store is `contaminated` by its evaluation prompts.

    Raises:
        UnknownName: no such preset, format or kind of file.
        UsageError: the format is not written to this kind of file.
        ExportError: the format cannot hold a selected row, or the sources' splits cannot be kept.
    """
    FILES.get(recipe.file)
    given = given or Given()
    recipe = replace(recipe, params=PRESETS.get(recipe.preset).settled(recipe.params))
    base = base or base_of(store, recipe.filter, recipe.labels, given.judged)
    if given.evaluation:
        hits = (hits or contaminated(store, given.evaluation)).among(base.prompt_id)
    selection = choose(store, recipe, base, hits.prompt_ids if hits else None)
    recipe = _settled(recipe, selection)
    groups = groups or prompt_groups(store, recipe.splits.asked)
    splits = divide(selection, recipe.splits, recipe.seed, groups)
    leakage = report(selection, splits, groups, recipe.splits)
    return Plan(recipe, given, selection, splits, leakage, groups, hits)


def split_entries(planned: Plan) -> tuple[SplitEntry, ...]:
    """Return the splits with their counts."""
    member, groups = planned.splits.member, planned.groups
    prompt = groups.rows[planned.selection.row_ids]
    return tuple(
        SplitEntry(name, int((member == i).sum()), groups.prompts_among(prompt[member == i]))
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
            raise ExportError(
                f"The split {entry.name} would be empty: prompts stay whole, and there are "
                f"{planned.leakage.prompts:,}.",
                "Ask for fewer splits, or for a larger share.",
            )


def _settled(recipe: Recipe, selection: Selection) -> Recipe:
    if recipe.format == AUTO:
        name = "trl-conversational" if selection.conversations else "trl"
        recipe = replace(recipe, format=name)
    shape = FORMATS.get(recipe.format)
    shape.check_file(recipe.file)
    few = selection.long_answers if shape.turns == "prompt" else 0
    unfit = selection.conversations if not shape.turns else few
    if unfit:
        what = "conversations" if not shape.turns else "answers of several turns"
        raise ExportError(
            f"{unfit:,} of {selection.counts.selected:,} pairs are {what}, which {shape.name} "
            "cannot hold.",
            "Use --format trl-conversational.",
        )
    return recipe
