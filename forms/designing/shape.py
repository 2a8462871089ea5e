"""Whether a raw definition is whole enough to be edited piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from forms.designing.refusal import Refused
from forms.field_types import FIELD_TYPES


def editable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return *raw* with a key for every section. Raises ``Refused`` where its parts cannot be told apart at all."""
    new = deepcopy(dict(raw))
    sections = new.setdefault("sections", [])
    if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
        raise _broken()
    for number, section in enumerate(sections, 1):
        if not isinstance(section.setdefault("key", f"section_{number}"), str):
            raise _broken()
        _check(section.setdefault("fields", []), deep=True)
    return new


def _check(fields: Any, *, deep: bool) -> None:
    if not isinstance(fields, list):
        raise _broken()
    for field in fields:
        if not isinstance(field, dict) or not isinstance(field.get("key"), str) or field.get("type") not in FIELD_TYPES:
            raise _broken()
        if deep:
            _check(field.get("fields") or [], deep=False)


def _broken() -> Refused:
    return Refused(
        "草稿的结构不完整，不能逐项修改。请按检查结果改正定义文件后重新上传，或撤销上一次修改。",
        "The draft is not whole enough to be edited piece by piece. Mend the file as the check says and upload it "
        "again, or undo the last change.",
    )
