"""What an export needs besides the store, for whoever is at the page, and the questions it asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.curate.judged import EvaluationPrompts, Given, Judged, judged
from core.curate.preview import Preview, preview
from core.curate.pseudonyms import salt_of
from core.curate.recipe import Labels, Recipe
from core.errors import LogError
from core.relabel.state import State
from core.schema.relabel import Head, Person
from core.store.filters import asks_log
from core.store.instance import Store
from pages.components import cached, exporthits
from pages.components.cached import Known

_TRIES = 5
_NOTHING = "Change the preset, the amounts or the filter."
_FEWER = "Ask for fewer splits, or for a larger share."


@dataclass(frozen=True)
class Seen:
    """What an export would hold, and why it cannot be written."""

    preview: Preview
    refused: str = ""
    """A sentence; empty where nothing stands in the way."""
    hint: str = ""


def given_of(recipe: Recipe, evaluation: tuple[EvaluationPrompts, ...], person: Person) -> Given:
    """Return what a recipe needs, as the log stands now.

    What people said of pairs that are open to whoever is at the page is left out, as their rows
    are.

    Raises:
        LogError: the log cannot be read, or moves on all the time.
    """
    labels = recipe.labels
    if not labels.rule:
        asks = asks_log(recipe.filter)
        return Given(None, evaluation, cached.desk().refresh() if asks else None)
    desk = cached.desk()
    salt = salt_of(cached.generation().fingerprint, desk.log.log_id)
    leave = desk.ask(lambda state: state.open_pairs(person.name))
    for _ in range(_TRIES):
        found = cached.of_log(leave, verdicts_at, desk.refresh(), labels, salt, recipe.names)
        if found is not None:
            return Given(found, evaluation)
    raise LogError("Votes come in faster than they can be read.", "Try again in a moment.")


def verdicts_at(state: State, head: Head, labels: Labels, salt: str, names: bool) -> Judged | None:
    """Return the verdicts of a state; None where it is not that of the head: votes came in."""
    if state.seq != head.seq:
        return None
    return judged(lambda question: question(state), head, labels, salt, names)


def seen(store: Store, recipe: Recipe, given: Given, known: Known) -> Seen:
    """Return what an export would hold."""
    found = preview(store, recipe, given, known.base, known.groups, known.hits)
    found = replace(found, hits=exporthits.slim(found.hits))
    hint = _FEWER if found.counts.selected else _NOTHING
    return Seen(found, found.refusal, hint if found.refusal else "")
