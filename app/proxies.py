"""What stands before the application: whom to believe where a request comes from, and that it came by TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask


class _Secured:
    """Takes every request for one by TLS, which a proxy has ended: links, codes and cookies are made for it."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]]) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = "https"
        return self._wsgi(environ, start_response)


def init_app(app: Flask) -> None:
    """Believe as many proxies as the configuration names, and no header besides the one for addresses.

    Which host and scheme are ours is said by the configuration: a proxy that does not set such a header passes on
    whatever its sender has put there.
    """
    hops = app.config["TRUSTED_PROXIES"]
    if app.config["HTTPS"]:
        app.wsgi_app = _Secured(app.wsgi_app)  # type: ignore[method-assign]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=0, x_host=0)  # type: ignore[method-assign]
