"""Objects of the running application that slices register with."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from flask_appbuilder import AppBuilder
    from flask_wtf.csrf import CSRFProtect

appbuilder = cast("AppBuilder", LocalProxy(lambda: current_app.appbuilder))  # type: ignore[attr-defined]
csrf = cast("CSRFProtect", LocalProxy(lambda: current_app.extensions["csrf_protect"]))
