"""Texts: that they are there, in both languages, and short enough to be read in a column's head."""

from __future__ import annotations

from collections.abc import Iterator

from forms.checks.issues import error, warning
from forms.definition import Definition, Field
from forms.files.reading import Issue
from forms.labels import Label

CROWDED_SECTION = 60
LONG_LABEL = 40


def language(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with the texts of *definition*."""
    yield from _english("title", definition.title)
    yield from _english("help", definition.help)
    for section in definition.sections:
        yield from _english(section.key, section.title)
        if len(section.fields) > CROWDED_SECTION:
            yield warning(
                "crowded",
                section.key,
                f"一个分组超过 {CROWDED_SECTION} 个字段",
                f"More than {CROWDED_SECTION} fields in one section",
            )
    for path, item in definition.walk():
        yield from _field(path, item)


def _field(path: str, item: Field) -> Iterator[Issue]:
    if not item.label.zh:
        yield error("label", path, "字段没有名称", "The field has no label")
    if len(item.label.zh) > LONG_LABEL:
        yield warning(
            "long_label", path, f"名称超过 {LONG_LABEL} 个字", f"The label is longer than {LONG_LABEL} characters"
        )
    yield from _english(path, item.label)
    for name, text in (("help", item.help), ("unit", item.unit)):
        yield from _english(f"{path}.{name}", text)
    for number, check in enumerate(item.checks):
        yield from _english(f"{path}.checks[{number}]", check.message)
    for option in item.options:
        yield from _english(f"{path}.options.{option.code}", option.label)


def _english(path: str, text: Label | None) -> Iterator[Issue]:
    if text is not None and text.zh and not text.en:
        yield warning("english", path, f"“{text.zh[:20]}”没有英文", f"“{text.zh[:20]}” has no English text")
