"""Names of what every record has, and of the states that it can be in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext, lazy_gettext, lazy_pgettext

from app.records.models import VOID
from app.records.reading.show_page import NOTHING, foreign

if TYPE_CHECKING:
    from datetime import datetime

    from forms.workflow import Workflow

SYSTEM_LABELS = {
    "_serial": lazy_gettext("编号"),
    "_state": lazy_gettext("状态"),
    "_organization_name": lazy_gettext("单位"),
    "_region": lazy_gettext("地区"),
    "_updated_at": lazy_gettext("更新时间"),
    "_submitted_at": lazy_gettext("提交时间"),
    "_created_at": lazy_gettext("创建时间"),
    "_campaign": lazy_pgettext("one", "填报任务"),
    "_duplicate": lazy_gettext("疑似重复"),
    "_attachment_due": lazy_gettext("待补附件"),
}

#: Bootstrap's name for each tone of a workflow.
TONES = {"neutral": "secondary", "info": "primary", "success": "success", "warning": "warning", "danger": "danger"}

ORIGINS = {
    "web": lazy_gettext("网页填报"),
    "import": lazy_gettext("批量导入"),
    "api": lazy_gettext("接口"),
    "review": lazy_gettext("审核"),
    "upgrade": lazy_gettext("版本升级"),
    "conversion": lazy_gettext("版本转换"),
    "restore": lazy_pgettext("change", "恢复"),
    "seed": lazy_gettext("初始数据"),
}


#: The parts of the system that write records, as people read their names.
AUTHORS = {
    "system:schedule": lazy_gettext("系统（定时任务）"),
    "system:publish": lazy_gettext("系统（发布）"),
    "system:rebuild": lazy_gettext("系统（重建）"),
    "system:workflow": lazy_gettext("系统（流程）"),
    "system:import": lazy_gettext("系统（导入）"),
    "system:operator": lazy_gettext("系统（运维）"),
    "system:seeds": lazy_gettext("系统（初始数据）"),
    "system:notify": lazy_gettext("系统（通知）"),
}


def author(name: str) -> str:
    """Return an author's name as people read it: a part of the system has one in the reader's language."""
    return str(AUTHORS.get(name, name))


def state_of(workflow: Workflow | None, state: str, lang: str) -> tuple[str, str, str]:
    """Return label, tone and ``lang`` of a state."""
    if state == VOID:
        return gettext("已作废"), "danger", ""
    found = workflow.states.get(state) if workflow is not None else None
    if found is None:
        names = {"draft": gettext("草稿"), "submitted": gettext("已提交")}
        return names.get(state, state), "secondary", ""
    return found.label.get(lang), TONES[found.tone], foreign(found.label, lang)


def moment(value: datetime | None) -> str:
    """Return a moment in the server's zone, to the minute."""
    return value.astimezone().isoformat(" ", "minutes")[:16] if value is not None else ""


def system_text(name: str, row: Any) -> str:
    """Return a system column of a list row as text; of a moment its day, for lists are narrow."""
    if name == "_organization_name":
        return str(row.organization_name)
    value = getattr(row, name.removeprefix("_"), None)
    if value is None:
        return NOTHING
    return moment(value)[:10] if name.endswith("_at") else str(value)
