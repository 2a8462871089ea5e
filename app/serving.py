"""``python -m app.serving``: prepare the database, then run the web processes, a worker and the housekeeping.

This is what ``make run`` starts. A larger site runs ``gunicorn 'app:create_app()'`` and ``flask worker``
under its own supervisor, and ``flask housekeeping`` daily.
"""

from __future__ import annotations

import errno
import gc
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from alembic.util import CommandError
from gunicorn.app.base import BaseApplication

from app import create_app
from app.database import db
from app.errors import DomainError
from app.housekeeping import keep_house
from app.jobs.worker import work
from app.supervising import Supervisor, Task
from config import load

if TYPE_CHECKING:
    from flask import Flask

HOST = "127.0.0.1"
WEB_PROCESSES = 2
THREADS = 4
HOUSEKEEPING_SECONDS = 3600


class Web(BaseApplication):  # type: ignore[misc]
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


def say(text: str) -> None:
    """Write a line for whoever started this."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def give_up(zh: str, en: str) -> NoReturn:
    """End with a reason that can be acted upon."""
    sys.stderr.write(f"无法启动：{zh}\nCannot start: {en}\n")
    raise SystemExit(1)


def prepare(app: Flask) -> None:
    """Migrate the schema and load what a first start needs; quick when there is nothing to do."""
    with app.app_context():
        for name in ("init", "seed-demo") if app.config["DEMO_MODE"] else ("init",):
            app.cli.commands[name].main(args=[], standalone_mode=False)
        db.session.remove()
        db.engine.dispose()


def build() -> Flask:
    """Return the application with its database prepared; ends with a reason where that cannot be."""
    try:
        settings = load()
        url = sa.make_url(settings["SQLALCHEMY_DATABASE_URI"]).render_as_string(hide_password=True)
        check_port(settings["PORT"])
        app = create_app()
        prepare(app)
    except OSError as error:
        give_up(f"数据目录不可用（DATA_DIR）：{error}", f"the data folder (DATA_DIR) cannot be used: {error}")
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        give_up(f"数据库 {url} 不可用：{reason}", f"the database {url} cannot be used: {reason}")
    except CommandError as error:
        give_up(f"数据库的版本与本程序不符：{error}", f"the database is not of this release: {error}")
    except DomainError as error:
        details = "".join(f"\n  {item.field}: {item.message.zh} / {item.message.get('en')}" for item in error.errors)
        give_up(error.message.zh + details, error.message.get("en"))
    return app


def check_port(port: int) -> None:
    """End with a reason where somebody else listens on *port*."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            give_up(f"端口 {port} 不可用，请用 PORT 另选一个", f"port {port} cannot be used; choose another by PORT")


def run_web(app: Flask) -> None:
    """Serve until told to stop."""
    port = app.config["PORT"]
    # Gunicorn reads the command line too, which was not meant for it.
    sys.argv = sys.argv[:1]
    Web(
        app,
        {
            "bind": f"{HOST}:{port}",
            "workers": WEB_PROCESSES,
            "threads": THREADS,
            "timeout": 120,
            "graceful_timeout": 10,
            "loglevel": "warning",
            "control_socket_disable": True,
            # Garbage is looked for among what requests make, not in all that stays for good.
            "post_worker_init": lambda _worker: gc.freeze(),
            "when_ready": lambda _server: say(f"校企通 Xiaoqitong: http://{HOST}:{port}"),
        },
    ).run()


def run_worker(app: Flask) -> None:
    """Work off jobs until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with app.app_context():
        work(app)


def run_housekeeping(app: Flask) -> None:
    """Keep the house now and every hour, until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    while True:
        with app.app_context():
            keep_house()
        if stop.wait(HOUSEKEEPING_SECONDS):
            return


def main() -> None:
    """Serve until interrupted."""
    say("正在准备数据库，首次启动约需一分钟…\nPreparing the database; the first start takes about a minute …")
    app = build()
    tasks = [
        Task("web", lambda: run_web(app), vital=True),
        Task("worker", lambda: run_worker(app)),
        Task("housekeeping", lambda: run_housekeeping(app)),
    ]
    raise SystemExit(Supervisor(tasks).run())


if __name__ == "__main__":
    main()
