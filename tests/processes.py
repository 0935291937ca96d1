"""The end of a server that a test started."""

from __future__ import annotations

import subprocess


def end(process: subprocess.Popen[str] | subprocess.Popen[bytes], patience: float = 30.0) -> None:
    """Ask a process to end; one that does not is killed, so that no test waits for it."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
