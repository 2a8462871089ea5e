"""How the checks word what they find."""

from __future__ import annotations

from forms.files.reading import Issue
from forms.labels import Label


def error(code: str, path: str, zh: str, en: str) -> Issue:
    """Return an issue that forbids publishing."""
    return Issue(code, path, Label(zh, en))


def warning(code: str, path: str, zh: str, en: str) -> Issue:
    """Return an issue that does not."""
    return Issue(code, path, Label(zh, en), "warning")
