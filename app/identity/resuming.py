"""What somebody typed while his session ended: it waits on the page where he signs in again, and is sent after that.

Nothing is stored here. The fields travel in the page that answers the post, to the browser that sent them; a browser
that followed a form of another site gets none of this, for its post does not say that it came from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, g, render_template, request
from werkzeug.exceptions import HTTPException

from app.origins import from_here

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What stands before the names of fields that are carried on, and the field that says where they were sent.
_MARK, _ADDRESS = "kept:", "kept_address"
#: Fields without which nobody has typed anything.
_OURS = frozenset({"csrf_token", "lock_version", "form_version", "campaign"})

#: Endpoints whose posts are kept, and whether whoever sends one has signed in.
_endpoints: dict[str, bool] = {}


def keep(*endpoints: str, account: bool = True) -> None:
    """Let what is posted to these endpoints outlive a session.

    :param account: only who has signed in posts there; others go on without.
    """
    _endpoints.update(dict.fromkeys(endpoints, account))


@dataclass(frozen=True, slots=True)
class Kept:
    """A post that waits: where it goes, its fields, and whether files were among them, which no page can carry."""

    address: str
    fields: tuple[tuple[str, str], ...]
    files: bool = False
    #: Whether one has to sign in before it can be sent.
    account: bool = True

    def hidden(self) -> list[tuple[str, str]]:
        """Return names and values by which another page carries it on; see :func:`carried`."""
        return [(_ADDRESS, self.address), *((_MARK + name, value) for name, value in self.fields)]


def sent() -> Kept | None:
    """Return what the present request has posted, if it can wait: typed into a page of this site."""
    if request.endpoint not in _endpoints or not from_here():
        return None
    return _kept(
        request.path, request.form.items(multi=True), files=any(each.filename for each in request.files.values())
    )


def carried() -> Kept | None:
    """Return what the present request, a sign-in, carries on; its own token has shown that it came from here."""
    address = request.form.get(_ADDRESS, "")
    if _endpoint(address) not in _endpoints:
        return None
    fields = ((name[len(_MARK) :], value) for name, value in request.form.items(multi=True) if name.startswith(_MARK))
    return _kept(address, fields)


def resume_page(kept: Kept) -> str:
    """Return the page that sends what waited, once its reader says so."""
    # The token of this request may be that of the session before.
    g.pop("csrf_token", None)
    return render_template("identity/resume.html", kept=kept)


def _kept(address: str, fields: Iterable[tuple[str, str]], *, files: bool = False) -> Kept | None:
    found = tuple((name, value) for name, value in fields if name != "csrf_token")
    typed = any(value.strip() for name, value in found if name not in _OURS and not name.startswith("_"))
    return Kept(address, found, files, _endpoints.get(_endpoint(address), True)) if typed else None


def _endpoint(address: str) -> str:
    try:
        return str(current_app.url_map.bind("").match(address, method="POST")[0])
    except HTTPException:
        return ""
