"""Joins the cluster that RAY_ADDRESS names, or starts Ray on this machine's loopback."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from typing import Any

from core.errors import ScoreError
from core.scorers.spec import ScorerOptions

WORKERS = "ASSAY_RAY_WORKERS"
"""Variable with the number of workers, where it shall not be what the cluster has room for."""
CPUS = 2
"""Of a worker without a GPU."""
STORE_BYTES = 500 * 2**20
"""Of the object store of a local Ray: texts and values on their way, a few MB per worker."""
_LONGEST = 25
"""Characters of the temp folder's path: sockets lie deep in it, and theirs may have 107. In a longer
one Ray takes a folder of its own choice."""


@dataclass(frozen=True)
class Cluster:
    """Ray, connected."""

    ray: Any
    ours: bool
    """It was connected here, so it is disconnected at the end."""
    folder: Path | None = None
    """Temp folder of a Ray that was started here."""

    def close(self) -> None:
        """Disconnect; what was started here ends."""
        if self.ours:
            self.ray.shutdown()
        if self.folder:
            rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Share:
    """How the cluster is shared out."""

    workers: int
    cpus: int
    gpus: int

    @property
    def resources(self) -> dict[str, int]:
        """Return what a worker takes, as Ray's options."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}


def join() -> Cluster:
    """Connect to Ray; raise ScoreError when it is not installed or does not answer."""
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address.startswith("ray://"):
        raise ScoreError(
            f"RAY_ADDRESS is {address}, the address of a Ray client.",
            "Run the command on a machine of the cluster, with RAY_ADDRESS=auto.",
        )
    if address == "local":
        _keep_to_ourselves()
    ray = _ray()
    if ray.is_initialized():
        return Cluster(ray, ours=False)
    return _started(ray) if address == "local" else _joined(ray, address)


def share(total: Mapping[str, float], options: ScorerOptions) -> Share:
    """Return how many workers of which size `total` has room for; one GPU each, where asked."""
    gpus, cpus = int(total.get("GPU", 0)), max(1, int(total.get("CPU", 0)))
    asked = _asked()
    if options.device == "cuda" and not gpus and not asked:
        raise ScoreError(
            "No machine of the Ray cluster has a GPU.",
            f"Leave --device out, or set {WORKERS} when machines with GPUs will join.",
        )
    if options.device != "cpu" and (gpus or options.device == "cuda"):
        return Share(asked or gpus, cpus=1, gpus=1)
    each = options.threads or (max(1, cpus // asked) if asked else min(CPUS, cpus))
    if each > cpus:
        raise ScoreError(f"The Ray cluster has {cpus} processors, fewer than {each} threads.")
    return Share(asked or max(1, cpus // each), cpus=each, gpus=0)


def gist(error: BaseException) -> str:
    """Return the first line of what Ray says, without its last stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300].rstrip(".:")


def _asked() -> int:
    text = os.environ.get(WORKERS, "")
    if text and not (text.isdecimal() and int(text)):
        raise ScoreError(f"{WORKERS} is {text!r}.", "It is the number of workers, 1 or more.")
    return int(text or 0)


def _ray() -> Any:
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import_module("ray.data")
        # Ray prints what happened to tasks on standard output, which is for data, and has no
        # setting for it; what a person should know of it, the workers say.
        import_module("ray._private.worker")._worker_logs_enabled = False
        return import_module("ray")
    except ImportError as error:
        raise ScoreError(
            f"--engine ray needs Ray, and {error.name or error} is not installed.",
            "pip install -r requirements-ray.txt",
        ) from error


def _keep_to_ourselves() -> None:
    """Keep a Ray of our own on loopback, behind a token; call before Ray is imported.

    Whoever reaches one of Ray's ports can run code. Without the first setting it listens on all
    addresses of the machine; it is named for two systems and works on each. Processes of Ray
    inherit the token, and without it Ray would write one into the home folder.
    """
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    if os.environ.setdefault("RAY_AUTH_MODE", "token") == "token":
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def _started(ray: Any) -> Cluster:
    short = len(tempfile.gettempdir()) <= _LONGEST
    folder = Path(tempfile.mkdtemp(prefix="ray-")) if short else None
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=STORE_BYTES,
            _temp_dir=str(folder) if folder else None,
        )
    except Exception as error:  # of ports, memory, folders: a class each
        Cluster(ray, ours=True, folder=folder).close()
        raise ScoreError(f"Ray cannot be started here: {gist(error)}.") from error
    return Cluster(ray, ours=True, folder=folder)


def _joined(ray: Any, address: str) -> Cluster:
    """Connect to a running cluster, whose workers get this very code of ours."""
    code = str(Path(__file__).resolve().parents[1])
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"py_modules": [code]},
        )
    except Exception as error:  # of the network, of versions, of tokens: a class each
        ray.shutdown()
        raise ScoreError(
            f"The Ray cluster at {address} cannot be joined: {gist(error)}.",
            "Run on one of its machines, with the same versions of Python and Ray.",
        ) from error
    return Cluster(ray, ours=True)
