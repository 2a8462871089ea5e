"""Static files carry a part of their content's hash in their address, so browsers may keep them for good."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app, g, request, send_from_directory, url_for
from markupsafe import Markup

if TYPE_CHECKING:
    from flask import Flask, Response

#: Endpoints that serve files to whoever asks.
FILES = frozenset({"static", "modules"})
#: All icons in one file.
SPRITE = "vendor/icons/sprite.svg"
LASTING = "public, max-age=31536000, immutable"

_versions: dict[tuple[str, int], str] = {}
_addresses: dict[tuple[str, str, int], str] = {}


def version_of(path: Path) -> str:
    """Return the first eight digits of the SHA-256 of a file, read again only when the file has changed."""
    key = (str(path), path.stat().st_mtime_ns)
    if key not in _versions:
        _versions[key] = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return _versions[key]


def asset(name: str) -> str:
    """Return the address of a static file, worked out again only when the file has changed."""
    key = (request.script_root, name, _changed(str(current_app.static_folder), name))
    if key not in _addresses:
        _addresses[key] = url_for("static", filename=name)
    return _addresses[key]


def _changed(folder: str, name: str) -> int:
    return os.stat(f"{folder}/{name}").st_mtime_ns  # noqa: PTH116 - a page asks for half a dozen: no path objects


def modules(folder: str) -> str:
    """Return the address below which the modules of a folder lie; it changes when any of them does.

    A module names others beside it, which have no version of their own: the version is a folder of the address.
    """
    return url_for("modules", version=_modules_version(folder), filename=folder)


def module_names(folder: str) -> list[str]:
    """Return the names of the modules of a folder, so that a page can ask for all at once instead of one by one."""
    return [file.name for file in _modules(folder)]


def _modules(folder: str) -> list[Path]:
    return sorted(Path(str(current_app.static_folder), "js", folder).glob("*.js"))


def _modules_version(folder: str) -> str:
    return hashlib.sha256("".join(map(version_of, _modules(folder))).encode()).hexdigest()[:8]


def _module(version: str, filename: str) -> Response:
    """Send a module; for good only under the version that it has."""
    response = send_from_directory(Path(str(current_app.static_folder), "js"), filename)
    if version == _modules_version(filename.rpartition("/")[0]):
        response.headers["Cache-Control"] = LASTING
    return response


def icon(name: str) -> Markup:
    """Return an icon of the sprite; it says nothing to screen readers, so what it marks needs a name."""
    # A page has dozens of icons and one sprite.
    if "sprite" not in g:
        g.sprite = asset(SPRITE)
    return _drawn(g.sprite, name)


@lru_cache(maxsize=256)
def _drawn(address: str, name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        address, name
    )


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint != "static" or "v" in values:
        return
    path = Path(current_app.static_folder or "") / str(values.get("filename", ""))
    if path.is_file():
        values["v"] = version_of(path)


def _cache(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = LASTING if "v" in request.args else "no-cache"
    return response


def init_app(app: Flask) -> None:
    """Version the addresses of static files and offer them to templates, and icons."""
    app.url_defaults(_add_version)
    app.add_url_rule("/static/modules/<version>/<path:filename>", "modules", _module)
    app.after_request(_cache)
    app.jinja_env.globals.update(asset=asset, icon=icon, modules=modules, module_names=module_names)
