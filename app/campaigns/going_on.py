"""Which campaigns run while a new version of their form is published: they go on under the version they opened with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.query import tagged
from app.builder.publishing.touching import teller
from app.campaigns.models import OPEN, Campaign
from app.database import db
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator


@teller
def going_on(form_key: str) -> Iterator[Label]:
    """Yield a sentence for each version that open campaigns of a form are filled under."""
    table = Campaign.__table__
    statement = (
        sa.select(table.c.form_version_no, sa.func.count().label("count"))
        .where(table.c.form_key == form_key, table.c.state == OPEN)
        .group_by(table.c.form_version_no)
        .order_by(table.c.form_version_no)
    )
    for row in db.session.execute(tagged(statement, "how many campaigns are open, whosever")):
        yield Label(
            f"{row.count} 个填报任务正在按 v{row.form_version_no} 进行，发布后仍按该版本填报。",
            f"{row.count} campaigns are filled under v{row.form_version_no} and go on under it.",
        )
