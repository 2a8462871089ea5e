"""What publishing a new version of a form changes, and how grave it is.

*cosmetic*: texts, order, what new records start with. *additive*: more can be said than before. *tightening*: what was
said may no longer be enough, or others see and do it. *structural*: answers lose their place or their type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms import field_types
from forms.definition import CodeList, Definition, Expr, Field

#: The classes of a change of a form, from the lightest to the heaviest.
CHANGE_CLASSES = ("cosmetic", "additive", "tightening", "structural")

#: Of the form: who fills, who sees and which way a record goes. None of it touches the data, all of it touches people.
TIGHTENING = (
    "resource",
    "workflow",
    "fill_roles",
    "published_when",
    "organization",
    "visitors",
    "parties",
    "no_overlap",
)
#: Lists whose order says nothing.
UNORDERED = frozenset({"fill_roles"})
COSMETIC = ("title", "kind", "cycle", "serial", "list", "print", "help", "category")


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """One change of a form: its path, its kind (a word), its class (one of :data:`CHANGE_CLASSES`)."""

    path: str
    kind: str
    change_class: str


def definition_changes(old: Definition | None, new: Definition) -> list[DefinitionChange]:
    """Return what publishing *new* after *old* changes; everything is additive where there was nothing."""
    if old is None:
        return [DefinitionChange(path, "field_added", "additive") for path in new.paths]
    return [*_fields(old, new), *_sections(old, new), *_form(old, new)]


def _fields(old: Definition, new: Definition) -> Iterator[DefinitionChange]:
    before, after = dict(old.walk()), dict(new.walk())
    for path in before:
        if path not in after:
            yield DefinitionChange(path, "field_retired", "structural")
    for path, item in after.items():
        former = before.get(path)
        if former is None:
            tight = item.required or item.required_when is not None or bool(item.setting("min_rows", 0))
            yield DefinitionChange(path, "field_added", "tightening" if tight else "additive")
        else:
            yield from _field(path, former, item)
            yield from _options(path, old.code_list(path), new.code_list(path))


def _field(path: str, old: Field, new: Field) -> Iterator[DefinitionChange]:
    def change(kind: str, class_: str) -> DefinitionChange:
        return DefinitionChange(path, kind, class_)

    if old.type != new.type:
        yield change("type_changed", "structural")
    if old.form != new.form:
        yield change("reference_changed", "structural")
    if (old.required, _text(old.required_when)) != (new.required, _text(new.required_when)):
        lighter = not new.required and (new.required_when is None or old.required)
        yield change("required_changed", "additive" if lighter else "tightening")
    for name, kind in (("class_", "class_changed"), ("mask", "mask_changed")):
        if getattr(old, name) != getattr(new, name):
            yield change(kind, "tightening")
    if (old.readonly, set(old.readonly_for)) != (new.readonly, set(new.readonly_for)):
        lighter = new.readonly <= old.readonly and set(new.readonly_for) <= set(old.readonly_for)
        yield change("readonly_changed", "additive" if lighter else "tightening")
    for name, kind in (
        ("option_filter", "option_filter_changed"),
        ("visible_when", "visibility_changed"),
        ("compute", "formula_changed"),
    ):
        if _text(getattr(old, name)) != _text(getattr(new, name)):
            yield change(kind, "tightening")
    rules = [[(check.expression, check.level) for check in item.checks] for item in (old, new)]
    if rules[0] != rules[1]:
        yield change("checks_changed", "additive" if set(rules[1]) <= set(rules[0]) else "tightening")
    if dict(old.settings) != dict(new.settings):
        yield change("settings_changed", "additive" if _looser(old, new) else "tightening")
    if (old.default, _text(old.prefill)) != (new.default, _text(new.prefill)):
        yield change("start_changed", "cosmetic")
    texts = [(item.label, item.help, item.unit, [check.message for check in item.checks]) for item in (old, new)]
    if texts[0] != texts[1]:
        yield change("label_changed", "cosmetic")


def _looser(old: Field, new: Field) -> bool:
    """Tell whether the settings of *new* take whatever those of *old* took.

    Lower limits are called ``min…``, upper ones ``max…``; a pattern or a word list that is gone forbids nothing more.
    """
    defaults = {setting.name: setting.default for setting in field_types.get(new.type).settings}
    for name in {*old.settings, *new.settings}:
        before, after = (item.setting(name, defaults.get(name)) for item in (old, new))
        if before == after:
            continue
        if name.startswith("min"):
            looser = after is None or (before is not None and float(after) <= float(before))
        elif name.startswith("max"):
            looser = after is None or (before is not None and float(after) >= float(before))
        elif name == "multiple":
            looser = bool(after)
        else:
            looser = name in {"pattern", "word_list", "unique_columns", "fixed_rows", "leaves_only"} and not after
        if not looser:
            return False
    return True


def _options(path: str, old: CodeList | None, new: CodeList | None) -> Iterator[DefinitionChange]:
    if old is None or new is None:
        return
    before, after = ({option.code for option in codes.options if not option.retired} for codes in (old, new))
    if before - after:
        yield DefinitionChange(path, "option_retired", "tightening")
    if after - before:
        yield DefinitionChange(path, "option_added", "additive")
    common = [
        [(o.code, o.label, o.parent, o.kind, o.alias) for o in codes.options if o.code in before & after]
        for codes in (old, new)
    ]
    if common[0] != common[1]:
        yield DefinitionChange(path, "option_text_changed", "cosmetic")


def _sections(old: Definition, new: Definition) -> Iterator[DefinitionChange]:
    before = {section.key: section for section in old.sections}
    for section in new.sections:
        former = before.get(section.key)
        if former is None:
            continue
        if _text(former.visible_when) != _text(section.visible_when):
            yield DefinitionChange(section.key, "visibility_changed", "tightening")
        if former.title != section.title:
            yield DefinitionChange(section.key, "label_changed", "cosmetic")
    for key in dict.fromkeys([*before, *(section.key for section in new.sections)]):
        if (key in before) != any(section.key == key for section in new.sections):
            yield DefinitionChange(key, "section_changed", "cosmetic")
    order = [[path for path in form.paths if old.has(path) and new.has(path)] for form in (old, new)]
    places = [{item.key: form.section_of(item.key).key for item in form.fields} for form in (old, new)]
    moved = any(places[0][key] != places[1][key] for key in places[0].keys() & places[1].keys())
    if order[0] != order[1] or moved:
        yield DefinitionChange("sections", "order_changed", "cosmetic")


def _form(old: Definition, new: Definition) -> Iterator[DefinitionChange]:
    if old.unique != new.unique:
        yield DefinitionChange("unique", "unique_changed", "structural")
    for names, class_ in ((TIGHTENING, "tightening"), (COSMETIC, "cosmetic")):
        for name in names:
            before, after = (form.source.get(name) or None for form in (old, new))
            if name in UNORDERED and before and after:
                before, after = sorted(before), sorted(after)
            if before != after:
                yield DefinitionChange(name, f"{name}_changed", class_)


def _text(expression: Expr | None) -> str | None:
    return None if expression is None else expression.text
