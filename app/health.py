"""``GET /healthz``: whether this process can serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Blueprint

from app.database import db

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 when the database answers; 503 otherwise. No details either way."""
    try:
        with db.engine.connect() as connection:
            connection.execute(sa.select(sa.literal(1)))
    except sa.exc.SQLAlchemyError:
        return "unavailable", 503
    return "ok", 200


def init_app(app: Flask) -> None:
    """Register the route."""
    app.register_blueprint(blueprint)
