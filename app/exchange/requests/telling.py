"""Messages about requests: to those who can decide, and back to who asked. They name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.exchange.requests.standing import APPROVED, REVOKED
from app.notify.models import EXPORT_REQUEST
from app.notify.service import tell
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.exchange.models import ExportRequest


def tell_deciders(found: ExportRequest, organization: str, form: Label, users: Iterable[int]) -> None:
    """Tell those who can decide that a request waits."""
    text = Label(
        f"{organization}申请以明文导出“{form.zh}”（{found.number}），待审批",
        f"{organization} asks to export “{form.get('en')}” in plain ({found.number}); it awaits a decision",
    )
    tell("export_asked", text, users, form_key=found.form_key, subject=found.id, about=EXPORT_REQUEST)


def tell_asker(found: ExportRequest, form: Label) -> None:
    """Tell who asked what became of it."""
    until = f"{found.valid_until.astimezone():%Y-%m-%d %H:%M}"
    zh, en = (
        f"“{form.zh}”的明文导出申请（{found.number}）",
        f"Your request to export “{form.get('en')}” in plain ({found.number})",
    )
    if found.state == APPROVED:
        text = Label(f"{zh}已批准，请在 {until} 前导出", f"{en} was approved; export until {until}")
    elif found.state == REVOKED:
        text = Label(f"{zh}的批准已被收回，见审批意见", f"{en}: the approval was taken back, see the note")
    else:
        text = Label(f"{zh}未获批准，见审批意见", f"{en} was refused, see the note")
    tell("export_decided", text, [found.user_id], form_key=found.form_key, subject=found.id, about=EXPORT_REQUEST)
