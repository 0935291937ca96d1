"""The votes' log as it was at an event: what an export of that day was made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.commands.relabelling import opened
from core.curate.judged import EvaluationPrompts, Given, Judged, judged
from core.curate.manifests.manifest import Manifest
from core.curate.pseudonyms import salt_of
from core.curate.recipe import EvaluationFile, Recipe
from core.errors import ExportError, LogDamaged
from core.relabel.chain import event_hash, genesis
from core.relabel.log import Log
from core.relabel.state import State
from core.relabel.tables import Tables
from core.schema.relabel import Head
from core.settings import Settings
from core.store.filters import asks_log
from core.store.instance import Store

_OTHER_LOG = "Name the log that the export was made from with --log, or restore its backup."


def given_at(
    store: Store, settings: Settings, stated: Manifest, evaluation: Sequence[EvaluationPrompts]
) -> Given:
    """Return what a manifest's recipe was given, the votes as of its event of the log.

    The store's tables of the log are filled as of then where the filter asks about votes.

    Raises:
        ExportError: an evaluation file is missing, or is none of the recipe's; or the recipe asks
            for votes and the manifest names no event.
        LogError: the log is another one, or shorter than it was.
    """
    prompts = evaluation_as(stated.recipe.evaluation, evaluation)
    if not (stated.recipe.labels.rule or asks_log(stated.recipe.filter)):
        return Given(evaluation=prompts)
    if stated.log is None:
        raise ExportError("The recipe asks for people's votes, and the manifest names no event.")
    with opened(settings) as log:
        state = state_at(log, stated.log)
        salt = salt_of(store.generation.fingerprint, log.log_id)
    return Given(_judged(store, state, stated.recipe, stated.log, salt), prompts, stated.log)


def state_at(log: Log, head: Head) -> State:
    """Return what the events up to `head` make, replayed in memory.

    Raises:
        LogDamaged: the log ends before, its chain does not hold, or the event is another one.
    """
    log.head()  # a log tells its id once it was read
    state = State(log.items)
    last = genesis(log.log_id)
    for events in log.pages():
        for event in events:
            if event.seq > head.seq:
                break
            if event.prev_hash != last.hash or event_hash(event) != event.hash:
                raise LogDamaged(f"The votes' log was changed at event {event.seq:,}.", _OTHER_LOG)
            state.apply(event)
            last = Head(event.seq, event.hash)
        if state.seq >= head.seq:
            break
    if state.seq < head.seq:
        raise LogDamaged(
            f"The votes' log ends at event {state.seq:,}; the export was made at event "
            f"{head.seq:,}.",
            _OTHER_LOG,
        )
    if head.seq and last.hash != head.hash:
        raise LogDamaged(
            f"Event {head.seq:,} of the votes' log is another one than the export was made from.",
            _OTHER_LOG,
        )
    return state


def evaluation_as(
    wanted: Sequence[EvaluationFile], given: Sequence[EvaluationPrompts]
) -> tuple[EvaluationPrompts, ...]:
    """Return the prompts of a recipe's files, in its order and by its names; known by content.

    Raises:
        ExportError: one is missing, or another one was given.
    """
    by_hash = {prompts.file.sha256: prompts for prompts in given}
    for file in wanted:
        if file.sha256 not in by_hash:
            raise ExportError(
                f"The export left out the prompts of {file.name!r}, SHA-256 {file.sha256[:16]}…, "
                "and no such file was given.",
                "Name it with --evaluation FILE.",
            )
    known = {file.sha256 for file in wanted}
    for prompts in given:
        if prompts.file.sha256 not in known:
            raise ExportError(
                f"{prompts.file.name!r} is no evaluation file that the export left out.",
                "It holds other prompts, or none were left out.",
            )
    return tuple(replace(by_hash[file.sha256], file=file) for file in wanted)


def _judged(store: Store, state: State, recipe: Recipe, head: Head, salt: str) -> Judged | None:
    def ask(question: Callable[[State], State]) -> State:
        return question(state)

    if asks_log(recipe.filter):
        Tables().fill(store, ask, state.seq)
    if not recipe.labels.rule:
        return None
    return judged(ask, head, recipe.labels, salt, recipe.names)
