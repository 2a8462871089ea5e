"""The process that works off jobs: ``flask worker``, and the one that ``make run`` starts beside the web."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from app.database import db
from app.jobs.running import run_next

if TYPE_CHECKING:
    from types import FrameType

    from flask import Flask

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


def _stop_on_signals(stopping: threading.Event) -> None:
    """Stop gracefully on SIGTERM and SIGINT, unless the latter is ignored on purpose."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)


def work(app: Flask, *, once: bool = False, stopping: threading.Event | None = None) -> None:
    """Take up one job after another until told to stop; called inside the context of *app*.

    A job that is running when the signal comes goes on to its next report, is put back, and another worker
    goes on from its checkpoint.

    :param once: end when no job is free.
    """
    del app
    stop = stopping or threading.Event()
    if threading.current_thread() is threading.main_thread():
        _stop_on_signals(stop)
    while not stop.is_set():
        try:
            found = run_next(stop)
        except SQLAlchemyError:
            # The database is away; so is the table to write it into.
            log.exception("the worker could not reach its jobs")
            db.session.rollback()
            found = False
        db.session.remove()
        if not found:
            if once:
                return
            stop.wait(POLL_SECONDS)
