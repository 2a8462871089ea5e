"""Join the records slice, which imports none of this."""

from __future__ import annotations

from app.records.hooks import Due, register_due, register_submit
from app.workflow import due
from app.workflow.handing_in import hand_in
from app.workflow.service import submit


def register() -> None:
    """Have records submitted through their workflow, and attachments that are due followed."""
    register_submit(submit, hand_in)
    register_due(Due(due.condition, due.settle))
