"""serve: run the app on a store in a child process, on loopback, and print its one address."""

from __future__ import annotations

import atexit
import ctypes
import http.client
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from core.commands.command import Command, Outcome
from core.errors import AssayError, UsageError
from core.settings import Settings
from core.store.layout import read_generation

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0
LAUNCH = (
    # To judge a foreign Origin, Streamlit 1.67 asks a public server for this machine's address,
    # once per attempt; a page that tries to get in must not make anything go out.
    "from streamlit import net_util; net_util._external_ip = '127.0.0.1'\n"
    # Until somebody came, it would take the folder `pages` for a menu and run a page by itself.
    "from streamlit.runtime.pages_manager import PagesManager\n"
    "PagesManager.uses_pages_directory = False\n"
    # Loaded before the address is printed, so that the first person does not wait for it.
    "import core.charts.histogram, core.curate.preview, core.views.flips, core.views.overview\n"
    "import json, sys\n"
    "from pages.components.door import application\n"
    "try: application().run(config=json.loads(sys.argv[1]))\n"
    "except KeyboardInterrupt: pass"
)


@dataclass(frozen=True)
class App:
    """The app in its child process, answering."""

    url: str
    process: subprocess.Popen[bytes]

    def wait(self) -> int:
        """Return when the app ends by itself: that is a failure, people stop it with Ctrl-C."""
        code = self.process.wait()
        raise AssayError(f"The app stopped by itself (exit code {code}).", "Its log is above.")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", metavar="H", help="loopback address to listen on (127.0.0.1)")
    parser.add_argument("--port", metavar="N", type=int, help="port; 0 takes a free one (8501)")


def run(args: Namespace, settings: Settings) -> Outcome:
    read_generation(settings.store)
    app = start(settings)
    return Outcome({"url": app.url}, (f"Assay is at {app.url}",), then=app.wait)


def start(settings: Settings) -> App:
    """Start the app and return once it answers; it ends with this process."""
    check_loopback(settings.host)
    port = _take_port(settings.host, settings.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
        [sys.executable, "-c", LAUNCH, json.dumps(_options(settings, port))],
        cwd=ROOT,
        env={**os.environ, **_environment(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # its own banner; what goes wrong is on stderr
        preexec_fn=_end_with_parent(),
    )
    atexit.register(_stop, process)
    _wait_until_healthy(process, settings.host, port)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return App(f"http://{host}:{port}", process)


def check_loopback(host: str) -> None:
    """Refuse an address that others can reach: there is no login yet to keep them out."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            f"{host} can be reached from other machines, and this version has no login.",
            "Listen on 127.0.0.1 and reach it through a tunnel: ssh -L 8501:127.0.0.1:8501 MACHINE",
        )


def _take_port(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"Port {port} on {host} cannot be used: another program may be listening there.",
                "Choose another with --port, or let --port 0 find a free one.",
            ) from error
        return int(probe.getsockname()[1])


def _options(settings: Settings, port: int) -> dict[str, object]:
    """Return the server's settings; given in the call, so that no file or variable weakens them."""
    return {
        "server.address": settings.host,
        "server.port": port,
        "server.headless": True,
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "server.fileWatcherType": "none",
        "server.allowedHosts": sorted({settings.host, "127.0.0.1", "localhost"}),
        "browser.serverAddress": settings.host,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "logger.level": "warning",
    }


def _environment(settings: Settings) -> dict[str, str]:
    """Hand all settings on; the folder absolute, since the app runs beside its own files."""
    values = {f"ASSAY_{f.name.upper()}": str(getattr(settings, f.name)) for f in fields(settings)}
    return {**values, "ASSAY_STORE": str(settings.store.resolve())}


def _wait_until_healthy(process: subprocess.Popen[bytes], host: str, port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _healthy(host, port):
        if process.poll() is not None:
            raise AssayError(
                f"The app did not start (exit code {process.returncode}).", "Its log is above."
            )
        if time.monotonic() > deadline:
            raise AssayError(f"The app did not answer within {PATIENCE_SECONDS:.0f} seconds.")
        time.sleep(0.05)


def _healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the app; a page still open in a browser may hold it, so gently only for a moment."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> Callable[[], object] | None:
    """Ask Linux to end the app when this process is killed, so that no port stays taken."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


COMMAND = Command("serve", "open a store in the browser", arguments, run)
