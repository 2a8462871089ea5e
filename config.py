"""The only module that reads the environment.

``load(environ)`` turns environment variables into the Flask configuration of one process.
Every variable has a default that suits one office on one machine (SQLite, loopback).

=====================  =====================================================================
``DATA_DIR``           folder for the database file, attachments, exports and the secret key
``DATABASE_URL``       SQLAlchemy URL; ``postgresql://…`` is served through psycopg 3
``PORT``               port of ``make run`` (8080)
``XQT_DEMO``           ``1`` loads demo accounts and records and lists them on the login page
``XQT_HTTPS``          ``1`` marks cookies *Secure* and sends HSTS
``XQT_HOSTS``          comma separated host names this site answers to (empty: any)
``XQT_PLAIN_DAYS``     days that an approved export in plain holds, where no other number is asked for (7)
``XQT_SIGNIN_NAMES``   how many user names may fail to sign in from one address in a span of time (30; 0: any number)
``XQT_SIGNIN_MINUTES`` how many minutes such a span has (10)
``TRUSTED_PROXIES``    how many proxies before it add the address that they heard from to ``X-Forwarded-For`` (0)
``TZ``                 time zone of dates, deadlines and times shown (China, wherever the machine stands)
=====================  =====================================================================
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent

LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}, "en": {"flag": "gb", "name": "English"}}

#: Modules that add commands to ``flask``; named here so that ``app`` never imports ``seeds``.
CLI_PLUGINS = ("seeds.cli",)


def database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    """Return the SQLAlchemy URL: ``DATABASE_URL`` with psycopg 3 as driver, or SQLite in *data_dir*."""
    url = environ.get("DATABASE_URL", "")
    if not url:
        return f"sqlite:///{data_dir / 'xiaoqitong.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine options that *url* needs.

    psycopg prepares a statement after five executions and PostgreSQL then keeps a generic plan,
    which turned a search of 0.3 ms into 357 ms; so nothing is prepared but what asks for it itself.
    """
    if url.startswith("postgresql"):
        return {"connect_args": {"prepare_threshold": 2**31}}
    return {"connect_args": {"timeout": 10}}


def secret_key(data_dir: Path) -> str:
    """Return the signing key kept in *data_dir*, made on the first start, readable by its owner only."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


def proxies(environ: Mapping[str, str]) -> int:
    """Return how many proxies are trusted to say where a request came from: none unless ``TRUSTED_PROXIES`` says so.

    Raises ``ValueError`` for what is no number: to start with a guess would take anybody's word for an address.
    """
    text = environ.get("TRUSTED_PROXIES") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) == 1):
        raise ValueError(f"TRUSTED_PROXIES must be a number of proxies from 0 to 9, not {text!r}")
    return int(text)


def whole(environ: Mapping[str, str], name: str, default: int, least: int) -> int:
    """Return the whole number that a variable gives. Raises ``ValueError`` for what is none, or less than *least*."""
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) >= least):
        raise ValueError(f"{name} must be a whole number of at least {least}, not {text!r}")
    return int(text)


def use_time_zone(environ: Mapping[str, str]) -> None:
    """Let "today" and every time shown be China's, unless ``TZ`` names another zone: servers often run on UTC."""
    if not environ.get("TZ"):
        # Written out rather than by name: a bare system has no table of zones.
        os.environ["TZ"] = "CST-8"
        time.tzset()


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the Flask configuration for *environ* (default: the process environment)."""
    env = os.environ if environ is None else environ
    use_time_zone(env)
    data_dir = Path(env.get("DATA_DIR") or ROOT / "data").resolve()
    url = database_url(env, data_dir)
    https = env.get("XQT_HTTPS") == "1"
    key = env.get("SECRET_KEY") or secret_key(data_dir)
    return {
        "SECRET_KEY": key,
        "JWT_SECRET_KEY": key,
        "DATA_DIR": data_dir,
        "PORT": int(env.get("PORT") or 8080),
        "DEMO_MODE": env.get("XQT_DEMO") == "1",
        "HTTPS": https,
        "TRUSTED_PROXIES": proxies(env),
        "TRUSTED_HOSTS": [host for host in env.get("XQT_HOSTS", "").split(",") if host] or None,
        "SIGNIN_NAMES": whole(env, "XQT_SIGNIN_NAMES", 30, 0),
        "SIGNIN_SPAN": timedelta(minutes=whole(env, "XQT_SIGNIN_MINUTES", 10, 1)),
        "EXPORT_REQUEST_DAYS": int(env.get("XQT_PLAIN_DAYS") or 7),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        "MAX_CONTENT_LENGTH": 40 * 1024 * 1024,
        "MAX_FORM_PARTS": 20_000,
        "SESSION_COOKIE_NAME": "xqt_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_IDLE": timedelta(minutes=30),
        "SESSION_LIFETIME": timedelta(hours=8),
        "WTF_CSRF_ENABLED": True,
        "WTF_CSRF_TIME_LIMIT": None,
        # The token is the proof; office networks strip the Referer that the strict check asks for.
        "WTF_CSRF_SSL_STRICT": False,
        "APP_NAME": "校企通",
        "LANGUAGES": LANGUAGES,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_FOLDER": "translations",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "FAB_UPDATE_PERMS": False,
        "FAB_CREATE_DB": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
        "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_MENU_API": False,
        "FAB_API_SWAGGER_UI": False,
        "FAB_API_MAX_PAGE_SIZE": 200,
        "FAB_API_SHOW_STACKTRACE": False,
        "FAB_BASE_TEMPLATE": "appbuilder/baselayout.html",
        "FAB_ROLES": {},
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": "Admin",
        "AUTH_ROLE_PUBLIC": "Public",
        "AUTH_USER_REGISTRATION": False,
        "CLI_PLUGINS": CLI_PLUGINS,
    }
