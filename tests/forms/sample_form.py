"""A small form with every kind of rule, and one field of every type."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from forms.checking import check_definition
from forms.compiled import CompiledForm, Context, compile_form
from forms.files.loading import parse_code_list, parse_definition

TODAY = date(2026, 3, 1)
CONTEXT = Context(today=TODAY)

LISTS = {
    "colour": parse_code_list(
        "colour",
        {
            "title": "颜色",
            "items": [
                {"code": "r", "zh": "红", "en": "Red", "alias": ["赤"]},
                {"code": "g", "zh": "绿", "en": "Green"},
                {"code": "o", "zh": "旧色", "en": "Old", "retired": True},
            ],
        },
    ),
    "place": parse_code_list(
        "place",
        {
            "title": "地区",
            "items": [
                {
                    "code": "23",
                    "zh": "省",
                    "children": [{"code": "2302", "zh": "市", "children": [{"code": "230203", "zh": "区"}]}],
                },
                {"code": "24", "zh": "其他"},
            ],
        },
    ),
    "words": parse_code_list("words", {"title": "禁用词", "items": [{"code": "1", "zh": "限男性", "en": "men only"}]}),
}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": {"zh": key, "en": key}, "class": "public", **more}


def form(*fields: dict[str, Any], **more: Any) -> CompiledForm:
    return compile_form(parse_definition(raw(*fields, **more), LISTS))


def raw(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    section = {"key": "main", "title": "主", "fields": deepcopy(list(fields))}
    return {
        "key": "sample",
        "title": {"zh": "样表", "en": "Sample"},
        "resource": "sample",
        "sections": [section],
        **more,
    }


ITEMS = field(
    "items",
    "subtable",
    min_rows=1,
    max_rows=3,
    unique_columns=["name"],
    fields=[
        field("name", "text", required=True),
        field("low", "integer"),
        field("high", "integer", checks=[{"expression": "high >= low", "message": {"zh": "低了", "en": "Too low"}}]),
        field("proof", "file", required_when="high > 5"),
        field("gap", "computed", compute="high - low"),
    ],
)


def errors(definition: dict[str, Any], **more: Any) -> set[tuple[str, str]]:
    """Return code and path of every error of a definition."""
    found = check_definition(definition, LISTS, **more)
    assert all(issue.message.zh and issue.message.en for issue in found)
    return {(issue.code, issue.path) for issue in found if issue.level == "error"}


def warnings(definition: dict[str, Any], **more: Any) -> set[tuple[str, str]]:
    """Return code and path of every warning about a definition."""
    found = check_definition(definition, LISTS, **more)
    return {(issue.code, issue.path) for issue in found if issue.level == "warning"}


#: A definition with everything that a definition can have.
FULL = raw(
    field("t", "text", mask="name_m", help="说明", unit={"zh": "个"}, readonly_for=["a"]),
    field("k", "select", options=[{"code": "1", "zh": "甲", "en": "A"}, {"code": "2", "zh": "乙", "en": "B"}]),
    field("r", "reference", form="other", required_when="k = '1'"),
    field("d", "date"),
    ITEMS,
    unique=[{"fields": ["t"], "city_wide": True}],
    published_when={"rows": {"items": "low > 1"}, "states": ["open"], "fields": ["t"]},
    list={"columns": ["t", "k", "_state"], "search": ["t"]},
    organization={"kind": "college", "name": "t", "code": "k", "region": "d"},
    fill_roles=["clerk"],
)
FIELDS = ("sections", 0, "fields")


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return FULL with another value at *path*."""
    copy = deepcopy(FULL)
    target: Any = copy
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copy
