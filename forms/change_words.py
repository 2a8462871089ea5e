"""What changed between two versions of a form, in words: one line per change, with its class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from forms import field_types
from forms.definition import CodeList, Definition, Field
from forms.difference import DefinitionChange, definition_changes
from forms.labels import Label

CLASS_WORDS = {
    "cosmetic": Label("文字调整", "cosmetic"),
    "additive": Label("新增内容", "additive"),
    "tightening": Label("收紧要求", "tightening"),
    "structural": Label("结构变化", "structural"),
}
FORM_WORDS = {
    "resource_changed": Label("权限资源", "Resource"),
    "workflow_changed": Label("流程", "Workflow"),
    "fill_roles_changed": Label("填报角色", "Roles that fill it"),
    "published_when_changed": Label("公开条件", "When it is open to all"),
    "organization_changed": Label("单位信息的来源", "Source of the organization's data"),
    "unique_changed": Label("唯一性", "Unique keys"),
    "order_changed": Label("字段顺序", "Order of the fields"),
    "settings_changed": Label("表单其他设置", "Other settings of the form"),
}
_NOTHING = Label("无", "none")


def change_lines(old: Definition | None, new: Definition, language: str) -> list[str]:
    """Return what *new* changes against *old* in *language* (``zh`` or ``en``), one line per change."""
    return [_line(old, new, change, language) for change in definition_changes(old, new)]


def _line(old: Definition | None, new: Definition, change: DefinitionChange, language: str) -> str:
    grade = CLASS_WORDS[change.change_class].get(language)
    before = old.field(change.path) if old is not None and old.has(change.path) else None
    after = new.field(change.path) if new.has(change.path) else None
    if before is None and after is None:
        subject = FORM_WORDS.get(change.kind, Label(change.path, change.path)).get(language)
        said = _values(old, new, change, language)
    else:
        named = after or before
        assert named is not None  # noqa: S101 - one of both is there
        subject = f"{change.path} {named.label.get(language)}"
        said = _said(old, new, change, language)
    return f"[{grade}] {subject}{'：' if language == 'zh' else ': '}{said}"


def _values(old: Definition | None, new: Definition, change: DefinitionChange, language: str) -> str:
    if change.kind not in {f"{name}_changed" for name in ("resource", "workflow", "fill_roles")}:
        return Label("有改动", "changed").get(language)
    name = change.kind.removesuffix("_changed")
    return _arrow(old.source.get(name) if old else None, new.source.get(name), language)


def _said(old: Definition | None, new: Definition, change: DefinitionChange, language: str) -> str:
    before = old.field(change.path) if old is not None and old.has(change.path) else None
    after = new.field(change.path) if new.has(change.path) else None
    if before is None or after is None:
        kind = field_types.get((after or before).type).label  # type: ignore[union-attr]
        words = Label("停用（{}）", "retired ({})") if after is None else Label("新增（{}）", "added ({})")
        return words.get(language).format(kind.get(language))
    if change.kind in {"option_added", "option_retired"} and old is not None:
        lists = old.code_list(change.path), new.code_list(change.path)
        return _options(*lists, language, added=change.kind == "option_added")
    return _SAYINGS.get(change.kind, _other)(before, after, language)


def _arrow(old: Any, new: Any, language: str) -> str:
    return f"{_text(old, language)} → {_text(new, language)}"


def _text(value: Any, language: str) -> str:
    if value in (None, "", (), [], {}):
        return _NOTHING.get(language)
    if isinstance(value, Label):
        return value.get(language)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_text(item, language)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return "、".join(_text(item, language) for item in value)
    return str(value)


def _expression(name: str, words: Label) -> Callable[[Field, Field, str], str]:
    def say(before: Field, after: Field, language: str) -> str:
        old, new = (item.text if item else None for item in (getattr(before, name), getattr(after, name)))
        return f"{words.get(language)} {_arrow(old, new, language)}"

    return say


def _attribute(name: str, words: Label) -> Callable[[Field, Field, str], str]:
    return lambda before, after, language: (
        f"{words.get(language)} {_arrow(getattr(before, name), getattr(after, name), language)}"
    )


def _type(before: Field, after: Field, language: str) -> str:
    words = (field_types.get(item.type).label.get(language) for item in (before, after))
    return f"{Label('类型', 'type').get(language)} {' → '.join(words)}"


def _required(before: Field, after: Field, language: str) -> str:
    def demand(item: Field) -> str:
        if item.required:
            return Label("必填", "required").get(language)
        if item.required_when is not None:
            return f"{Label('满足条件时必填', 'required when').get(language)} {item.required_when.text}"
        return Label("选填", "optional").get(language)

    return f"{demand(before)} → {demand(after)}"


def _readonly(before: Field, after: Field, language: str) -> str:
    def demand(item: Field) -> str:
        everybody = Label("只读", "read only").get(language)
        return everybody if item.readonly else "、".join(item.readonly_for) or Label("可填", "open").get(language)

    return f"{Label('只读', 'read only').get(language)} {demand(before)} → {demand(after)}"


def _checks(before: Field, after: Field, language: str) -> str:
    old, new = ("; ".join(check.expression for check in item.checks) for item in (before, after))
    return f"{Label('校验', 'checks').get(language)} {_arrow(old, new, language)}"


def _settings(before: Field, after: Field, language: str) -> str:
    names = {setting.name: setting.label for item in (before, after) for setting in field_types.get(item.type).settings}
    changed = [
        name for name in dict.fromkeys([*before.settings, *after.settings])
        if before.settings.get(name) != after.settings.get(name)
    ]  # fmt: skip
    return "；".join(
        f"{names.get(name, Label(name, name)).get(language)} "
        + _arrow(before.settings.get(name), after.settings.get(name), language)
        for name in changed
    )


def _label(before: Field, after: Field, language: str) -> str:
    words = {"label": Label("名称", "label"), "help": Label("说明", "help"), "unit": Label("单位", "unit")}
    parts = []
    for name, word in words.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            # Where only the other language has changed, both are shown.
            lang = language if _text(old, language) != _text(new, language) else {"zh": "en", "en": "zh"}[language]
            parts.append(f"{word.get(language)} {_arrow(old, new, lang)}")
    return "；".join(parts)


def _options(old: CodeList | None, new: CodeList | None, language: str, *, added: bool) -> str:
    def live(codes: CodeList | None) -> dict[str, Label]:
        return {option.code: option.label for option in (codes.options if codes else ()) if not option.retired}

    mine, others = (live(new), live(old)) if added else (live(old), live(new))
    texts: Iterable[str] = (f"{code} {label.get(language)}" for code, label in mine.items() if code not in others)
    words = Label("新增选项", "options added") if added else Label("停用选项", "options retired")
    return f"{words.get(language)} {'、'.join(texts)}"


def _other(_before: Field, _after: Field, language: str) -> str:
    return Label("有改动", "changed").get(language)


_SAYINGS: dict[str, Callable[[Field, Field, str], str]] = {
    "type_changed": _type,
    "required_changed": _required,
    "readonly_changed": _readonly,
    "checks_changed": _checks,
    "settings_changed": _settings,
    "label_changed": _label,
    "class_changed": _attribute("class_", Label("敏感级别", "class")),
    "mask_changed": _attribute("mask", Label("脱敏方式", "mask")),
    "reference_changed": _attribute("form", Label("关联的表单", "form referred to")),
    "visibility_changed": _expression("visible_when", Label("显示条件", "shown when")),
    "formula_changed": _expression("compute", Label("公式", "formula")),
    "option_filter_changed": _expression("option_filter", Label("选项过滤", "option filter")),
}
