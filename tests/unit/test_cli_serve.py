"""serve: what it refuses, and the app's process from start to end."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.commands import serve
from core.errors import UsageError
from core.settings import Settings
from tests.factories import make_pair, make_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_accepted(host: str) -> None:
    serve.check_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com", "", "localhost.x"])
def test_other_hosts_are_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no login"):
        serve.start(Settings(store=tmp_path, host=host))


@pytest.mark.parametrize("port", [-1, 65_536])
def test_an_impossible_port_is_a_sentence(port: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"Port {port} "):
        serve.start(Settings(store=tmp_path, port=port))


def test_a_taken_port_is_a_sentence(assay, tmp_path: Path) -> None:
    make_store(tmp_path / "store", [make_pair()])
    with socket.create_server(("127.0.0.1", 0)) as server:
        said = assay("serve", "--port", server.getsockname()[1], store=tmp_path / "store")
    assert said.code == 2
    assert "another program" in said.err
    assert "--port" in said.err


def test_a_folder_without_a_store_is_a_sentence(assay, tmp_path: Path) -> None:
    said = assay("serve", store=tmp_path)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: There is no store in")


@dataclass
class Served:
    """A running `serve`, and the file that has what it says of itself."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def socket_status(self, **headers: str) -> int:
        """Ask for the app's socket with these headers and return the HTTP status."""
        asked = {
            "Host": f"{self.address[0]}:{self.address[1]}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        with socket.create_connection(self.address, timeout=60) as connection:
            connection.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{lines}\r\n".encode())
            return int(connection.recv(64).split()[1])

    def gone(self) -> bool:
        """Whether the app's port is free again, after a moment."""
        for _ in range(600):
            try:
                socket.create_connection(self.address, timeout=1).close()
            except ConnectionRefusedError:
                return True
            time.sleep(0.05)
        return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    make_store(tmp_path / "store", [make_pair()])
    command = [sys.executable, "-m", "core", "serve", "--port", "0", "--json"]
    log = tmp_path / "serve.log"  # a pipe that nobody reads is full one day, and the server waits
    with log.open("wb") as err:
        process = subprocess.Popen(
            [*command, "--store", str(tmp_path / "store")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    with process:
        try:
            line = process.stdout.readline()
            assert line, log.read_text("utf-8")
            yield Served(process, json.loads(line)["url"], log)
        finally:
            process.kill()


def test_it_answers_and_keeps_strangers_out(served: Served) -> None:
    assert served.status("/_stcore/health") == 200
    assert served.status("/") == 200
    assert served.socket_status() == 101
    assert served.socket_status(Origin=served.url) == 101
    assert served.socket_status(Host="evil.example") == 403
    assert served.socket_status(Origin="http://evil.example") == 403
    served.process.terminate()
    served.process.wait(timeout=120)
    assert served.process.stdout.read() == ""
    err = served.log.read_text("utf-8")
    assert "external IP" not in err
    assert err.endswith("Stopped. The store is as the last finished step left it.\n")
    assert served.process.returncode == 130
    assert served.gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_the_app_ends_with_the_command(served: Served, number: int) -> None:
    served.process.send_signal(number)
    served.process.wait(timeout=120)
    assert served.gone()
