"""TRL's trainers take one step on what is exported, with a tiny model and not one change."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.curate.export import write
from core.curate.recipe import Recipe
from core.store.instance import Store
from tests.factories import make_pair, make_store
from tests.models import make_llama


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    rows = [make_pair(i, scores={"alpha": (i / 4, 0.5)} if i else {}) for i in range(4)]
    return make_store(tmp_path_factory.mktemp("store"), rows)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {heads: make_llama(folder / str(heads), heads=heads) for heads in (0, 1)}


@pytest.fixture(autouse=True)
def _one_quiet_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch.set_num_threads(threads)


def loaded(folder: Path, cache: Path) -> Any:
    import datasets

    return datasets.load_dataset(str(folder), cache_dir=str(cache))["train"]


def step(kind: str, model: Path, data: Any, out: Path, **further: object) -> Any:
    import trl

    config = getattr(trl, f"{kind}Config")(
        output_dir=str(out),
        max_steps=1,
        per_device_train_batch_size=4,
        max_length=128,
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
        **further,
    )
    trainer = getattr(trl, f"{kind}Trainer")(model=str(model), args=config, train_dataset=data)
    return trainer, trainer.train()


@pytest.mark.parametrize(
    ("kind", "name", "heads", "file"),
    [
        ("DPO", "trl", 0, "jsonl"),
        ("DPO", "trl-implicit", 0, "parquet"),
        ("DPO", "trl-conversational", 0, "arrow"),
        ("DPO", "trl-conversational-implicit", 0, "jsonl.gz"),
        ("KTO", "kto", 0, "csv"),
        ("KTO", "kto-conversational", 0, "jsonl"),
        ("Reward", "reward", 1, "parquet"),
        ("Reward", "reward-conversational", 1, "jsonl.zst"),
    ],
)
def test_a_trainer_takes_a_step(
    store: Store,
    models: dict[int, Path],
    tmp_path: Path,
    kind: str,
    name: str,
    heads: int,
    file: str,
) -> None:
    columns = ("flipped", "provenance")
    write(store, Recipe(format=name, file=file, columns=columns), tmp_path / "out")
    data = loaded(tmp_path / "out", tmp_path / "cache")
    trainer, done = step(kind, models[heads], data, tmp_path / "run")
    assert done.global_step == 1
    assert 0 < done.training_loss < 20
    if kind == "Reward":
        assert sorted(trainer.train_dataset["margin"]) == [-0.25, 0.0, 0.0, 0.25]
