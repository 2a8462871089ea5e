"""Which site a request comes from, as far as the browser that sends it says so.

What changes anything needs a token besides; this stands before it, as what OWASP calls a verification of the source of
a request. ``Sec-Fetch-Site`` is written by the browser alone and decides where there is one (the Fetch Metadata
specification; browsers send it by TLS). Else ``Origin`` does (RFC 6454), which a browser sends with every such request.
Where neither is, a proxy of the office has taken them away, or no browser has sent it: then the token alone decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import current_app, request
from flask_wtf.csrf import CSRFError
from werkzeug.sansio.utils import host_is_trusted

if TYPE_CHECKING:
    from flask import Flask

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: A page of ours, and what its reader has brought about himself, such as sending it again.
_OURS = frozenset({"same-origin", "none"})


def foreign() -> bool:
    """Tell whether the browser says that another site has sent the request."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site.lower() not in _OURS
    origin = request.headers.get("Origin", "")
    return bool(origin) and not _is_ours(origin)


def from_here() -> bool:
    """Tell whether the browser says that a page of this site has sent the request."""
    if request.headers.get("Sec-Fetch-Site", "").lower() == "same-origin":
        return True
    return not foreign() and _is_ours(request.headers.get("Origin") or request.headers.get("Referer", ""))


def _is_ours(address: str) -> bool:
    """Tell whether an address is on this site: on the host asked for, or on one that the configuration names.

    The scheme counts where the configuration says that it is TLS; elsewhere a proxy may have ended that.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        # No address at all, which no browser says.
        return False
    if not parts.hostname or parts.scheme not in ({"https"} if current_app.config["HTTPS"] else {"http", "https"}):
        return False
    # A proxy may ask for another host than the browser did.
    hosts = current_app.config["TRUSTED_HOSTS"]
    return parts.netloc.lower() == request.host.lower() or (
        port is None and bool(hosts) and host_is_trusted(parts.netloc, hosts)
    )


def _refuse_foreign() -> None:
    """Refuse what another site sends in the name of somebody who has a session here."""
    if request.method in _SAFE or not foreign():
        return
    programs = request.path.startswith("/api/")
    if programs and (
        request.headers.get("Authorization") or current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
    ):
        # No other site can send a token that it does not have.
        return
    raise CSRFError("sent by another site")


def init_app(app: Flask) -> None:
    """Ask before every request that may change something."""
    app.before_request(_refuse_foreign)
