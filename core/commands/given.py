"""What an export needs besides the store, as options name it: the votes' log, evaluation files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.commands.relabelling import desk_of
from core.curate.judged import EvaluationPrompts, Given, Judged, judged
from core.curate.pseudonyms import salt_of
from core.curate.recipe import Recipe
from core.curate.splits.contamination import read_evaluation
from core.errors import LogError
from core.relabel.address import shown
from core.relabel.desk import Desk
from core.relabel.tables import Tables
from core.schema.relabel import Head
from core.settings import Settings
from core.store.filters import asks_log
from core.store.instance import Store


def evaluation_of(paths: Sequence[Path]) -> tuple[EvaluationPrompts, ...]:
    """Read files of evaluation prompts; raise SourceError or UsageError for one that is none."""
    return tuple(read_evaluation(path) for path in paths)


def given_of(
    store: Store, settings: Settings, recipe: Recipe, evaluation: tuple[EvaluationPrompts, ...]
) -> Given:
    """Return what a recipe needs, as of now; the store's tables of the log are filled for it.

    Raises:
        LogError: the log that was named is not there, or cannot be read.
    """
    if not (recipe.labels.rule or asks_log(recipe.filter)):
        return Given(evaluation=evaluation)
    with desk_of(settings) as desk:
        if settings.log and not desk.log.log_id:
            raise LogError(
                f"There is no votes' log at {shown(desk.log.url)}.",
                "Correct --log; without it the log is votes.sqlite3 in the store.",
            )
        head = desk.refresh(0.0)
        Tables().fill(store, desk.ask, head.seq)
        return Given(_judged(store, desk, recipe, head), evaluation, head)


def _judged(store: Store, desk: Desk, recipe: Recipe, head: Head) -> Judged | None:
    if not recipe.labels.rule:
        return None
    salt = salt_of(store.generation.fingerprint, desk.log.log_id)
    return judged(desk.ask, head, recipe.labels, salt, recipe.names)
