"""Definitions from YAML or JSON. Strict: what it does not know, it refuses, with the place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from forms import field_types
from forms.definition import (
    CLASSES,
    Check,
    CodeList,
    Definition,
    Expr,
    Field,
    ListSettings,
    Option,
    OrganizationLink,
    PublishedWhen,
    Section,
    Unique,
)
from forms.expressions import ExpressionError, parse
from forms.labels import Label

FORM_KEYS = {
    "key", "title", "resource", "kind", "workflow", "fill_roles", "unique", "published_when", "list", "sections", "organization", "cycle",
    "serial", "print", "help",
}  # fmt: skip
SECTION_KEYS = {"key", "title", "visible_when", "fields"}
FIELD_KEYS = {
    "key", "type", "label", "required", "class", "mask", "help", "unit", "default", "readonly", "readonly_for", "prefill", "codelist",
    "options", "visible_when", "required_when", "checks", "compute", "option_filter", "form", "fields",
}  # fmt: skip
#: Settings of the page, offered by every type.
COMMON_SETTINGS = {"width", "english"}
OPTION_KEYS = {"code", "zh", "en", "label", "retired", "children", "kind", "alias", "parent"}


@dataclass(frozen=True, slots=True)
class Issue:
    """Something wrong with a definition. ``level``: ``error`` blocks publishing, ``warning`` does not."""

    code: str
    path: str
    message: Label
    level: str = "error"

    def as_dict(self, language: str) -> dict[str, str]:
        """Return the JSON form."""
        return {"code": self.code, "path": self.path, "message": self.message.get(language), "level": self.level}


class DefinitionError(ValueError):
    """A definition cannot be read; ``issues`` says all that is wrong."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = list(issues)
        super().__init__("; ".join(f"{issue.path}: {issue.message.en or issue.message.zh}" for issue in self.issues))


def load_yaml(source: str | Path) -> Any:
    """Return the content of a YAML file or text, read with the safe loader."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    return yaml.safe_load(text)


def parse_code_list(key: str, raw: Mapping[str, Any]) -> CodeList:
    """Return a code list from ``{title, items: [{code, zh, en, children: […]}]}``; raises DefinitionError."""
    reader = _Reader({})
    reader.known(raw, {"key", "title", "items", "verified", "note"}, key)
    code_list = CodeList(key, reader.label(raw.get("title", key), f"{key}.title"), tuple(reader.options(raw.get("items", []), f"{key}.items", None)))
    reader.finish()
    return code_list


def parse_definition(raw: Mapping[str, Any], code_lists: Mapping[str, CodeList]) -> Definition:
    """Return the form that *raw* describes; raises DefinitionError with every issue found."""
    reader = _Reader(code_lists)
    definition = reader.definition(raw)
    reader.finish()
    assert definition is not None  # noqa: S101 - finish() raised otherwise
    return definition


class _Reader:
    def __init__(self, code_lists: Mapping[str, CodeList]) -> None:
        self.code_lists = code_lists
        self.issues: list[Issue] = []

    def finish(self) -> None:
        if self.issues:
            raise DefinitionError(self.issues)

    def report(self, code: str, path: str, zh: str, en: str) -> None:
        self.issues.append(Issue(code, path, Label(zh, en)))

    def known(self, raw: Any, keys: set[str], path: str) -> bool:
        if not isinstance(raw, Mapping):
            self.report("not_object", path, "应为一组键值", "Expected an object")
            return False
        for key in raw:
            if key not in keys:
                self.report("unknown_key", f"{path}.{key}" if path else str(key), f"不认识的键“{key}”", f"Unknown key “{key}”")
        return True

    def label(self, raw: Any, path: str) -> Label:
        try:
            return Label.of(raw)
        except ValueError:
            self.report("label", path, "应为文字或 {zh, en}", "Expected text or {zh, en}")
            return Label(str(raw))

    def optional_label(self, raw: Any, path: str) -> Label | None:
        return None if raw in (None, "") else self.label(raw, path)

    def expression(self, raw: Any, path: str) -> Expr | None:
        if raw in (None, ""):
            return None
        try:
            text = str(raw).lower() if isinstance(raw, bool) else str(raw)
            return Expr(text, parse(text))
        except ExpressionError as error:
            self.issues.append(
                Issue("expression", path, Label(f"公式第 {error.position + 1} 个字符处：{error.message.zh}", f"At character {error.position + 1}: {error.message.en}"))
            )
            return None

    def texts(self, raw: Any, path: str) -> tuple[str, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
            self.report("not_list", path, "应为一列文字", "Expected a list of texts")
            return ()
        return tuple(raw)

    def options(self, raw: Any, path: str, parent: str | None) -> Iterable[Option]:
        if not isinstance(raw, list):
            self.report("not_list", path, "应为一列选项", "Expected a list of options")
            return
        for number, item in enumerate(raw):
            where = f"{path}[{number}]"
            if not self.known(item, OPTION_KEYS, where):
                continue
            if not isinstance(item.get("code"), str) or not item["code"]:
                self.report("option_code", where, "选项要有代码（文字）", "An option needs a code (text)")
                continue
            label = item.get("label") or {key: item[key] for key in ("zh", "en") if item.get(key)}
            yield Option(
                item["code"], self.label(label or "", where), bool(item.get("retired")), item.get("parent") or parent,
                item.get("kind"), self.texts(item.get("alias"), f"{where}.alias"),
            )  # fmt: skip
            yield from self.options(item.get("children", []), f"{where}.children", item["code"])

    def checks(self, raw: Any, path: str) -> Iterable[Check]:
        for number, item in enumerate(raw or []):
            where = f"{path}[{number}]"
            if not self.known(item, {"expression", "message", "level"}, where):
                continue
            expression = self.expression(item.get("expression"), where)
            level = item.get("level", "error")
            if level not in {"error", "warning"}:
                self.report("level", where, "级别只能是 error 或 warning", "level is error or warning")
            if not item.get("message"):
                self.report("message", where, "规则要有提示语", "A check needs a message")
            if expression is not None:
                yield Check(expression.text, self.label(item.get("message", ""), where), level, expression.tree)

    def field(self, raw: Any, path: str) -> Field | None:
        if not isinstance(raw, Mapping):
            self.report("not_object", path, "应为一组键值", "Expected an object")
            return None
        key, kind = raw.get("key"), raw.get("type")
        if not isinstance(key, str) or not key:
            self.report("key", path, "字段要有 key", "A field needs a key")
            return None
        where = f"{path}.{key}" if path else key
        if kind not in field_types.FIELD_TYPES:
            self.report("type", where, f"没有“{kind}”这种字段类型", f"There is no field type “{kind}”")
            return None
        field_type = field_types.get(str(kind))
        names = {setting.name for setting in field_type.settings} | COMMON_SETTINGS
        self.known(raw, FIELD_KEYS | names, where)
        class_ = raw.get("class", "internal")
        if class_ not in CLASSES:
            self.report("class", where, f"没有“{class_}”这种敏感级别", f"There is no class “{class_}”")
        codelist = raw.get("codelist")
        for named in (codelist, raw.get("word_list")):
            if named is not None and named not in self.code_lists:
                self.report("codelist", where, f"没有码表“{named}”", f"There is no code list “{named}”")
        columns = [self.field(item, where) for item in raw.get("fields") or []]
        return Field(
            key=key,
            type=str(kind),
            label=self.label(raw.get("label", ""), f"{where}.label"),
            required=bool(raw.get("required", False)),
            class_=class_,
            mask=raw.get("mask"),
            help=self.optional_label(raw.get("help"), f"{where}.help"),
            unit=self.optional_label(raw.get("unit"), f"{where}.unit"),
            default=raw.get("default"),
            readonly=bool(raw.get("readonly", False)),
            readonly_for=self.texts(raw.get("readonly_for"), f"{where}.readonly_for"),
            prefill=self.expression(raw.get("prefill"), f"{where}.prefill"),
            codelist=codelist,
            options=tuple(self.options(raw.get("options") or [], f"{where}.options", None)),
            visible_when=self.expression(raw.get("visible_when"), f"{where}.visible_when"),
            required_when=self.expression(raw.get("required_when"), f"{where}.required_when"),
            checks=tuple(self.checks(raw.get("checks"), f"{where}.checks")),
            compute=self.expression(raw.get("compute"), f"{where}.compute"),
            option_filter=self.expression(raw.get("option_filter"), f"{where}.option_filter"),
            form=raw.get("form"),
            settings={name: raw[name] for name in names if raw.get(name) is not None},
            fields=tuple(column for column in columns if column is not None),
        )

    def section(self, raw: Any, number: int) -> Section | None:
        path = f"sections[{number}]"
        if not self.known(raw, SECTION_KEYS, path):
            return None
        fields = [self.field(item, "") for item in raw.get("fields") or []]
        return Section(
            str(raw.get("key") or f"section_{number + 1}"),
            self.label(raw.get("title", ""), f"{path}.title"),
            self.expression(raw.get("visible_when"), f"{path}.visible_when"),
            tuple(item for item in fields if item is not None),
        )

    def published(self, raw: Any) -> PublishedWhen | None:
        if raw in (None, ""):
            return None
        if isinstance(raw, str):
            return PublishedWhen(record=self.expression(raw, "published_when"))
        if not self.known(raw, {"record", "rows", "until", "states", "fields"}, "published_when"):
            return None
        rows = {key: self.expression(text, f"published_when.rows.{key}") for key, text in (raw.get("rows") or {}).items()}
        return PublishedWhen(
            self.expression(raw.get("record"), "published_when.record"),
            {key: value for key, value in rows.items() if value is not None},
            dict(raw.get("until") or {}),
            self.texts(raw.get("states"), "published_when.states"),
            self.texts(raw.get("fields"), "published_when.fields"),
        )

    def part(self, raw: Any, keys: set[str], path: str, build: Callable[[Mapping[str, Any]], Any], default: Any) -> Any:
        return build(raw) if raw and self.known(raw, keys, path) else default

    def definition(self, raw: Any) -> Definition | None:
        if not self.known(raw, FORM_KEYS, ""):
            return None
        for key in ("key", "title", "resource", "sections"):
            if not raw.get(key):
                self.report("missing", key, f"缺少“{key}”", f"“{key}” is missing")
        sections = [self.section(item, number) for number, item in enumerate(raw.get("sections") or [])]
        unique = tuple(
            Unique(self.texts(item.get("fields"), f"unique[{number}]"), bool(item.get("city_wide", False)))
            for number, item in enumerate(raw.get("unique") or [])
            if self.known(item, {"fields", "city_wide"}, f"unique[{number}]")
        )
        settings = self.part(
            raw.get("list"), {"columns", "order", "search"}, "list",
            lambda item: ListSettings(self.texts(item.get("columns"), "list.columns"), item.get("order", "-_updated_at"), self.texts(item.get("search"), "list.search")),
            ListSettings(()),
        )  # fmt: skip
        link = self.part(
            raw.get("organization"), {"kind", "name", "code", "region"}, "organization",
            lambda item: OrganizationLink(item.get("kind", ""), item.get("name", ""), item.get("code", ""), item.get("region", "")), None,
        )  # fmt: skip
        return Definition(
            key=str(raw.get("key", "")),
            title=self.label(raw.get("title", ""), "title"),
            resource=str(raw.get("resource", "")),
            sections=tuple(section for section in sections if section is not None),
            kind=raw.get("kind", "register"),
            workflow=raw.get("workflow"),
            fill_roles=self.texts(raw.get("fill_roles"), "fill_roles"),
            unique=unique,
            published_when=self.published(raw.get("published_when")),
            list=settings,
            organization=link,
            cycle=raw.get("cycle", "ad_hoc"),
            serial=raw.get("serial", ""),
            print=raw.get("print") or {},
            help=self.optional_label(raw.get("help"), "help"),
            source=raw,
            code_lists=self.code_lists,
        )
