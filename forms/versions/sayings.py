"""What is said of each kind of change of a field: of what, what it was, what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms import field_types
from forms.definition import CodeList, Definition, Field
from forms.designing.outline import Outline
from forms.designing.rule_words import in_words
from forms.expressions import ExpressionError, parse
from forms.labels import Label

Place = tuple[Definition, Field]
Saying = Callable[[Place, Place, str], Iterator["Said"]]

CLASS_LABELS = {
    "public": Label("公开", "public"),
    "internal": Label("内部", "internal"),
    "personal": Label("个人信息", "personal"),
    "secret": Label("敏感", "secret"),
}
_NOTHING = Label("无", "none")


@dataclass(frozen=True, slots=True)
class Said:
    """Of what; what it was and what it is. An empty text is nothing, ``None`` is not said at all."""

    what: str
    old: str | None = None
    new: str | None = None


def plain(said: Said, language: str) -> str:
    """Return it as a part of a line."""
    nothing = _NOTHING.get(language)
    if said.old is not None and said.new is not None:
        return f"{said.what} {said.old or nothing} → {said.new or nothing}".strip()
    return " ".join(part for part in (said.what, said.old or said.new) if part)


def joined(texts: Iterable[str], language: str) -> str:
    """Return texts as a list in a sentence."""
    return Label("、", ", ").get(language).join(texts)


def readable(text: str, form: Definition, language: str, path: str = "") -> str:
    """Return a rule of the field at *path* as a sentence says it; as its author wrote it where it cannot be read."""
    try:
        tree = parse(text)
    except ExpressionError:
        return text
    return in_words(tree, Outline(form.source, form.code_lists), path).get(language)


def _text(value: Any, language: str) -> str:
    if value in (None, "", (), [], {}):
        return ""
    if isinstance(value, bool):
        return (Label("是", "yes") if value else Label("否", "no")).get(language)
    if isinstance(value, Label):
        return value.get(language)
    if isinstance(value, Mapping):
        if set(value) <= {"zh", "en"}:
            return Label.of(value).get(language)
        return ", ".join(f"{name}={_text(item, language)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return joined((_text(item, language) for item in value), language)
    return str(value)


def _expression(name: str, words: Label) -> Saying:
    def say(before: Place, after: Place, language: str) -> Iterator[Said]:
        texts = []
        for form, item in (before, after):
            expression = getattr(item, name)
            texts.append(readable(expression.text, form, language) if expression else "")
        yield Said(words.get(language), *texts)

    return say


def _attribute(name: str, words: Label, labels: Mapping[str, Label] | None = None) -> Saying:
    def say(before: Place, after: Place, language: str) -> Iterator[Said]:
        values = (getattr(item, name) for _, item in (before, after))
        texts = (_text((labels or {}).get(value, value), language) for value in values)
        yield Said(words.get(language), *texts)

    return say


def _type(before: Place, after: Place, language: str) -> Iterator[Said]:
    words = (field_types.get(item.type).label.get(language) for _, item in (before, after))
    yield Said(Label("类型", "type").get(language), *words)


def _required(before: Place, after: Place, language: str) -> Iterator[Said]:
    def demand(place: Place) -> str:
        form, item = place
        if item.required:
            return Label("必填", "required").get(language)
        if item.required_when is not None:
            text = readable(item.required_when.text, form, language)
            return f"{Label('满足条件时必填', 'required when').get(language)} {text}"
        return Label("选填", "optional").get(language)

    yield Said("", demand(before), demand(after))


def _readonly(before: Place, after: Place, language: str) -> Iterator[Said]:
    def demand(item: Field) -> str:
        everybody = Label("只读", "read only").get(language)
        return (
            everybody if item.readonly else joined(item.readonly_for, language) or Label("可填", "open").get(language)
        )

    yield Said(Label("只读", "read only").get(language), demand(before[1]), demand(after[1]))


def _checks(before: Place, after: Place, language: str) -> Iterator[Said]:
    texts = (
        "; ".join(readable(check.expression, form, language) for check in item.checks) for form, item in (before, after)
    )
    yield Said(Label("校验", "checks").get(language), *texts)


def _start(before: Place, after: Place, language: str) -> Iterator[Said]:
    if before[1].default != after[1].default:
        texts = (_text(item.default, language) for _, item in (before, after))
        yield Said(Label("初始值", "initial value").get(language), *texts)
    if before[1].prefill != after[1].prefill:
        yield from _expression("prefill", Label("预填", "prefill"))(before, after, language)


def _settings(before: Place, after: Place, language: str) -> Iterator[Said]:
    old, new = before[1], after[1]
    names = {setting.name: setting.label for item in (old, new) for setting in field_types.get(item.type).settings}
    for name in dict.fromkeys([*old.settings, *new.settings]):
        was, now = old.settings.get(name), new.settings.get(name)
        if was != now:
            yield Said(names.get(name, Label(name)).get(language), _text(was, language), _text(now, language))


def _label(before: Place, after: Place, language: str) -> Iterator[Said]:
    words = {"label": Label("名称", "label"), "help": Label("说明", "help"), "unit": Label("单位", "unit")}
    for name, word in words.items():
        old, new = getattr(before[1], name), getattr(after[1], name)
        if old != new:
            # Where only the other language has changed, both are shown.
            lang = language if _text(old, language) != _text(new, language) else {"zh": "en", "en": "zh"}[language]
            yield Said(word.get(language), _text(old, lang), _text(new, lang))
    messages = [[check.message for check in item.checks] for _, item in (before, after)]
    if messages[0] != messages[1]:
        yield Said(Label("校验提示", "messages of checks").get(language), *(_text(item, language) for item in messages))


def options_said(kind: str, old: CodeList | None, new: CodeList | None, language: str) -> Iterator[Said]:
    """Yield which options came, went or are called otherwise."""

    def live(codes: CodeList | None) -> dict[str, Label]:
        return {option.code: option.label for option in (codes.options if codes else ()) if not option.retired}

    before, after = live(old), live(new)
    if kind == "option_text_changed":
        changed = [code for code in before if code in after and before[code] != after[code]]
        for code in changed:
            lang = language
            if before[code].get(lang) == after[code].get(lang):
                lang = {"zh": "en", "en": "zh"}[language]
            yield Said(Label("选项", "option").get(language), before[code].get(lang), after[code].get(lang))
        if not changed:
            yield Said(Label("选项的上级或别名", "parents or other names of options").get(language))
        return
    mine, others = (after, before) if kind == "option_added" else (before, after)
    text = joined((f"{code} {label.get(language)}" for code, label in mine.items() if code not in others), language)
    if kind == "option_added":
        yield Said(Label("新增选项", "options added").get(language), None, text)
    else:
        yield Said(Label("停用选项", "options retired").get(language), text)


SAYINGS: Mapping[str, Saying] = {
    "type_changed": _type,
    "required_changed": _required,
    "readonly_changed": _readonly,
    "checks_changed": _checks,
    "settings_changed": _settings,
    "label_changed": _label,
    "start_changed": _start,
    "class_changed": _attribute("class_", Label("敏感级别", "class"), CLASS_LABELS),
    "mask_changed": _attribute("mask", Label("脱敏方式", "mask")),
    "reference_changed": _attribute("form", Label("关联的表单", "form referred to")),
    "visibility_changed": _expression("visible_when", Label("显示条件", "shown when")),
    "formula_changed": _expression("compute", Label("公式", "formula")),
    "option_filter_changed": _expression("option_filter", Label("选项过滤", "option filter")),
}
