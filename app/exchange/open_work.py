"""What imports and exports of a form are open while a new version of it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.query import tagged
from app.builder.publishing.touching import teller
from app.database import db
from app.exchange.models import READY, Export, Import
from app.jobs.models import ENDED, Job
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

_REASON = "counts of open imports and exports, whosever"


@teller
def open_work(form_key: str) -> Iterator[Label]:
    """Yield a sentence where imports wait to be confirmed, and one where exports are being written."""
    imports = sa.select(sa.func.count()).select_from(Import.__table__)
    waiting = db.session.scalar(
        tagged(imports.where(Import.__table__.c.form_key == form_key, Import.__table__.c.state == READY), _REASON)
    )
    if waiting:
        yield Label(
            f"有 {waiting} 个已检查、未确认的导入，发布后须重新检查再确认。",
            f"{waiting} imports are checked but not confirmed: they have to be checked again.",
        )
    exports = sa.select(sa.func.count()).select_from(Export.__table__.join(Job, Job.id == Export.__table__.c.job_id))
    running = db.session.scalar(
        tagged(exports.where(Export.__table__.c.form_key == form_key, Job.state.not_in(ENDED)), _REASON)
    )
    if running:
        yield Label(
            f"有 {running} 个导出正在生成，仍按开始时的版本完成。",
            f"{running} exports are being written: they end under the version that they began with.",
        )
