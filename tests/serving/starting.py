"""Starts ``python -m app.serving`` as somebody at a shell would, and ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a clean shell with these settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XQT_")}
    for key in ("DATA_DIR", "DATABASE_URL", "PORT", "SECRET_KEY"):
        kept.pop(key, None)
    return {**kept, **settings}


def start(settings: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start it in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.serving"],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@dataclass
class Running:
    """A server that answers."""

    process: subprocess.Popen[str]
    address: str

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page."""
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:  # noqa: S310 - our own address
            return answer.status, answer.read().decode()

    def members(self) -> set[int]:
        """Return the processes of its group that are alive."""
        found = set()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if entry.name.isdecimal() and int(fields[2]) == self.process.pid and fields[0] != "Z":
                    found.add(int(entry.name))
        return found

    def grown_to(self, number: int) -> bool:
        """Tell whether its group comes to have so many processes: the first answers before the last is there."""
        deadline = time.monotonic() + PATIENCE
        while len(self.members()) != number and time.monotonic() < deadline:
            time.sleep(0.1)
        return len(self.members()) == number


def wait_until_ready(running: Running) -> None:
    """Wait for /healthz; fail with the output where it ends before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            raise AssertionError(running.process.communicate()[0])
        with contextlib.suppress(OSError):
            if running.get("/healthz") == (200, "ok"):
                return
        time.sleep(0.2)
    raise AssertionError("not ready in time")


@contextmanager
def serving(settings: Mapping[str, str], stop: signal.Signals = signal.SIGTERM) -> Iterator[Running]:
    """Run it until the block ends; everything that it started must end with it."""
    port = free_port()
    running = Running(start({**settings, "PORT": str(port)}), f"http://127.0.0.1:{port}")
    try:
        wait_until_ready(running)
        yield running
        running.process.send_signal(stop)
        assert running.process.wait(60) == 0
        assert running.members() == set()
    finally:
        if running.process.poll() is None or running.members():
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.communicate()
