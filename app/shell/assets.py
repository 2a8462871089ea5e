"""Static files carry a part of their content's hash in their address, so browsers may keep them for good."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app, g, request, url_for
from markupsafe import Markup

if TYPE_CHECKING:
    from flask import Flask, Response

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


def icon(name: str) -> Markup:
    """Return an icon of the sprite; it says nothing to screen readers, so what it marks needs a name."""
    # A page has dozens of icons and one sprite.
    if "sprite" not in g:
        g.sprite = asset("vendor/icons/sprite.svg")
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
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
    return response


def init_app(app: Flask) -> None:
    """Version the addresses of static files and offer ``asset`` and ``icon`` to templates."""
    app.url_defaults(_add_version)
    app.after_request(_cache)
    app.jinja_env.globals.update(asset=asset, icon=icon)
