"""Names of people in what leaves the store: annotator-1, reviewer-2; real names where asked for.

The order of the numbers comes from a hash with a salt, so it tells nothing of the alphabet or of
who came first. The salt holds a random number of the votes' log that no export shows: whoever has
the same store and log gets the same names (`verify`), and can also find out who is who.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.relabel.chain import genesis

_RULING = "ruling of "
"""How `relabel.verdicts` begins the source of what a reviewer decided."""


@dataclass(frozen=True)
class Called:
    """What people are called in an export: name → what stands there."""

    annotators: Mapping[str, str]
    reviewers: Mapping[str, str]

    def source(self, text: str) -> str:
        """Return a verdict's source without a name: `ruling of NAME` → `ruling of reviewer-1`."""
        if not text.startswith(_RULING):
            return text
        return _RULING + self.reviewers.get(text.removeprefix(_RULING), "a reviewer")


def called(
    annotators: Iterable[str], reviewers: Iterable[str], salt: str, real: bool = False
) -> Called:
    """Return pseudonyms of people, or with `real` their own names."""
    if real:
        return Called({name: name for name in annotators}, {name: name for name in reviewers})
    return Called(pseudonyms(annotators, salt), pseudonyms(reviewers, salt, "reviewer"))


def pseudonyms(names: Iterable[str], salt: str, word: str = "annotator") -> Mapping[str, str]:
    """Return name → `word`-1 …, numbered by HMAC-SHA256 of the name under the salt.

    The same set of names and the same salt give the same pseudonyms, whatever their order; one more
    name moves the numbers. Somebody who is annotator and reviewer has two unrelated numbers.
    """
    ranked = sorted(set(names), key=lambda name: _mixed(name, salt, word))
    return {name: f"{word}-{number}" for number, name in enumerate(ranked, 1)}


def salt_of(fingerprint: str, log_id: str) -> str:
    """Return the salt of a store's content and a log; `log_id` is in backups and in no export."""
    return hashlib.sha256(f"assay people {fingerprint} {genesis(log_id).hash}".encode()).hexdigest()


def _mixed(name: str, salt: str, word: str) -> bytes:
    said = f"{word}\0{name}".encode("utf-8", "surrogatepass")
    return hmac.new(salt.encode(), said, hashlib.sha256).digest()
