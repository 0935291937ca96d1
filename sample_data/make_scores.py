"""Makes sample_data/scores again: trains toy models on half of the samples, scores the other half.

From the repository's root: python -m sample_data.make_scores --models DIR --minilm DIR
A model whose folder is there is not trained again.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.demo import SAMPLES
from core.commands.progress import step
from core.store.files import write_json
from core.store.parts import GIVEN
from sample_data import toy_models
from sample_data.toy_data import Halves, read_halves, write_held_out
from sample_data.toy_runs import report, score
from sample_data.toy_text import encode, train_tokenizer
from sample_data.toy_training import settle

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

SCORES = SAMPLES / "scores"


def main() -> None:
    """Train, score, ship the runs, and print what they say of the held-out labels."""
    args = _arguments()
    os.nice(5)
    halves = read_halves(args.models / "scratch" / "all")
    train(halves, args.models, args.threads)
    if args.train_only:
        return
    settings = write_held_out(halves.held_out, args.models / "scratch" / "held-out")
    for run in score(settings, args.models, args.minilm):
        _ship(run)
    sys.stdout.write(report(SCORES, halves.held_out, settings))


def train(halves: Halves, folder: Path, threads: int) -> None:
    """Train the three models into folders of `folder`."""
    # A thread that waits gives its processor away: others may need it.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch
    from transformers import LlamaForCausalLM, LlamaForSequenceClassification
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads)
    tokenizer = train_tokenizer(halves.learnt)
    pairs = encode(tokenizer, halves.learnt)
    step(toy_models.described(pairs))
    reference = folder / "toy-reference"
    _make(reference, tokenizer, lambda: toy_models.train_language(pairs))
    _make(
        folder / "toy-policy",
        tokenizer,
        lambda: toy_models.tune_preferences(LlamaForCausalLM.from_pretrained(reference), pairs),
    )
    _make(
        folder / "toy-reward",
        tokenizer,
        lambda: toy_models.train_rewards(
            LlamaForSequenceClassification.from_pretrained(reference, num_labels=1), pairs
        ),
    )


def _make(
    folder: Path, tokenizer: PreTrainedTokenizerFast, make: Callable[[], PreTrainedModel]
) -> None:
    if folder.exists():
        step(f"{folder.name} is there already")
        return
    started = time.monotonic()
    settle()
    model = make()
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    unfinished.rename(folder)
    minutes = (time.monotonic() - started) / 60
    step(f"{folder.name}: {model.num_parameters():,} parameters, {minutes:.1f} minutes")


def _ship(run: Path) -> None:
    """Copy a run to where the demo finds it."""
    folder = SCORES / run.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in run.glob("part-*.parquet"):
        shutil.copy(part, folder)
    made = json.loads((run / "run.json").read_text("utf-8"))
    made["parameters"].pop(GIVEN)  # where the models lay, for --resume
    write_json(folder / "run.json", made)


def _arguments() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", type=Path, required=True, metavar="DIR", help="for the models")
    parser.add_argument("--minilm", type=Path, metavar="DIR", help="all-MiniLM-L6-v2, for its run")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the processor (2)")
    parser.add_argument("--train-only", action="store_true", help="score nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
