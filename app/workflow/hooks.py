"""Join the records slice, which imports none of this."""

from __future__ import annotations

from app.records.hooks import register_submit
from app.workflow.handing_in import hand_in
from app.workflow.service import submit


def register() -> None:
    """Have records submitted through their workflow."""
    register_submit(submit, hand_in)
