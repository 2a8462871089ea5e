"""Definitions from YAML or JSON. Strict: what it does not know, it refuses, with the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from forms import field_types
from forms.definition import (
    CLASSES,
    Check,
    CodeList,
    Definition,
    Field,
    ListSettings,
    NoOverlap,
    OrganizationLink,
    Party,
    PublishedWhen,
    Section,
    Unique,
    Visitors,
)
from forms.files.option_reading import OptionReader, parse_code_list
from forms.files.reading import DefinitionError, Issue
from forms.files.yaml_text import load_yaml
from forms.inheritance import with_inherited_classes
from forms.labels import Label

__all__ = ["DefinitionError", "Issue", "load_yaml", "parse_code_list", "parse_definition"]

FORM_KEYS = frozenset(
    [
        "key",
        "title",
        "resource",
        "kind",
        "workflow",
        "fill_roles",
        "unique",
        "published_when",
        "list",
        "sections",
        "organization",
        "cycle",
        "serial",
        "print",
        "help",
        "visitors",
        "parties",
        "no_overlap",
        "category",
    ]
)
SECTION_KEYS = {"key", "title", "visible_when", "fields"}
FIELD_KEYS = frozenset(
    [
        "key",
        "type",
        "label",
        "required",
        "class",
        "mask",
        "help",
        "unit",
        "default",
        "readonly",
        "readonly_for",
        "prefill",
        "codelist",
        "options",
        "visible_when",
        "required_when",
        "checks",
        "compute",
        "option_filter",
        "form",
        "fields",
    ]
)
#: Settings of the page, offered by every type.
COMMON_SETTINGS = {"width", "english"}


NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


#: What a setting of each kind may hold.
SETTING_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "integer": _whole,
    "number": lambda value: not isinstance(value, bool) and NUMBER.fullmatch(str(value)) is not None,
    "bool": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "label": Label.fits,
    "list": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "codelist": lambda value: isinstance(value, str),
    "options": lambda value: isinstance(value, list),
}


def parse_definition(raw: Mapping[str, Any], code_lists: Mapping[str, CodeList]) -> Definition:
    """Return the form that *raw* describes; raises DefinitionError with every issue found."""
    reader = _Reader(code_lists)
    definition = reader.definition(raw)
    reader.finish()
    assert definition is not None  # noqa: S101 - finish() raised otherwise
    return definition


class _Reader(OptionReader):
    def settings(self, raw: Mapping[str, Any], field_type: field_types.FieldType, path: str) -> dict[str, Any]:
        """Return the settings of the field's type, each of the kind that the type declares."""
        found = {name: raw[name] for name in COMMON_SETTINGS if raw.get(name) is not None}
        for setting in field_type.settings:
            value = raw.get(setting.name)
            if value is None:
                continue
            if setting.kind == "options" and isinstance(value, list):
                self.coherent(tuple(self.options(value, f"{path}.{setting.name}", None)), f"{path}.{setting.name}")
            if SETTING_KINDS[setting.kind](value):
                found[setting.name] = value
            else:
                zh, en = f"“{setting.name}”的值不合适：{value!r}", f"“{setting.name}” cannot be {value!r}"
                self.report("setting", f"{path}.{setting.name}", zh, en)
        return found

    def checks(self, raw: Any, path: str) -> Iterable[Check]:
        for number, item in enumerate(self.many(raw, path)):
            where = f"{path}[{number}]"
            if not self.known(item, {"expression", "message", "level"}, where):
                continue
            expression = self.expression(item.get("expression"), where)
            level = item.get("level", "error")
            if level not in {"error", "warning"}:
                self.report("level", where, "级别只能是 error 或 warning", "level is error or warning")
            if expression is None and item.get("expression") in (None, ""):
                self.report("no_rule", where, "规则要有条件", "A check needs an expression")
            if not item.get("message"):
                self.report("message", where, "规则要有提示语", "A check needs a message")
            if expression is not None:
                yield Check(expression.text, self.label(item.get("message", ""), where), level, expression.tree)

    def field(self, raw: Any, path: str, class_of_table: str = "internal") -> Field | None:
        if not isinstance(raw, Mapping):
            self.report("not_object", path, "应为一组键值", "Expected an object")
            return None
        key, kind = raw.get("key"), raw.get("type")
        if not isinstance(key, str) or not key:
            self.report("key", path, "字段要有 key", "A field needs a key")
            return None
        where = f"{path}.{key}" if path else key
        if not isinstance(kind, str) or kind not in field_types.FIELD_TYPES:
            self.report("type", where, f"没有“{kind}”这种字段类型", f"There is no field type “{kind}”")
            return None
        field_type = field_types.get(str(kind))
        names = {setting.name for setting in field_type.settings} | COMMON_SETTINGS
        self.known(raw, FIELD_KEYS | names, where)
        class_ = raw.get("class") or class_of_table
        if class_ not in CLASSES:
            self.report("class", where, f"没有“{class_}”这种敏感级别", f"There is no class “{class_}”")
        codelist = raw.get("codelist")
        for named in (codelist, raw.get("word_list")):
            if named is not None and (not isinstance(named, str) or named not in self.code_lists):
                self.report("codelist", where, f"没有码表“{named}”", f"There is no code list “{named}”")
        columns = [self.field(item, where, str(class_)) for item in self.many(raw.get("fields"), f"{where}.fields")]
        options = tuple(self.options(raw.get("options") or [], f"{where}.options", None))
        self.coherent(options, f"{where}.options")
        return Field(
            key=key,
            type=str(kind),
            label=self.label(raw.get("label", ""), f"{where}.label"),
            required=self.switch(raw.get("required"), f"{where}.required"),
            class_=class_,
            mask=self.text(raw.get("mask"), f"{where}.mask") or None,
            help=self.optional_label(raw.get("help"), f"{where}.help"),
            unit=self.optional_label(raw.get("unit"), f"{where}.unit"),
            default=raw.get("default"),
            readonly=self.switch(raw.get("readonly"), f"{where}.readonly"),
            readonly_for=self.texts(raw.get("readonly_for"), f"{where}.readonly_for"),
            prefill=self.expression(raw.get("prefill"), f"{where}.prefill"),
            codelist=codelist if isinstance(codelist, str) else None,
            options=options,
            visible_when=self.expression(raw.get("visible_when"), f"{where}.visible_when"),
            required_when=self.expression(raw.get("required_when"), f"{where}.required_when"),
            checks=tuple(self.checks(raw.get("checks"), f"{where}.checks")),
            compute=self.expression(raw.get("compute"), f"{where}.compute"),
            option_filter=self.expression(raw.get("option_filter"), f"{where}.option_filter"),
            form=self.text(raw.get("form"), f"{where}.form") or None,
            settings=self.settings(raw, field_type, where),
            fields=tuple(column for column in columns if column is not None),
        )

    def section(self, raw: Any, number: int) -> Section | None:
        path = f"sections[{number}]"
        if not self.known(raw, SECTION_KEYS, path):
            return None
        fields = [self.field(item, "") for item in self.many(raw.get("fields"), f"{path}.fields")]
        return Section(
            self.text(raw.get("key"), f"{path}.key") or f"section_{number + 1}",
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
        rows = {
            key: self.expression(text, f"published_when.rows.{key}")
            for key, text in self.table(raw.get("rows"), "published_when.rows").items()
        }
        return PublishedWhen(
            self.expression(raw.get("record"), "published_when.record"),
            {key: value for key, value in rows.items() if value is not None},
            {key: str(text) for key, text in self.table(raw.get("until"), "published_when.until").items()},
            self.texts(raw.get("states"), "published_when.states"),
            self.texts(raw.get("fields"), "published_when.fields"),
        )

    def part(self, raw: Any, keys: set[str], path: str, build: Callable[[Mapping[str, Any]], Any], default: Any) -> Any:
        return build(raw) if raw and self.known(raw, keys, path) else default

    def visitors_of(self, raw: Mapping[str, Any]) -> Visitors:
        return Visitors(
            self.text(raw.get("role"), "visitors.role"),
            self.switch(raw.get("anonymous"), "visitors.anonymous"),
            self.texts(raw.get("fixed"), "visitors.fixed"),
        )

    def list_settings(self, raw: Mapping[str, Any]) -> ListSettings:
        return ListSettings(
            self.texts(raw.get("columns"), "list.columns"),
            self.text(raw.get("order"), "list.order", "-_updated_at"),
            self.texts(raw.get("search"), "list.search"),
        )

    def definition(self, raw: Any) -> Definition | None:
        if not self.known(raw, FORM_KEYS, ""):
            return None
        for key in ("key", "title", "resource", "sections"):
            if not raw.get(key):
                self.report("missing", key, f"缺少“{key}”", f"“{key}” is missing")
        sections = [
            self.section(item, number) for number, item in enumerate(self.many(raw.get("sections"), "sections"))
        ]
        unique = tuple(
            Unique(
                self.texts(item.get("fields"), f"unique[{number}]"),
                self.switch(item.get("city_wide"), f"unique[{number}].city_wide"),
            )
            for number, item in enumerate(self.many(raw.get("unique"), "unique"))
            if self.known(item, {"fields", "city_wide"}, f"unique[{number}]")
        )
        settings = self.part(
            raw.get("list"), {"columns", "order", "search"}, "list", self.list_settings, ListSettings(())
        )
        names = ("kind", "name", "code", "region")
        link = self.part(
            raw.get("organization"),
            set(names),
            "organization",
            lambda item: OrganizationLink(*(self.text(item.get(name), f"organization.{name}") for name in names)),
            None,
        )
        found = Definition(
            key=self.text(raw.get("key"), "key"),
            title=self.label(raw.get("title", ""), "title"),
            resource=self.text(raw.get("resource"), "resource"),
            sections=tuple(section for section in sections if section is not None),
            kind=self.text(raw.get("kind"), "kind", "register"),
            workflow=self.text(raw.get("workflow"), "workflow") or None,
            fill_roles=self.texts(raw.get("fill_roles"), "fill_roles"),
            unique=unique,
            published_when=self.published(raw.get("published_when")),
            list=settings,
            organization=link,
            cycle=self.text(raw.get("cycle"), "cycle", "ad_hoc"),
            serial=self.text(raw.get("serial"), "serial"),
            print=self.table(raw.get("print"), "print"),
            help=self.optional_label(raw.get("help"), "help"),
            visitors=self.part(raw.get("visitors"), {"role", "anonymous", "fixed"}, "visitors", self.visitors_of, None),
            parties=tuple(
                Party(
                    self.text(item.get("kind"), f"parties[{number}].kind"),
                    self.text(item.get("field"), f"parties[{number}].field"),
                    self.switch(item.get("through"), f"parties[{number}].through"),
                    self.texts(item.get("ended"), f"parties[{number}].ended"),
                )
                for number, item in enumerate(self.many(raw.get("parties"), "parties"))
                if self.known(item, {"kind", "field", "through", "ended"}, f"parties[{number}]")
            ),
            no_overlap=tuple(
                NoOverlap(
                    self.texts(item.get("fields"), f"no_overlap[{number}].fields"),
                    self.text(item.get("start"), f"no_overlap[{number}].start"),
                    self.text(item.get("end"), f"no_overlap[{number}].end"),
                    self.texts(item.get("free"), f"no_overlap[{number}].free"),
                )
                for number, item in enumerate(self.many(raw.get("no_overlap"), "no_overlap"))
                if self.known(item, {"fields", "start", "end", "free"}, f"no_overlap[{number}]")
            ),
            category=self.optional_label(raw.get("category"), "category"),
            source=raw,
            code_lists=self.code_lists,
        )
        return with_inherited_classes(found) if not self.issues else found
