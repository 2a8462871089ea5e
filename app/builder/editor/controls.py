"""The inputs of a page of properties, and what is posted in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from werkzeug.datastructures import MultiDict

_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
LONGEST = 500


@dataclass(frozen=True)
class Choice:
    """One of the values to choose from."""

    value: str
    label: str
    lang: str = ""


@dataclass(frozen=True)
class Control:
    """One property as it is shown.

    ``kind``: text, area, whole, number, bool, select, checks, label, list. ``value`` is what it shows: a text; for a
    label a pair of texts; for checks and lists the values.
    """

    name: str
    label: str
    kind: str
    value: Any = ""
    help: str = ""
    choices: Sequence[Choice] = ()
    required: bool = False
    area: bool = False
    least: int | None = None
    most: int | None = None
    wrong: str = ""
    readonly: bool = False

    @property
    def id(self) -> str:
        """The id of its input, which issues link to."""
        return self.name


@dataclass
class Posted:
    """What was read: values by property (None takes one away), and the controls again where something is wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


def pair(raw: Any) -> tuple[str, str]:
    """Return both texts of a label, empty where there is none."""
    if raw is None or not Label.fits(raw):
        return "", ""
    found = Label.of(raw)
    return found.zh, found.en


def read(controls: Iterable[Control], form: MultiDict[str, str]) -> Posted:
    """Return what was posted in *controls*."""
    found = Posted()
    for control in controls:
        if control.readonly:
            continue
        value = _value(control, form)
        if isinstance(value, _Wrong):
            found.wrong[control.name] = value.text
        elif control.required and value is None:
            found.wrong[control.name] = gettext("请填写“%(label)s”。", label=control.label)
        else:
            found.values[control.name] = value
    return found


@dataclass(frozen=True)
class _Wrong:
    text: str


def _value(control: Control, form: MultiDict[str, str]) -> Any:
    text = form.get(control.name, "").strip()
    if len(text) > LONGEST * (4 if control.area else 1):
        return _Wrong(gettext("“%(label)s”太长。", label=control.label))
    if control.kind == "label":
        english = form.get(f"{control.name}_en", "").strip()
        if not text:
            return _Wrong(gettext("请填写“%(label)s”的中文。", label=control.label)) if english else None
        return {"zh": text, "en": english} if english else {"zh": text}
    if control.kind == "bool":
        return True if text else None
    if control.kind in {"checks", "list"}:
        return _several(control, form)
    if not text:
        return None
    if control.kind == "whole":
        return _whole(control, text)
    if control.kind == "number":
        return text if _NUMBER.fullmatch(text) else _Wrong(gettext("“%(label)s”应为数字。", label=control.label))
    if control.kind == "select" and text not in {choice.value for choice in control.choices}:
        return _Wrong(gettext("“%(label)s”没有这个选项。", label=control.label))
    return text


def _whole(control: Control, text: str) -> Any:
    if not _WHOLE.fullmatch(text):
        return _Wrong(gettext("“%(label)s”应为整数。", label=control.label))
    value = int(text)
    low = control.least is not None and value < control.least
    if low or (control.most is not None and value > control.most):
        message = gettext(
            "“%(label)s”应在 %(least)s 到 %(most)s 之间。", label=control.label, least=control.least, most=control.most
        )
        return _Wrong(message)
    return value


def _several(control: Control, form: MultiDict[str, str]) -> Any:
    if control.kind == "checks":
        known = [choice.value for choice in control.choices]
        sent = form.getlist(control.name)
        return [value for value in known if value in sent] or None
    parts = form.get(control.name, "").replace("，", ",").replace("、", ",").split(",")
    return [part.strip() for part in parts if part.strip()] or None


def shown_again(controls: Iterable[Control], form: MultiDict[str, str], wrong: Mapping[str, str]) -> list[Control]:
    """Return *controls* as they were filled in, with what is wrong beside them."""
    return [replace(control, value=_again(control, form), wrong=wrong.get(control.name, "")) for control in controls]


def _again(control: Control, form: MultiDict[str, str]) -> Any:
    if control.readonly:
        return control.value
    if control.kind == "label":
        return form.get(control.name, ""), form.get(f"{control.name}_en", "")
    if control.kind == "checks":
        return form.getlist(control.name)
    return form.get(control.name, "")


def same(old: Any, new: Any) -> bool:
    """Tell whether a property that is *old* in the definition means what was posted as *new*."""
    if old == new or (old in (None, "", False, []) and new is None):
        return True
    if isinstance(new, dict) and Label.fits(new) and old is not None and Label.fits(old):
        return Label.of(old) == Label.of(new)
    return isinstance(new, str) and isinstance(old, int | float) and not isinstance(old, bool) and str(old) == new
