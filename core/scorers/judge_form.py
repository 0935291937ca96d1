"""How a question is put to an endpoint; what it does not take is left out from then on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_NO_SUCH = re.compile(
    r"support|permitted|allowed|unknown|unrecogni|unexpected|extra|must alternate", re.I
)
_OPTIONAL = {
    "seed": (r"\bseed\b", "sends no seed"),
    "temperature": (r"\btemperature\b", "leaves it to the model, so that answers may vary"),
    "max_tokens": (r"\bmax_tokens\b", "sends max_completion_tokens instead"),
    "system": (r"\bsystem\b|\broles?\b", "puts the instruction into the user's message"),
}
"""What some endpoints refuse → how their refusal names it, and what is done then."""


@dataclass
class Form:
    """The request around a message; shared by all questions of a run."""

    model: str
    instruction: str
    seed: int
    max_tokens: int
    say: Callable[[str], None]
    left_out: frozenset[str] = field(default_factory=frozenset)
    """Keys of the table above."""
    proven: bool = False
    """An answer came, so that a later refusal is about the question and not about its form."""

    def body(self, message: str) -> dict[str, object]:
        """Return the request for a message."""
        system = "system" not in self.left_out
        user = message if system else f"{self.instruction}\n\n{message}"
        turns = [{"role": "user", "content": user}]
        limit = "max_completion_tokens" if "max_tokens" in self.left_out else "max_tokens"
        body: dict[str, object] = {
            "model": self.model,
            "messages": [{"role": "system", "content": self.instruction}, *turns][not system :],
            "temperature": 0,
            "seed": self.seed,
            limit: self.max_tokens,
        }
        return {name: value for name, value in body.items() if name not in self.left_out}

    def gives_way(self, sent: frozenset[str], said: str) -> bool:
        """Return whether to ask again after a refusal of a request that left `sent` out."""
        if sent != self.left_out:
            return True  # another question has learnt it meanwhile
        if self.proven or not _NO_SUCH.search(said):
            return False
        refused = [n for n, (named, _) in _OPTIONAL.items() if re.search(named, said)]
        name = next((n for n in refused if n not in sent), None)
        if name is None:
            return False
        self.left_out |= {name}
        self.say(f"The endpoint refuses the {name} of a request: the judge {_OPTIONAL[name][1]}.")
        return True
