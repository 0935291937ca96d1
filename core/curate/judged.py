"""What a recipe needs besides the store: people's verdicts as of one event, evaluation prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.curate.pseudonyms import Called, called
from core.curate.recipe import EvaluationFile, Labels
from core.relabel.ballots import Ballots, ballots
from core.relabel.state import State
from core.relabel.tables import standing
from core.relabel.verdicts import Verdict, verdicts
from core.schema.relabel import Head


@dataclass(frozen=True)
class Judged:
    """Verdicts of a rule on the votes up to an event of the log."""

    head: Head
    found: tuple[Verdict, ...]
    """By pair id; their sources call people as `people` does."""
    votes: Ballots
    """The votes they come from, by real names: of them the card tells how far people agree."""
    people: Called


@dataclass(frozen=True)
class EvaluationPrompts:
    """Texts of evaluation prompts: no pair about them is trained on."""

    file: EvaluationFile
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """All of it."""

    judged: Judged | None = None
    """None where the recipe asks for no verdicts."""
    evaluation: tuple[EvaluationPrompts, ...] = ()
    seen: Head | None = None
    """Event of the log as of which a filter asks about votes; None where it does not."""

    @property
    def head(self) -> Head | None:
        """Return the event of the log that an export stands on, None for none."""
        return self.judged.head if self.judged else self.seen


def judged(
    ask: Callable[[Callable[[State], State]], State],
    head: Head,
    labels: Labels,
    salt: str,
    names: bool = False,
) -> Judged:
    """Return the verdicts of a recipe's rule; `ask` is that of the log's desk, which is at `head`.

    salt: of `pseudonyms.salt_of`; people keep their own names with `names`.

    Raises:
        UnknownName, UsageError: no such rule, or a parameter it has not.
    """
    state = ask(standing)
    votes = ballots(state.by_pair)
    people = called(votes.people, {d.reviewer for d in state.decisions.values()}, salt, names)
    found = verdicts(labels.rule, votes, state.decisions, labels.params)
    told = tuple(replace(verdict, source=people.source(verdict.source)) for verdict in found)
    return Judged(head, told, votes, people)
