"""Labelled sets of a data folder, as signal inputs or as stores made by the app's own import."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.commands import import_
from core.commands.request import Request
from core.commands.scoring import score_store
from core.schema import SignalInputs
from core.scorers.spec import SCORERS
from core.settings import Settings
from core.signals.inputs import make_inputs

ROOT = Path(__file__).resolve().parents[2]
SAMPLES, MAPS = ROOT / "sample_data", ROOT / "tests" / "benchmarks" / "maps"
Row = Mapping[str, object]


@dataclass(frozen=True)
class Imported:
    """A set that the app imports and scores itself."""

    name: str
    files: str
    """Pattern inside the data folder."""
    map: Path | None = None
    score: tuple[str, ...] = ("crossfit", "textstats")
    limit: int = 1_000
    """Rows of a trial: runs that learn from labels do so anew for every seed."""


IMPORTED = (
    Imported("judgebench", "judgebench/rm_*.jsonl.gz", SAMPLES / "judgebench/mapping.toml"),
    Imported(
        "ultrafeedback, 200 known flips",
        "ultrafeedback-sample/label_flip_20.jsonl.gz",
        SAMPLES / "ultrafeedback/mapping.toml",
    ),
    Imported("rm-bench", "rm-bench/*.jsonl.gz", MAPS / "rm_bench.toml"),
    Imported("hh-rlhf helpful", "hh-rlhf/helpful*.jsonl.gz"),
    Imported("hh-rlhf harmless", "hh-rlhf/harmless*.jsonl.gz"),
)


def store_of(one: Imported, data: Path, root: Path) -> Settings:
    """Import a set's files as one source and score it; return where it stands."""
    settings = Settings(store=root, threads=2)
    for file in sorted(data.glob(one.files)):
        request = import_.Request(str(file), name=one.name.split(",")[0], map=one.map)
        import_.import_source(settings, request, index=False)
    for scorer in one.score:
        if scorer in SCORERS.names():
            score_store(settings, Request(scorer))
    return settings


# --- sets whose evidence is votes, made by hand ------------------------------------------------


@dataclass
class Pairs:
    """Columns of a set in the making."""

    chosen: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    margins: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    source: list[int] = field(default_factory=list)

    def add(self, chosen: str, rejected: str, source: int = 0, **margins: float | None) -> None:
        for run, margin in margins.items():
            column = self.margins[run]
            column += [np.nan] * (len(self.chosen) - len(column))
            column.append(np.nan if margin is None else float(margin))
        self.chosen.append(chosen)
        self.rejected.append(rejected)
        self.source.append(source)

    def inputs(self, *names: str) -> SignalInputs:
        n = len(self.chosen)
        filled = {run: m + [np.nan] * (n - len(m)) for run, m in self.margins.items()}
        return make_inputs(
            {
                "chosen_chars": [len(text) for text in self.chosen],
                "rejected_chars": [len(text) for text in self.rejected],
                "source": self.source,
                "source_names": names,
                "rewards": {run: (m, [0.0] * n) for run, m in filled.items()},
            }
        )


def read(path: Path) -> list[Row]:
    """Return the rows of a compressed JSONL or CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        if ".csv" in path.name:
            return list(csv.DictReader(lines))
        return [json.loads(line) for line in lines]


def llmbar(data: Path) -> SignalInputs:
    """Objective labels; each judge and method is a run: the mean verdict of its two orders."""
    verdicts, rows = llmbar_votes(data)
    pairs = Pairs()
    for key, (chosen, rejected, subset) in rows.items():
        both = {run: verdicts[run].get(key, []) for run in verdicts}
        margins = {run: np.mean(found) if found else None for run, found in both.items()}
        pairs.add(chosen, rejected, int(subset != "Natural"), **margins)
    return pairs.inputs("natural", "adversarial")


def llmbar_votes(
    data: Path,
) -> tuple[
    dict[str, dict[tuple[str, ...], list[float]]], dict[tuple[str, ...], tuple[str, str, str]]
]:
    """Return judge → pair → ±1 per order (1: the chosen answer), and pair → texts and subset."""
    verdicts: dict[str, dict[tuple[str, ...], list[float]]] = defaultdict(dict)
    rows: dict[tuple[str, ...], tuple[str, str, str]] = {}
    for path in sorted((data / "llmbar/evaluators").glob("eval_*.jsonl.gz")):
        *subset, judge, method = path.name.removeprefix("eval_").split(".")[0].split("_")
        if judge == "GPT-4":
            judge = "gpt4"
        run = f"{judge}_{method}".lower()
        for number, row in enumerate(read(path)):
            key = ("_".join(subset), str(number))
            texts = [str(row["output_1"]), str(row["output_2"])]
            right = int(str(row["label"]))
            rows[key] = (texts[right - 1], texts[2 - right], subset[0])
            said = row["results"][0]  # type: ignore[index]
            found = [said[f"swap = {swap}"]["winner"] for swap in (False, True)]
            verdicts[run][key] = [1.0 if str(w) == str(right) else -1.0 for w in found if w]
    return verdicts, rows


def pandalm(data: Path) -> SignalInputs:
    """Labels are the majority of three people; the verdicts of two models are runs."""
    folder, pairs = data / "pandalm-human", Pairs()
    models = {
        run: {str(row["idx"]): str(row[column]) for row in read(folder / f"{file}.jsonl.gz")}
        for run, column, file in (
            ("gpt35", "gpt_result", "gpt-3.5-turbo-testset-v1"),
            ("pandalm_7b", "pandalm_result", "pandalm-7b-testset-v1"),
        )
    }
    for row in read(folder / "testset-v1.jsonl.gz"):
        votes = Counter(str(row[f"annotator{k}"]) for k in (1, 2, 3))
        winner = "1" if votes["1"] > votes["2"] else "2" if votes["2"] > votes["1"] else ""
        if winner:
            texts = {"1": str(row["response1"]), "2": str(row["response2"])}
            loser = "2" if winner == "1" else "1"
            said = {
                run: _sign(v.get(str(row["idx"]), ""), winner, loser) for run, v in models.items()
            }
            pairs.add(texts[winner], texts[loser], **said)
    return pairs.inputs("pandalm")


def llmfao(data: Path) -> SignalInputs:
    """Labels are the majority of the crowd; GPT-4's and GPT-3's votes are runs."""
    folder, pairs = data / "llmfao-crowd", Pairs()
    models = {
        run: {
            row["id"]: str(row["winner"])
            for row in read(folder / f"{run}-crowd-comparisons.csv.gz")
        }
        for run in ("gpt4", "gpt3")
    }
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in read(folder / "crowd-comparisons.csv.gz"):
        votes[str(row["id"])][str(row["winner"])] += 1
    for row in read(folder / "pairs-crowd.jsonl.gz"):
        count = votes[str(row["id"])]
        if count["left"] != count["right"]:
            texts = {"left": str(row["result_x"]), "right": str(row["result_y"])}
            winner, loser = sorted(("left", "right"), key=lambda side: -count[side])
            said = {
                run: _sign(v.get(str(row["id"]), ""), winner, loser) for run, v in models.items()
            }
            pairs.add(texts[winner], texts[loser], **said)
    return pairs.inputs("llmfao-crowd")


def creative_writing(data: Path) -> SignalInputs:
    """Labels are the majority of experts' rankings; the reward model WQRM is the run."""
    pairs, slots = Pairs(), ("first_draft", "random_cot", "best_cot")
    place = {"M": 3, "S": 2, "L": 1}  # Most Preferred, Second Favorite, Least Preferred
    for row in read(data / "creative-writing/WQRM_annotations.jsonl.gz"):
        ranks = [
            {s: place[str(said[s])[0]] for s in slots if s in said} for said in row["annotations"]
        ]  # type: ignore[attr-defined]
        for a, b in ((slots[0], slots[1]), (slots[0], slots[2]), (slots[1], slots[2])):
            lead = sum(np.sign(r[a] - r[b]) for r in ranks if a in r and b in r)
            if lead:
                good, bad = (row[a], row[b]) if lead > 0 else (row[b], row[a])
                margin = float(good["wqrm_score"]) - float(bad["wqrm_score"])  # type: ignore[index]
                pairs.add(str(good["candidate"]), str(bad["candidate"]), wqrm=margin)  # type: ignore[index]
    return pairs.inputs("creative-writing")


def _sign(said: str, winner: str, loser: str) -> float:
    return float(said == winner) - float(said == loser)


BY_HAND: Mapping[str, Callable[[Path], SignalInputs]] = {
    "llmbar, judges' verdicts": llmbar,
    "pandalm, verdicts of models": pandalm,
    "llmfao-crowd, verdicts of models": llmfao,
    "creative-writing, WQRM": creative_writing,
}


# --- votes of people and judges ----------------------------------------------------------------


@dataclass(frozen=True)
class Votes:
    """Who voted what: 1 for one fixed side of the item, 0 for the other; ties are left out."""

    name: str
    item: np.ndarray
    rater: np.ndarray
    vote: np.ndarray
    raters: tuple[str, ...]
    gold: np.ndarray | None = None
    """The true side per item, where it is known."""

    @property
    def items(self) -> int:
        return int(self.item.max()) + 1


def _votes(name: str, found: Iterable[tuple[str, str, bool]], gold: Mapping[str, bool]) -> Votes:
    rows = list(found)
    items = {key: i for i, key in enumerate(dict.fromkeys(item for item, _, _ in rows))}
    raters = {key: i for i, key in enumerate(dict.fromkeys(rater for _, rater, _ in rows))}
    return Votes(
        name,
        np.array([items[item] for item, _, _ in rows]),
        np.array([raters[rater] for _, rater, _ in rows]),
        np.array([vote for _, _, vote in rows]),
        tuple(raters),
        np.array([gold[item] for item in items]) if gold else None,
    )


def vote_sets(data: Path) -> tuple[Votes, ...]:
    """Return LLMBar's judges (gold is known), PandaLM's three people and the crowd of llmfao."""
    verdicts, rows = llmbar_votes(data)
    # A fixed side: the longer text, so that the answer does not always have the same name.
    longer = {key: len(chosen) > len(rejected) for key, (chosen, rejected, _) in rows.items()}
    judged = [
        ("/".join(key), run, (verdict > 0) == longer[key])
        for run, found in verdicts.items()
        for key, both in found.items()
        for verdict in both
    ]
    gold = {"/".join(key): value for key, value in longer.items()}
    people = [
        (str(row["idx"]), f"annotator{k}", str(row[f"annotator{k}"]) == "1")
        for row in read(data / "pandalm-human/testset-v1.jsonl.gz")
        for k in (1, 2, 3)
        if str(row[f"annotator{k}"]) != "0"
    ]
    crowd = [
        (str(row["id"]), str(row["worker"]), row["winner"] == "left")
        for row in read(data / "llmfao-crowd/crowd-comparisons.csv.gz")
        if row["winner"] != "tie"
    ]
    return (
        _votes("llmbar, judges", judged, gold),
        _votes("pandalm, people", people, {}),
        _votes("llmfao, crowd", crowd, {}),
    )
