"""A private PostgreSQL for tests: a cluster in a temporary folder, on loopback, real durability.

`log_url` gives a test the address of a new log, once for SQLite and once for PostgreSQL.
"""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

OWNER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""
_LONGEST = 90.0
"""Seconds to start or end: a busy disk takes its time to sync."""


@dataclass
class Cluster:
    """A server that can be stopped, killed and started again on the same port and data."""

    bin: Path
    folder: Path
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make the cluster's files."""
        if not os.geteuid():
            shutil.chown(self.folder, OWNER)
        how = ("--auth=trust", "-U", "assay", "-E", "UTF8", "--no-locale", "--no-sync")
        command = (*_as_owner(), str(self.bin / "initdb"), "-D", str(self.folder / "data"), *how)
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
        options = [word for setting in settings for word in ("-c", setting)]
        command = [*_as_owner(), str(self.bin / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command + options, stdout=log, stderr=log, cwd="/")
        self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT breaks all connections off, SIGQUIT is a crash."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(_LONGEST)
            self.process = None

    def url(self, database: str = "postgres") -> str:
        """Return the address of a new, empty schema: a database of its own is 300 files to sync."""
        name = f"t{uuid4().hex}"
        with self.connected(database) as con:
            con.execute(f"CREATE SCHEMA {name}")
        there = f"assay@127.0.0.1:{self.port}/{database}"
        return f"postgresql+psycopg://{there}?options=-csearch_path%3D{name}"

    def connected(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection of one's own."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="assay", dbname=database, autocommit=True
        )

    def _wait(self) -> None:
        ends = time.monotonic() + _LONGEST
        while True:
            with suppress(psycopg.OperationalError):
                if self._is_mine():
                    return
            ended = self.process is None or self.process.poll() is not None
            if ended or time.monotonic() > ends:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def _is_mine(self) -> bool:
        """Whether the port answers from these files: another's server may have taken it."""
        with closing(self.connected()) as con:
            shown = con.execute("SHOW data_directory").fetchone()
        return shown == (str(self.folder / "data"),)


def found() -> Path | None:
    """Return the folder of the newest PostgreSQL on this machine."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    here = sorted(debian, key=lambda path: float(path.parts[-3]))
    there = shutil.which("initdb")
    return here[-1].parent if here else Path(there).parent if there else None


def cluster() -> Iterator[Cluster]:
    """Make, start and in the end remove a cluster."""
    folder = Path(tempfile.mkdtemp(prefix="assay-postgres-"))
    made = Cluster(found() or folder, folder)
    try:
        made.make()
        made.start()
        yield made
    finally:
        made.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Give the tests' own server; skip where PostgreSQL is not installed."""
    if found() is None:
        if os.environ.get("ASSAY_REQUIRE_POSTGRES") == "1":
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed")
    yield from cluster()


@pytest.fixture(params=["sqlite", "postgresql"])
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a log that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/votes.sqlite3"
    server: Cluster = request.getfixturevalue("postgres")
    return server.url()


def _as_owner() -> tuple[str, ...]:
    """Return what starts a command as a user that may, and ends it with the tests."""
    ids: tuple[str, ...] = ()
    if not os.geteuid():
        user = pwd.getpwnam(OWNER)
        ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return ("setpriv", "--pdeathsig=QUIT", *ids, "--")


def free_port() -> int:
    """Return a port that nobody is given by chance while the server is down for a moment."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
