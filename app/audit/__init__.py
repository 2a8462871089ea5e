"""The audit trail."""

from app.audit.service import event_row, record

__all__ = ["event_row", "record"]
