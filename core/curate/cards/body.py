"""The text of a card: how the set was made, what people and scores say of it, and its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from core.curate.cards.division import evaluation_section, splits_section
from core.curate.cards.markdown import code, facts, listed, stated, table
from core.curate.cards.quality import noise_section, people_section
from core.curate.manifests.manifest import Manifest
from core.curate.presets import PRESETS
from core.curate.written.writers import FILES, FORMATS, PROVENANCE
from core.relabel.verdicts import RULES

_STEPS = {
    "matching": "rows the filter found",
    "ties": "left out: ties, nobody named a winner",
    "contradictions": "left out: rows of a pair that stands with both labels",
    "duplicates": "left out: the same pair with the same label again, the first row stays",
    "unwritable": "left out: a turn without a text, or with a tool call",
    "removed": "left out by people's verdicts",
    "contaminated": "left out: the prompt is an evaluation prompt, or nearly so",
    "unselected": "left out by the preset",
    "capped": "left out: a slice had more than its cap",
    "unbalanced": "left out: other slices had fewer",
    "selected": "pairs written",
}
_FACTS = 5000
"""Characters of the filter's sentence: it is the person's own, and the main fact of a card."""
_REVERSED = {
    "remove": "A label that people reversed is left out",
    "flip": "A label that people reversed is written the other way round (`flipped` where the "
    "format has that column)",
}
_CONTESTED = {
    "unresolved": "a pair that people differ about keeps the label of its source",
    "soft": "a pair that people differ about keeps its label, with the share of votes as a soft "
    "label where the format has one",
}
_CITED = {
    "hh": "Bai et al. 2022, arXiv:2204.05862",
    "ultrafeedback": "Cui et al. 2023, arXiv:2310.01377",
    "shp": "Ethayarajh et al. 2022, arXiv:2110.08420",
    "helpsteer2": "Wang et al. 2024, arXiv:2406.08673 and 2410.01257",
    "helpsteer3": "Wang et al. 2025, arXiv:2505.11475",
    "pandalm": "Wang et al. 2023, arXiv:2306.05087",
    "judgebench": "Tan et al. 2024, arXiv:2410.12784",
    "prism": "Kirk et al. 2024, arXiv:2404.16019",
    "multipref": "Miranda et al. 2024, arXiv:2410.19133",
    "saferlhf": "Ji et al. 2024, arXiv:2406.15513",
    "webgpt": "Nakano et al. 2021, arXiv:2112.09332",
    "skywork": "Liu et al. 2024, arXiv:2410.18451",
    "tulu": "Lambert et al. 2024, arXiv:2411.15124",
    "rewardbench": "Lambert et al. 2024, arXiv:2403.13787",
}
"""What a name begins with → the paper of the set that is known by it."""


def body(manifest: Manifest) -> str:
    """Return the sections."""
    parts = (
        ("# Curated preference pairs", _summary(manifest)),
        ("## Sources and licences", _sources(manifest)),
        ("## How it was made", _made(manifest)),
        ("## Annotators and agreement", people_section(manifest.annotators)),
        ("## Label noise", noise_section(manifest)),
        ("## Splits and leakage", splits_section(manifest)),
        ("## Evaluation prompts", evaluation_section(manifest)),
        ("## Limits", _limits(manifest)),
        ("## How to load it", _loading(manifest)),
        ("## How to verify it", _verifying(manifest)),
        ("## Citation", _citation(manifest)),
    )
    return "\n\n".join(f"{title}\n\n{text}" for title, text in parts) + "\n"


def _summary(manifest: Manifest) -> str:
    return (
        f"{manifest.counts.selected:,} pairs of a prompt, a chosen and a rejected answer. "
        f"{FORMATS.get(manifest.recipe.format).title}. The columns "
        f"{', '.join(map(code, PROVENANCE.names))} lead every row back to its source."
    )


def _sources(manifest: Manifest) -> str:
    rows = [(code(s.name), stated(s.revision), stated(s.licence), s.rows) for s in manifest.sources]
    licences = {(s.licence or "").strip().lower() for s in manifest.sources}
    said = ["Each part stays under its own licence; read it before you use or share the whole."]
    if len(licences) > 1:
        said.insert(0, "The licences of the parts differ.")
    if "" in licences:
        said.append("Where a licence is not stated, nobody gave one: ask before you share it.")
    return f"{table(('source', 'revision', 'licence', 'pairs'), rows)}\n\n{' '.join(said)}"


def _made(manifest: Manifest) -> str:
    counts = [(_STEPS.get(name, name), n) for name, n in asdict(manifest.counts).items()]
    order = list(_STEPS.values())
    counts.sort(key=lambda step: order.index(step[0]) if step[0] in order else len(order))
    used = facts(manifest.facts)
    return "\n\n".join(
        (
            "\n".join(f"- {step}" for step in _curation(manifest)),
            table(("step", "rows"), [step for step in counts if step[1] or step[0] in _ALWAYS]),
            *([f"Numbers that the preset used:\n\n{used}"] if used else []),
            *_runs(manifest),
        )
    )


_ALWAYS = (_STEPS["matching"], _STEPS["selected"])


def _curation(manifest: Manifest) -> Iterator[str]:
    recipe = manifest.recipe
    yield f"Filter: {code(manifest.sentence, _FACTS)}."
    yield f"Verdicts: {_verdicts(manifest)}{_done(manifest.annotators)}"
    yield f"Preset: {_preset(manifest)}"
    for cap in recipe.caps:
        of = f"{code(cap.value)} of {code(cap.by)}" if cap.value else f"each {code(cap.by)}"
        yield f"Cap: at most {cap.n:,} pairs of {of}."
    if recipe.balance:
        yield f"Balance: as many pairs of each {code(recipe.balance)}."
    if recipe.columns:
        yield f"Columns for a trainer: {', '.join(map(code, recipe.columns))}."
    yield f"Seed: {recipe.seed}."


def _verdicts(manifest: Manifest) -> str:
    labels = manifest.recipe.labels
    if not labels.rule:
        return "none were asked for; people's votes changed no label."
    spec = RULES.get(labels.rule)
    given = f" ({listed(labels.params)})" if labels.params else ""
    upto = f" Votes up to event {manifest.log.seq:,} of the log." if manifest.log else ""
    return (
        f"rule {code(spec.name)}{given}. {spec.description} {_REVERSED[labels.on_reversed]}; "
        f"{_CONTESTED[labels.on_contested]}.{upto}"
    )


def _done(people: Mapping[str, object]) -> str:
    done = people.get("verdicts")
    if not isinstance(done, Mapping) or not done:
        return ""
    return f" What verdicts did, before the preset: {listed(done)} rows."


def _preset(manifest: Manifest) -> str:
    spec, recipe = PRESETS.get(manifest.recipe.preset), manifest.recipe
    given = f" ({listed(recipe.params)})" if recipe.params else ""
    read = {**recipe.use, **manifest.uses}
    uses = f" It reads {listed(read)}." if read else ""
    left = f" Rows it left out: {listed(manifest.left_out)}." if manifest.left_out else ""
    limits = f" {spec.limits}" if spec.limits else ""
    return f"{code(spec.name)}{given}. {spec.description}{uses}{left}{limits}"


def _runs(manifest: Manifest) -> Iterator[str]:
    rows = [
        (code(s.run_id), code(s.scorer), stated(s.model), stated(s.revision))
        for s in manifest.scorers
    ]
    if rows:
        yield f"Scores:\n\n{table(('run', 'scorer', 'model', 'revision'), rows)}"


def _limits(manifest: Manifest) -> str:
    limits = (
        "Rows that say the same in other words are not found as duplicates.",
        *(f"Not in the files: {loss}" for loss in manifest.losses),
        FILES.get(manifest.recipe.file).limits,
    )
    return "\n".join(f"- {limit}" for limit in limits if limit)


_TRAINERS = {"trl": "DPO", "kto": "KTO", "reward": "Reward"}
"""First word of a format's name → the trainer of TRL that takes it."""


def _loading(manifest: Manifest) -> str:
    split = manifest.splits[0].name
    trainer = _TRAINERS.get(manifest.recipe.format.split("-")[0])
    lines = [
        "```python",
        "from datasets import load_dataset",
        "",
        f'pairs = load_dataset("ORG/NAME or this folder", split="{split}")',
    ]
    if trainer:
        lines += [
            "",
            f"from trl import {trainer}Config, {trainer}Trainer",
            "",
            f"trainer = {trainer}Trainer(model=model, processing_class=tokenizer,",
            f'    args={trainer}Config(output_dir="out"), train_dataset=pairs)',
            "trainer.train()",
        ]
    return "\n".join([*lines, "```"])


def _verifying(manifest: Manifest) -> str:
    return (
        "`manifest.json` holds the whole recipe, the versions and the SHA-256 of every file. With "
        "the same sources in a store (fingerprint "
        f"{code(manifest.fingerprint[:16])}…), `python -m core verify DIR --store STORE` makes "
        "the files again and compares them. A card that was merged with another one differs."
    )


def _citation(manifest: Manifest) -> str:
    paper = PRESETS.get(manifest.recipe.preset).paper
    lines = [f"The preset: {paper}"] if paper else []
    for source in manifest.sources:
        known = (p for word, p in _CITED.items() if _begins(source.name, word))
        if (cited := next(known, None)) is not None:
            lines.append(f"{code(source.name)}, if it is the set known by that name: {cited}")
    lines.append("The sources, as their own cards ask.")
    return "\n".join(f"- {line}" for line in lines)


def _begins(name: str, word: str) -> bool:
    """Return whether one of the name's last parts begins with a word: `org/HH-RLHF`, `hh_rlhf`."""
    last = name.lower().rsplit("/", 1)[-1]
    found = last.replace("-", "").replace("_", "")
    return found.startswith(word) if word != "hh" else last[:3] in ("hh", "hh-", "hh_")
