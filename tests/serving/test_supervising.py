"""Processes that start and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.serving.starting import ROOT

SCRIPT = """
import sys, time
from pathlib import Path
from app import supervising
from app.supervising import Supervisor, Task
supervising.PAUSE_SECONDS = 0.1
folder = Path(sys.argv[1])

def note(name):
    import os
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\\n")

def steady(name):
    note(name)
    time.sleep(600)

def brief(name):
    note(name)
    while not (folder / "end").exists():
        time.sleep(0.02)
    raise SystemExit(3)

tasks = {
    "steady": [Task("web", lambda: steady("web"), vital=True), Task("worker", lambda: steady("worker"))],
    "vital": [Task("web", lambda: brief("web"), vital=True), Task("worker", lambda: steady("worker"))],
    "other": [Task("web", lambda: steady("web"), vital=True), Task("worker", lambda: brief("worker"))],
}[sys.argv[2]]
sys.exit(Supervisor(tasks).run())
"""


def start(folder: Path, case: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder), case], cwd=ROOT, stderr=subprocess.DEVNULL)


def end(folder: Path) -> None:
    """Let the brief one end, now and whenever it is started again."""
    (folder / "end").touch()


def noted(folder: Path, name: str, wanted: int = 1) -> list[int]:
    """Return the processes that a task had, once there are so many."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        lines = (folder / name).read_text().split() if (folder / name).exists() else []
        if len(lines) >= wanted:
            return [int(line) for line in lines]
        time.sleep(0.05)
    raise AssertionError(f"{name} did not start {wanted} times")


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 60
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, pids))


def test_a_signal_ends_all_of_them(tmp_path):
    process = start(tmp_path, "steady")
    pids = noted(tmp_path, "web") + noted(tmp_path, "worker")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert gone(pids)


def test_when_the_vital_one_ends_so_do_the_others_with_its_code(tmp_path):
    process = start(tmp_path, "vital")
    pids = noted(tmp_path, "web") + noted(tmp_path, "worker")
    end(tmp_path)
    assert process.wait(60) == 3
    assert gone(pids)


def test_another_one_that_ends_is_started_again(tmp_path):
    end(tmp_path)
    process = start(tmp_path, "other")
    pids = noted(tmp_path, "worker", 3)
    assert len(set(pids)) >= 3
    assert alive(noted(tmp_path, "web")[0])
    process.terminate()
    assert process.wait(60) == 0


def test_a_parent_that_is_killed_leaves_nothing_behind(tmp_path):
    process = start(tmp_path, "steady")
    pids = noted(tmp_path, "web") + noted(tmp_path, "worker")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    assert gone(pids)
