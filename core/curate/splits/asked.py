"""What splits are asked for: shares, names, and what must stay together; or the source's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ExportError, UnknownName, UsageError
from core.schema import Ints

if TYPE_CHECKING:
    from core.curate.selection import Selection

DEFAULT_NAMES = {1: ("train",), 2: ("train", "test"), 3: ("train", "validation", "test")}
LINKS = ("normalised", "near", "response", "conversation")
"""What links prompts: the same but for case, spaces and marks; nearly the same words; an
answer that both have; one conversation."""
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)
_RESERVED = ("all",)
"""`datasets` means the union of all splits by it."""


@dataclass(frozen=True)
class SplitPlan:
    """How rows are divided; no ratios means that every row keeps the split of its source."""

    ratios: tuple[float, ...] = (1.0,)
    names: tuple[str, ...] = ("train",)
    links: tuple[str, ...] = LINKS
    """What makes prompts stay together, besides being the same."""

    def __post_init__(self) -> None:
        """Refuse ratios and names that cannot be meant."""
        if len(self.ratios) != len(self.names):
            raise UsageError(
                f"There are {len(self.ratios)} ratios for {len(self.names)} split names.",
                "Give one --names entry per ratio.",
            )
        none = [f"{ratio:g} is no share" for ratio in self.ratios if ratio <= 0]
        if none or (self.ratios and not abs(sum(self.ratios) - 1) <= 1e-6):
            listed = ", ".join(f"{ratio:g}" for ratio in self.ratios)
            raise UsageError(
                f"The ratios {listed} are not shares of one whole: "
                f"{none[0] if none else f'they add up to {sum(self.ratios):g}'}.",
                "Each is greater than 0 and together they are 1, such as 0.9,0.05,0.05.",
            )
        check_names(self.names)
        for link in self.links:
            if link not in LINKS:
                raise UnknownName("link", link, (*LINKS, "none"))

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the links to look for: with one split nothing can leak."""
        return self.links if self.keep or len(self.names) > 1 else ()

    @property
    def keep(self) -> bool:
        """Say whether the source's own splits stay."""
        return not self.ratios


@dataclass(frozen=True)
class Splits:
    """Every selected row in exactly one split."""

    names: tuple[str, ...]
    member: Ints
    """Index into `names`, per row of the selection."""
    shared_prompts: int
    """Prompts that stand in more than one split; 0 unless the source's splits were kept."""

    @property
    def counts(self) -> tuple[int, ...]:
        """Return rows per split."""
        return tuple(np.bincount(self.member, minlength=len(self.names)).tolist())


def plan_splits(text: str, names: str = "", links: str = "") -> SplitPlan:
    """Read `0.9,0.05,0.05` (or `keep`), `train,validation,test` and `normalised,near` (or `none`).

    Raises:
        UsageError, UnknownName: what cannot be meant.
    """
    linked = _links(links)
    given = tuple(name.strip() for name in names.split(",")) if names else ()
    if text.strip() == "keep":
        if given:
            raise UsageError("Kept splits have their own names.", "Leave --names out.")
        return SplitPlan((), (), linked)
    try:
        ratios = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"The splits {text!r} are not numbers.", "Write 0.9,0.05,0.05, or keep."
        ) from error
    if not given and len(ratios) not in DEFAULT_NAMES:
        raise UsageError(f"{len(ratios)} splits need names.", "Add --names with one per ratio.")
    return SplitPlan(ratios, given or DEFAULT_NAMES[len(ratios)], linked)


def check_names(names: tuple[str, ...]) -> None:
    """Raise UsageError for a name that cannot be a part of a file name and of `load_dataset`."""
    for name in names:
        if not _NAME.fullmatch(name) or _DEVICES.fullmatch(name) or name in _RESERVED:
            raise UsageError(
                f"A split cannot be called {name[:80]!r}.",
                "Use letters, digits and underscores, 64 at most, and no reserved name.",
            )
    if len({name.lower() for name in names}) < len(names):
        raise UsageError(
            f"Two splits have the same name: {', '.join(names)}.",
            "Upper and lower case do not make a difference on every disk.",
        )


KEEP = SplitPlan((), ())
"""Every row stays in the split of its source."""


def _links(text: str) -> tuple[str, ...]:
    """Return the named links in the order of LINKS, so that equal plans are equal."""
    named = {part.strip() for part in text.split(",")} - {""}
    if not named:
        return LINKS
    if named == {"none"}:
        return ()
    if "none" in named:
        raise UsageError(
            "The link none stands alone.", f"Write none, or some of {', '.join(LINKS)}."
        )
    return (*(link for link in LINKS if link in named), *sorted(named - set(LINKS)))


def kept(selection: Selection) -> Splits:
    """Return the splits of the source; raise ExportError where a name cannot be a file's."""
    used, member = np.unique(selection.split.index, return_inverse=True)
    names = tuple(selection.split.names[i] for i in used)
    try:
        check_names(names)
    except UsageError as error:
        raise ExportError(
            f"The source's splits cannot be kept. {error.message}",
            "Divide anew with --splits 0.9,0.05,0.05.",
        ) from error
    places = np.unique(np.stack([selection.prompt_ids, member]), axis=1)[0]
    _, splits_per_prompt = np.unique(places, return_counts=True)
    return Splits(names, member.astype(np.int64), int((splits_per_prompt > 1).sum()))
