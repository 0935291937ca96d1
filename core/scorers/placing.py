"""Which processor and which numbers: `--device` and `--dtype`, checked before anything is read."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.errors import ScoreError
from core.scorers.spec import ScorerOptions

DTYPES = ("float32", "bfloat16")
DEVICES = ("cpu", "cuda")
_REPORTED = ("torch", "transformers", "tokenizers", "peft")


def placed(options: ScorerOptions) -> tuple[str, str]:
    """Return device and dtype: the given ones, else CUDA where there is one, bfloat16 on it.

    Raises ScoreError when the machine cannot do what is asked. Sets the number of threads.
    """
    torch = _torch()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if device not in DEVICES:
        raise ScoreError(f"There is no device {device!r}.", "It is cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ScoreError("There is no CUDA device here.", _why_no_cuda(torch))
    return device, _dtype(options.dtype, device, torch)


def _dtype(given: str | None, device: str, torch: Any) -> str:
    able = device == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = given or ("bfloat16" if device == "cuda" and able else "float32")
    if dtype not in DTYPES:
        raise ScoreError(f"There is no dtype {dtype!r}.", f"It is {' or '.join(DTYPES)}.")
    if dtype == "bfloat16" and not able:
        raise ScoreError("This GPU does not compute in bfloat16.", "Give --dtype float32.")
    return dtype


def _why_no_cuda(torch: Any) -> str:
    if torch.version.cuda is None:
        return "The installed torch is a build without CUDA. Leave --device out to use the CPU."
    return "torch finds no GPU or no driver. Leave --device out to use the CPU."


def _torch() -> Any:
    try:
        import_module("transformers")
        return import_module("torch")
    except ImportError as error:
        said = f"Scoring with models needs torch and transformers: {error}."
        raise ScoreError(said, "pip install torch transformers") from error


def to_device(model: Any, device: str, name: str) -> Any:
    """Return the model on its device, in eval mode, asking for no gradients."""
    import torch

    try:
        return model.requires_grad_(False).eval().to(device)
    except torch.OutOfMemoryError as error:
        hint = "Give --dtype bfloat16 or --device cpu, or a machine with more memory."
        raise ScoreError(f"{name} does not fit into the memory of the GPU.", hint) from error


def versions() -> dict[str, str]:
    """Return the versions of the libraries that make the numbers."""
    found = {}
    for name in _REPORTED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
