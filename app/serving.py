"""``python -m app.serving``: prepare the database, then run the web processes and one worker.

This is what ``make run`` starts. A larger site runs ``gunicorn 'app:create_app()'`` and ``flask worker``
under its own supervisor.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from app import create_app, migration
from app.database import db
from app.jobs.worker import work

if TYPE_CHECKING:
    from flask import Flask

WEB_PROCESSES = 2
THREADS = 4


class Web(BaseApplication):
    """Gunicorn over an application that is already built, so that processes share its memory."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self.flask_app = app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the options given."""
        for key, value in self.options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Return the application."""
        return self.flask_app


def prepare(app: Flask) -> None:
    """Migrate the schema and load what a first start needs; quick when there is nothing to do."""
    with app.app_context():
        migration.upgrade()
        runner = app.test_cli_runner()
        commands = ["init", "seed-demo"] if app.config["DEMO_MODE"] else ["init"]
        for name in commands:
            result = runner.invoke(args=[name])
            if result.exit_code:
                raise SystemExit(result.output) from result.exception
        db.session.remove()
        db.engine.dispose()


def run_worker(app: Flask) -> None:
    """Work off jobs in a process of its own until it is told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with app.app_context():
        work(app)


def main() -> None:
    """Serve until interrupted."""
    sys.stdout.write("正在准备数据库和演示数据，首次启动约需一分钟…\nPreparing the database; the first start takes about a minute …\n")
    sys.stdout.flush()
    app = create_app()
    prepare(app)
    port = app.config["PORT"]
    worker = multiprocessing.get_context("fork").Process(target=run_worker, args=(app,), name="worker", daemon=False)
    worker.start()
    master = os.getpid()

    def on_exit(_server: object) -> None:
        if os.getpid() == master and worker.pid is not None:
            worker.terminate()
            worker.join(15)

    sys.stdout.write(f"校企通 Xiaoqitong: http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    sys.argv = sys.argv[:1]
    Web(
        app,
        {
            "bind": f"127.0.0.1:{port}",
            "workers": WEB_PROCESSES,
            "threads": THREADS,
            "timeout": 120,
            "graceful_timeout": 10,
            "on_exit": on_exit,
            "control_socket_disable": True,
        },
    ).run()


if __name__ == "__main__":
    main()
