"""Joins the cluster that RAY_ADDRESS names, or starts Ray on this machine's loopback."""

from __future__ import annotations

import logging
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Mapping, Sequence
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
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
ANSWER_SECONDS = 10.0
"""For a cluster's first machine to take a connection."""
_LONGEST = 25
"""Characters of the system's temp folder: sockets lie deep in ours, and their paths may have 107.
Where it is longer, Ray takes a folder of its own choice."""


@dataclass(frozen=True)
class Cluster:
    """Ray, connected."""

    ray: Any
    ours: bool
    """It was connected here, so it is disconnected at the end."""
    folder: Path | None = None
    """Temp folder of a Ray that was started here."""

    def machines(self) -> list[dict[str, float]]:
        """Return the resources of each machine."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]

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
    ray = _ray()
    if ray.is_initialized():
        return Cluster(ray, ours=False)
    return _started(ray) if address == "local" else _joined(ray, address)


def share(machines: Sequence[Mapping[str, float]], options: ScorerOptions) -> Share:
    """Return how many workers of which size have room; on GPUs one each, where there are GPUs.

    `machines` are Ray's resources per machine. Raises ScoreError when nothing has room.
    """
    gpus, asked = sum(int(one.get("GPU", 0)) for one in machines), _asked()
    if options.device == "cuda" and not gpus and not asked:
        raise ScoreError(
            "No machine of the Ray cluster has a GPU.",
            f"Leave --device out, or set {WORKERS} when machines with GPUs will join.",
        )
    if options.device != "cpu" and (gpus or options.device == "cuda"):
        return Share(asked or gpus, cpus=1, gpus=1)
    cpus = [int(one.get("CPU", 0)) for one in machines]
    each = options.threads or _each(cpus, asked)
    room = sum(have // each for have in cpus)
    if not room:
        raise ScoreError(
            f"No machine of the Ray cluster has {each:,} processors for a worker.",
            "ASSAY_THREADS says how many a worker takes.",
        )
    return Share(asked or room, cpus=each, gpus=0)


def _each(cpus: Sequence[int], asked: int) -> int:
    """Return the processors of a worker: two, or the most that as many as asked can have."""
    most = max([1, *cpus])
    if not asked:
        return min(CPUS, most)
    fitting = (each for each in range(most, 0, -1) if sum(n // each for n in cpus) >= asked)
    return next(fitting, 1)


def gist(error: BaseException) -> str:
    """Return the line of what Ray says that tells most: the first, or the end of a traceback."""
    text = _COLOURS.sub("", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1 if lines[0].startswith("ray::") else 0][:300].rstrip(".:")


def _asked() -> int:
    text = os.environ.get(WORKERS, "")
    if text and not (text.isdecimal() and int(text)):
        raise ScoreError(f"{WORKERS} is {text!r}.", "It is the number of workers, 1 or more.")
    return int(text or 0)


def _ray() -> Any:
    try:
        import_module("ray.data")
        # Ray prints what happened to tasks on standard output, which is for data, and has no
        # setting for it; what a person should know of it, the workers say.
        worker: Any = import_module("ray._private.worker")
        worker._worker_logs_enabled = False
        return import_module("ray")
    except ImportError as error:
        raise ScoreError(
            f"--engine ray needs Ray, and {error.name or error} is not installed.",
            "pip install -r requirements-ray.txt",
        ) from error


def _keep_to_ourselves() -> None:
    """Keep a Ray of our own on loopback, behind a token: who reaches its ports can run code.

    By default it listens on all addresses of the machine. The setting that changes this is named
    for two systems and works on each; Ray reads it when it is imported, which may have happened.
    With a token in the environment, which its processes inherit, it writes none into the home
    folder.
    """
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    constants: Any = import_module("ray._private.ray_constants")
    constants.ENABLE_RAY_CLUSTER = False
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def _started(ray: Any) -> Cluster:
    _keep_to_ourselves()
    short = len(tempfile.gettempdir()) <= _LONGEST
    folder = Path(tempfile.mkdtemp(prefix="ray-")) if short else None
    started = Cluster(ray, ours=True, folder=folder)
    try:
        _init(
            ray,
            address="local",
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            _temp_dir=str(folder) if folder else None,
        )
    except Exception as error:  # of ports, memory, folders: a class each
        started.close()
        raise ScoreError(f"Ray cannot be started here: {gist(error)}.") from error
    except BaseException:
        started.close()
        raise
    return started


def _joined(ray: Any, address: str) -> Cluster:
    """Connect to a running cluster, whose workers get this very code of ours."""
    code = str(Path(__file__).resolve().parents[1])
    _check_answers(address)
    try:
        _init(ray, address=address, runtime_env={"py_modules": [code]})
    except Exception as error:  # of the network, of versions, of tokens: a class each
        ray.shutdown()
        raise ScoreError(
            f"The Ray cluster at {address} cannot be joined: {gist(error)}.",
            "Run on one of its machines, with its versions of Python and Ray and its token.",
        ) from error
    return Cluster(ray, ours=True)


def _check_answers(address: str) -> None:
    """Raise ScoreError when nothing listens there; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return  # auto: Ray knows whether one runs on this machine
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise ScoreError(
            f"Nothing answers at {address}, the Ray cluster of RAY_ADDRESS: {error.strerror}.",
            "Start it with ray start --head, or unset RAY_ADDRESS to use this machine.",
        ) from error


def _init(ray: Any, **how: object) -> None:
    """Connect without a word: what Ray's engine writes past Python is kept off the terminal."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        ray.init(log_to_driver=False, logging_level=logging.ERROR, **how)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
