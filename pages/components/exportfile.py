"""The download of an export, made when it is asked for: later than its page, and apart from it."""

from __future__ import annotations

from collections.abc import Callable

from core.curate.export import archive
from core.curate.judged import EvaluationPrompts, Given
from core.curate.recipe import Recipe
from core.errors import UsageError
from core.schema.relabel import Person
from core.store.instance import Store
from pages.components import cached, exportask, who
from pages.components.cached import Known


def later(
    recipe: Recipe, person: Person, evaluation: tuple[EvaluationPrompts, ...] = ()
) -> Callable[[], bytes]:
    """Return what makes the file for whoever is at the page now.

    Streamlit calls it in a thread without a session, perhaps hours later: what the page was drawn
    for is looked at again. Verdicts are those of that moment, as the manifest says.
    """
    since = cached.desk().state.seq

    def made() -> bytes:
        who.still(person, since)
        if not set(cached.hidden(person.name)) <= set(recipe.filter.hidden):
            raise UsageError(
                "Other pairs are open to you on Relabel than when this page was drawn.",
                "Reload it and download again.",
            )
        given = exportask.given_of(recipe, evaluation, person)
        return cached.curated(packed, given, recipe, large=True)

    return made


def packed(store: Store, recipe: Recipe, given: Given, known: Known) -> bytes:
    """Return the zip file; it selects for itself."""
    return archive(store, recipe, given)
