"""Keeps the processes of one machine running together: all start, all end; the one that everything hangs on decides."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from types import FrameType

log = logging.getLogger(__name__)

#: How long a process may take to end before it is killed: longer than a request or a job's step may take.
GRACE_SECONDS = 20
#: A process that dies at once is not started again at once.
PAUSE_SECONDS = 2.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does. ``vital``: when it ends, so does everything; others are started again."""

    name: str
    run: Callable[[], None]
    vital: bool = False


def _child(run: Callable[[], None]) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        # Even a parent that was killed outright leaves nothing behind.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    run()


class Supervisor:
    """Runs tasks, each in a process forked from this one."""

    def __init__(self, tasks: list[Task]) -> None:
        self.tasks = {task.name: task for task in tasks}
        self.running: dict[str, BaseProcess] = {}
        self.stopping = False

    def run(self) -> int:
        """Run until told to stop or until a vital task ends; return the exit code."""
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        for name in self.tasks:
            self._start(name)
        code = 0
        while not self.stopping:
            wait([process.sentinel for process in self.running.values()], timeout=0.5)
            ended = [name for name, process in self.running.items() if not process.is_alive()]
            for name in ended:
                if self.tasks[name].vital:
                    code, self.stopping = self.running[name].exitcode or 0, True
                elif not self.stopping:
                    log.error("%s ended with %s and is started again", name, self.running[name].exitcode)
                    time.sleep(PAUSE_SECONDS)
                    self._start(name)
        self._end()
        return code

    def _start(self, name: str) -> None:
        # Forked, not spawned: the application is built once, and its memory is shared.
        context = multiprocessing.get_context("fork")
        process = context.Process(target=_child, args=(self.tasks[name].run,), name=name)
        process.start()
        self.running[name] = process

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _end(self) -> None:
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.running.values():
            process.join(max(deadline - time.monotonic(), 0))
            if process.is_alive():
                process.kill()
                process.join()
