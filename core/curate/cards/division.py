"""What a card says of splits: who is in which, what links them, which evaluations are kept out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.curate.cards.markdown import code, table
from core.curate.manifests.manifest import Manifest

_LINKS = {
    "same": "one prompt in several rows",
    "normalised": "the same prompt but for case, spaces and marks",
    "near": "nearly the same words",
    "response": "an answer that both have",
    "conversation": "one conversation",
}
_SHOWN = 5


def splits_section(manifest: Manifest) -> str:
    """Return the table of splits and the leakage report."""
    rows = [(s.name, s.rows, s.prompts) for s in manifest.splits]
    parts = [_drawn(manifest), table(("split", "pairs", "prompts"), rows)]
    return "\n\n".join([*parts, *(_leakage(manifest.leakage) if manifest.leakage else ())])


def evaluation_section(manifest: Manifest) -> str:
    """Return which evaluations the pairs were compared with, and the hits."""
    files = [(code(e.name), e.prompts, code(e.sha256[:16])) for e in manifest.recipe.evaluation]
    if not files:
        return "These pairs were not compared with the prompts of any evaluation."
    said = (
        f"{manifest.counts.contaminated:,} rows were left out because they ask what one of these "
        "files asks, or nearly so."
    )
    head = table(("file", "prompts", "SHA-256 begins"), files)
    return "\n\n".join((said, head, *_hits(manifest.contamination)))


def _drawn(manifest: Manifest) -> str:
    if manifest.recipe.splits.keep:
        return (
            "The splits are the sources' own. "
            f"{manifest.shared_prompts:,} prompts stand in more than one of them."
        )
    return f"No prompt stands in two splits; drawn by prompt with seed {manifest.recipe.seed}."


def _leakage(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of `leakage.LeakageReport.plain`."""
    kinds = [(_LINKS.get(k["kind"], k["kind"]), k["links"], k["crossing"]) for k in found["kinds"]]
    crossing = sum(k[2] for k in kinds)
    yield (
        f"{crossing:,} links between prompts cross from one split to another."
        if crossing or found["crossing"]
        else "Nothing that was looked for crosses from one split to another."
    )
    yield table(("what links two prompts", "links", "of them crossing"), kinds)
    yield from _merges(found)
    notes = [*found["unchecked"].values(), *found["warnings"]]
    if notes:
        yield "\n".join(f"- {note}" for note in notes)


def _merges(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["merges"]:
        return
    yield (
        f"{found['merges']:,} groups with {found['merged_prompts']:,} prompts and "
        f"{found['merged_rows']:,} rows had to stay together. What that costs: a split of a source "
        f"has at most {found['deviation']:,.0f} rows more or fewer than its ratio asks. The "
        "largest groups:"
    )
    yield table(
        ("rows", "prompts", "linked by"),
        [
            (one["rows"], one["prompts"], ", ".join(_LINKS.get(k, k) for k in one["kinds"]))
            for one in found["largest"][:_SHOWN]
        ],
    )


def _hits(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of `contamination.Hits.plain`."""
    if not found:
        return
    kinds = [(name, n) for name, n in found["kinds"].items() if n]
    if kinds:
        yield table(("how a prompt meets an evaluation", "prompts"), kinds)
        yield table(
            ("prompt", "how", "asked by the evaluation"),
            [
                (code(hit["prompt_id"]), hit["kind"], code(hit["evaluation"], 80))
                for hit in found["hits"][:_SHOWN]
            ],
        )
    if found["unchecked"]:
        yield str(found["unchecked"])
