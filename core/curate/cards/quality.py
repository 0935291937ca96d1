"""What a card says of the labels: who judged, how far they agree, how many labels are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from core.curate.cards.markdown import code, percent, table
from core.curate.manifests.manifest import Manifest

Audit = Mapping[str, Any] | None


def people_section(people: Mapping[str, Any]) -> str:
    """Return what `cards.people.people_told` says; empty where nobody's votes were asked for."""
    named = people.get("annotators")
    if not named:
        return "Nobody's votes were used."
    ruled = ", ".join(map(code, people["reviewers"]))
    said = (
        f"{len(named):,} annotators cast {people['votes']:,} votes on {people['pairs']:,} pairs, "
        "all that the log holds, written here or not."
    )
    rulings = f" Rulings: {ruled}." if ruled else ""
    rows = [(code(who), n) for who, n in named.items()]
    return f"{said}{rulings} {_agreement(people['agreement'])}\n\n{table(('who', 'votes'), rows)}"


def noise_section(manifest: Manifest) -> str:
    """Return the estimates before curation: of the scores, and of an audit where there is one."""
    return f"{_estimate(manifest)} {_audit(cast(Audit, manifest.annotators.get('audit')))}"


def _agreement(found: Mapping[str, Any]) -> str:
    name = "Krippendorff's alpha"
    if found["value"] is None:
        return f"{name}: {found['why']}"
    bounds = ""
    if found["low"] is not None:
        bounds = f", 95% interval {found['low']:.3f} to {found['high']:.3f}"
    on = f"over {found['units']:,} pairs with two votes or more"
    return f"{name} is {found['value']:.3f}{bounds}, {on}. {found['why']}".rstrip()


def _estimate(manifest: Manifest) -> str:
    if manifest.noise is None:
        return "How many labels are reversed is not known: no scores tell."
    low, high = map(percent, manifest.noise)
    estimate = f"at {low}" if low == high else f"between {low} and {high}"
    return (
        f"The scores of the store put the share of reversed labels {estimate}, over all its pairs "
        "before curation, not only these."
    )


def _audit(found: Audit) -> str:
    if found is None:
        return "No audit by people is in this export."
    rate, low, high = (percent(found[key]) for key in ("rate", "low", "high"))
    return (
        f"An audit by people of {found['judged']:,} pairs, drawn from {found['pairs']:,}, puts it "
        f"at {rate}, 95% interval {low} to {high}, before curation."
    )
