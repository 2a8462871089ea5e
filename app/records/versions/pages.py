"""What the pages of upgrades show: what becomes of each answer, in words; the drawer of what is asked no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext, lazy_gettext

from app.errors import language
from app.records.reading.show_page import NOTHING, foreign, place_of, text_of, with_unit
from app.records.versions.new_words import new_words
from forms.answers.answer import is_empty
from forms.field_types import get as field_type
from forms.versions.upgrading import ASIDE, CARRIED, CHANGED, CONVERTED, MAPPED, RESTORED, RETIRED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.records.versions.quarantine import Aside
    from app.records.versions.surveying import FieldSurvey, Sample, Survey
    from app.records.versions.upgrading import Preview, ShownStep, Unasked
    from forms.definition import Definition

#: In the order in which they are worth a look.
KINDS = {
    ASIDE: lazy_gettext("待处理"),
    CHANGED: lazy_gettext("写法改变"),
    MAPPED: lazy_gettext("换成对应选项"),
    RETIRED: lazy_gettext("不再询问"),
    RESTORED: lazy_gettext("恢复原值"),
    CONVERTED: lazy_gettext("转换类型"),
    CARRIED: lazy_gettext("保留"),
}
TONES = {ASIDE: "warning", CHANGED: "info", MAPPED: "info", RETIRED: "secondary", RESTORED: "success"}
#: Why records would stay as they are.
REASONS = {
    "not_allowed": lazy_gettext("不由您修改"),
    "state": lazy_gettext("现在的状态不能修改"),
    "state_unknown": lazy_gettext("新流程没有其现在的状态"),
    "duplicate": lazy_gettext("与本单位另一条记录重复"),
}
#: How many answers of a long sub-table a page lists.
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one answer, as text."""

    label: str
    label_lang: str
    kind: str
    tone: str
    old: str
    new: str
    masked: bool
    reason: str
    record_id: str = ""
    serial: str = ""


def line(step: ShownStep, old: Definition, new: Definition, lang: str) -> Line:
    """Return a step as text."""
    form = new if new.has(step.path) else old
    label = form.field(step.path).label if form.has(step.path) else None
    return Line(
        label=place_of(form, step.path, step.row, lang),
        label_lang=foreign(label, lang) if label is not None else "",
        kind=str(KINDS.get(step.kind, step.kind)),
        tone=TONES.get(step.kind, "secondary"),
        old=_text(old, step, step.old, lang),
        new=_text(new, step, step.new, lang),
        masked=step.masked,
        reason=step.reason.get(lang) if step.reason is not None else "",
    )


def _text(form: Definition, step: ShownStep, value: Any, lang: str) -> str:
    if is_empty(value):
        return NOTHING
    if not form.has(step.path) or (form.field(step.path).fields and not isinstance(value, list)):
        return str(value)
    return text_of(form, step.path, value, lang, masked=step.masked)


def sample_line(sample: Sample, lang: str) -> Line:
    """Return a sample as text."""
    found = line(sample.step, sample.old, sample.new, lang)
    values = {name: getattr(found, name) for name in Line.__dataclass_fields__}
    return Line(**{**values, "record_id": sample.record_id, "serial": sample.serial})


def preview(found: Preview) -> dict[str, Any]:
    """Return what ``records/upgrade.html`` draws besides the head of the record."""
    lang = language()
    steps = sorted(
        (step for step in found.steps if step.kind != CARRIED), key=lambda step: list(KINDS).index(step.kind)
    )
    return {
        "number": found.to_no,
        "changes": new_words(found.old, found.new, lang),
        "lines": [line(step, found.old, found.new, lang) for step in steps[:MOST_STEPS]],
        "more": max(0, len(steps) - MOST_STEPS),
        "carried": found.counts.get(CARRIED, 0),
        "required": [
            (place_of(found.new, path, row, lang), foreign(found.new.field(path).label, lang))
            for path, row in found.required
        ],
        "possible": found.state_known,
    }


@dataclass(frozen=True, slots=True)
class FieldLine:
    """What becomes of the answers to one field, counted."""

    path: str
    label: str
    label_lang: str
    ok: int
    changed: int
    aside: int
    retired: int
    restored: int
    samples: list[Line]


def fields(found: Survey, form: Definition, lang: str) -> list[FieldLine]:
    """Return a survey field by field, without those whose answers all stay as they are."""
    lines = [_field(path, item, form, lang) for path, item in found.fields.items() if set(item.counts) != {CARRIED}]
    return sorted(lines, key=lambda item: (-item.aside, -item.changed))


def unchanged(found: Survey) -> int:
    """Return how many fields there are whose answers all stay as they are."""
    return sum(set(item.counts) == {CARRIED} for item in found.fields.values())


def _field(path: str, item: FieldSurvey, form: Definition, lang: str) -> FieldLine:
    shown = item.samples[0].old if item.samples and not form.has(path) else form
    known = shown.field(path).label if shown.has(path) else None
    return FieldLine(
        path=path,
        label=place_of(shown, path, None, lang),
        label_lang=foreign(known, lang) if known is not None else "",
        ok=item.ok,
        changed=item.changed,
        aside=item.aside,
        retired=item.counts.get(RETIRED, 0),
        restored=item.counts.get(RESTORED, 0),
        samples=[sample_line(sample, lang) for sample in item.samples],
    )


def left(found: Survey) -> list[tuple[str, int]]:
    """Return why records would stay as they are, and how many."""
    return [(str(REASONS.get(reason, reason)), count) for reason, count in found.left.items()]


@dataclass(frozen=True, slots=True)
class DrawerLine:
    """An answer that is asked no more, under the label of then."""

    label: str
    label_lang: str
    version_no: int
    text: str
    masked: bool


def drawer(found: Iterable[Unasked]) -> list[DrawerLine]:
    """Return the drawer of a record as text."""
    lang = language()
    return [
        DrawerLine(
            _label(item.definition, item.path, lang),
            foreign(item.definition.field(item.path).label, lang),
            item.version_no,
            _unasked_text(item, lang),
            item.masked,
        )
        for item in found
    ]


def _label(form: Definition, path: str, lang: str) -> str:
    table, dot, _ = path.rpartition(".")
    own = with_unit(form.field(path), lang)
    return f"{form.field(table).label.get(lang)} · {own}" if dot else own


def _unasked_text(item: Unasked, lang: str) -> str:
    form, between = item.definition, "；" if lang == "zh" else "; "
    if form.field(item.path).fields:
        return between.join(_row_text(form, item.path, row, lang) for row in item.value)
    if "." in item.path and isinstance(item.value, dict):
        cells = [text_of(form, item.path, cell, lang, masked=item.masked) for cell in item.value.values()]
        return between.join(cells)
    return text_of(form, item.path, item.value, lang, masked=item.masked)


def _row_text(form: Definition, table: str, row: dict[str, Any], lang: str) -> str:
    between = "，" if lang == "zh" else ", "
    return between.join(
        f"{form.field(f'{table}.{key}').label.get(lang)} {text_of(form, f'{table}.{key}', cell, lang)}"
        for key, cell in row.items()
        if key != "_row"
    )


@dataclass(frozen=True, slots=True)
class AsideLine:
    """An answer that is set aside, as text."""

    record_id: str
    serial: str
    organization: str
    label: str
    label_lang: str
    text: str
    masked: bool
    types: str
    reason: str
    may_edit: bool


def aside_line(view: Any, item: Aside, lang: str, *, may_edit: bool) -> AsideLine:
    """Return an answer that is set aside as text."""
    form = view.definition
    types = [field_type(name).label.get(lang) for name in (item.from_type, item.to_type)]
    return AsideLine(
        record_id=view.id,
        serial=view.serial,
        organization=view.organization["name"],
        label=place_of(form, item.path, item.row, lang),
        label_lang=foreign(form.field(item.path).label, lang),
        text=item.text,
        masked=item.masked,
        types=" → ".join(types),
        reason=item.reason.get(lang),
        may_edit=may_edit,
    )


def counted(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return what a conversion has done, in words."""
    words = {
        "records": gettext("已转换记录"),
        "ok": gettext("原样转换"),
        "changed": gettext("写法改变"),
        "aside": gettext("待处理"),
        "empty": gettext("未填写，保持原版本"),
        "final": gettext("已通过审核，未转换"),
        "refused": gettext("不能转换"),
        "undone": gettext("已撤销"),
        "kept": gettext("其后有人修改，未撤销"),
    }
    return [(text, counts[name]) for name, text in words.items() if counts.get(name)]
