"""What changed between two versions of a form, in words: grouped, with what was and what is, or one line per change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms import field_types
from forms.answers.difference import DefinitionChange, definition_changes
from forms.definition import Definition, Field
from forms.labels import Label
from forms.versions.moves import moves
from forms.versions.sayings import SAYINGS, Said, joined, options_said, plain, readable

__all__ = ["CLASS_WORDS", "FORM_WORDS", "GROUPS", "ChangeItem", "Said", "change_items", "change_lines"]

CLASS_WORDS = {
    "cosmetic": Label("文字调整", "cosmetic"),
    "additive": Label("新增内容", "additive"),
    "tightening": Label("收紧要求", "tightening"),
    "structural": Label("结构变化", "structural"),
}
FORM_WORDS = {
    "title_changed": Label("表单名称", "Title"),
    "resource_changed": Label("权限资源", "Resource"),
    "workflow_changed": Label("流程", "Workflow"),
    "fill_roles_changed": Label("填报角色", "Roles that fill it"),
    "published_when_changed": Label("公开条件", "When it is open to all"),
    "organization_changed": Label("单位信息的来源", "Source of the organization's data"),
    "parties_changed": Label("相关方", "Parties"),
    "visitors_changed": Label("免账号填报", "Filling without an account"),
    "unique_changed": Label("唯一性", "Unique keys"),
    "no_overlap_changed": Label("时间不重叠", "No two at one time"),
    "order_changed": Label("字段顺序", "Order of the fields"),
    "list_changed": Label("列表设置", "Settings of the list"),
    "print_changed": Label("打印设置", "Settings of the print"),
    "help_changed": Label("填报说明", "Help"),
    "category_changed": Label("所属类别", "Category"),
    "serial_changed": Label("编号前缀", "Prefix of the numbers"),
    "cycle_changed": Label("填报周期", "Cycle"),
    "kind_changed": Label("表单类别", "Kind"),
    "settings_changed": Label("表单其他设置", "Other settings of the form"),
}
#: What every record has besides its answers.
SYSTEM_WORDS = {
    "_serial": Label("编号", "Serial"),
    "_state": Label("状态", "State"),
    "_organization": Label("单位", "Organization"),
    "_organization_name": Label("单位", "Organization"),
    "_region": Label("地区", "Region"),
    "_updated_at": Label("更新时间", "Updated"),
    "_submitted_at": Label("提交时间", "Submitted"),
    "_created_at": Label("创建时间", "Created"),
}
#: The order in which groups of changes are shown.
GROUPS = ("added", "changed", "moved", "retired")
_CHANGED = Label("有改动", "changed")


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One change in words. ``group`` is one of :data:`GROUPS`; ``subject`` is what is changed, as people call it."""

    group: str
    path: str
    kind: str
    change_class: str
    subject: str
    said: tuple[Said, ...] = ()


def change_items(
    old: Definition | None, new: Definition, language: str, names: Mapping[str, str] | None = None
) -> list[ChangeItem]:
    """Return what *new* changes against *old* in *language* (``zh`` or ``en``), group by group.

    :param names: what roles, resources and workflows are called, by key.
    """
    found: list[ChangeItem] = []
    for change in definition_changes(old, new):
        if change.kind == "order_changed" and old is not None:
            moved = list(_moved(old, new, language))
            found += moved or [_item(old, new, change, language, names or {})]
        else:
            found.append(_item(old, new, change, language, names or {}))
    return sorted(found, key=lambda item: GROUPS.index(item.group))


def _moved(old: Definition, new: Definition, language: str) -> Iterator[ChangeItem]:
    for move in moves(old, new):
        place = Label(f"{move.now.zh} 第 {move.place} 位", f"{move.now.get('en')}, place {move.place}").get(language)
        said = Said("", move.before.get(language) if move.before else None, place)
        subject = new.field(move.path).label.get(language)
        yield ChangeItem("moved", move.path, "order_changed", "cosmetic", subject, (said,))


def _item(
    old: Definition | None, new: Definition, change: DefinitionChange, language: str, names: Mapping[str, str]
) -> ChangeItem:
    before, after = _at(old, change.path), _at(new, change.path)
    group, subject = "changed", ""
    said: tuple[Said, ...]
    if before is None and after is None:
        group, subject, said = _of_form(old, new, change, language, names)
    elif before is None or after is None:
        named = after or before
        assert named is not None  # noqa: S101 - one of both is there
        group, subject = ("added" if before is None else "retired"), named.label.get(language)
        said = tuple(_introduced(new, named, language)) if before is None else (Said(_kind(named, language)),)
    else:
        subject = after.label.get(language)
        said = tuple(_said(old, new, change, language))
    return ChangeItem(group, change.path, change.kind, change.change_class, subject, said)


def _at(form: Definition | None, path: str) -> Field | None:
    return form.field(path) if form is not None and form.has(path) else None


def _kind(item: Field, language: str) -> str:
    unit = item.unit.get(language) if item.unit else ""
    name = field_types.get(item.type).label.get(language)
    return Label(f"{name}，{unit}", f"{name}, {unit}").get(language) if unit else name


def _introduced(form: Definition, item: Field, language: str) -> Iterator[Said]:
    """Yield what there is to say of a field that is new."""
    yield Said(_kind(item, language))
    if item.required:
        yield Said(Label("必填", "required").get(language))
    for name, words in (
        ("required_when", Label("满足条件时必填", "required when")),
        ("visible_when", Label("满足条件时显示", "shown when")),
        ("compute", Label("公式", "formula")),
    ):
        expression = getattr(item, name)
        if expression is not None:
            yield Said(words.get(language), None, readable(expression.text, form, language))


def _of_form(
    old: Definition | None, new: Definition, change: DefinitionChange, language: str, names: Mapping[str, str]
) -> tuple[str, str, tuple[Said, ...]]:
    """Return group, subject and sayings of a change of a section or of the form itself."""
    sections = [
        next((item for item in form.sections if item.key == change.path), None) if form is not None else None
        for form in (old, new)
    ]
    if any(sections):
        was, now = sections
        title = (now or was).title.get(language)  # type: ignore[union-attr]
        subject = Label(f"分组“{title}”", f"Section “{title}”").get(language)
        if was is None or now is None:
            return ("added" if was is None else "retired"), subject, ()
        if change.kind == "label_changed":
            words = Label("名称", "title").get(language)
            return "changed", subject, (Said(words, was.title.get(language), now.title.get(language)),)
        texts = [
            readable(item.visible_when.text, form, language) if item.visible_when and form else ""
            for item, form in ((was, old), (now, new))
        ]
        return "changed", subject, (Said(Label("显示条件", "shown when").get(language), *texts),)
    subject = FORM_WORDS.get(change.kind, Label(change.path)).get(language)
    name = change.kind.removesuffix("_changed")
    if name in {"resource", "workflow", "fill_roles", "title", "serial", "cycle", "kind", "help", "category"}:
        values = (_named(form.source.get(name) if form else None, language, names) for form in (old, new))
        return "changed", subject, (Said("", *values),)
    if name == "list":
        return "changed", subject, tuple(_list(old, new, language))
    if name == "unique":
        keys = [
            "；".join(_keys(form, unique.fields, language) for unique in form.unique) for form in (old, new) if form
        ]
        return "changed", subject, (Said("", *keys),)
    return "changed", subject, (Said(_CHANGED.get(language)),)


def _list(old: Definition | None, new: Definition, language: str) -> Iterator[Said]:
    """Yield which columns, which order and which fields of the search have changed."""
    for words, name in ((Label("列", "columns"), "columns"), (Label("搜索", "search"), "search")):
        values = [getattr(form.list, name) if form else () for form in (old, new)]
        if values[0] != values[1]:
            texts = (
                joined((_column(form, key, language) for key in keys), language)
                for form, keys in zip((old, new), values, strict=True)
            )
            yield Said(words.get(language), *texts)
    orders = [form.list.order if form else "" for form in (old, new)]
    if orders[0] != orders[1]:
        texts = (_column(form, order, language) for form, order in zip((old, new), orders, strict=True))
        yield Said(Label("排序", "order").get(language), *texts)


def _column(form: Definition | None, key: str, language: str) -> str:
    name = key.removeprefix("-")
    label = form.field(name).label if form is not None and form.has(name) else SYSTEM_WORDS.get(name, Label(name))
    return label.get(language) + (Label("（倒序）", " (descending)").get(language) if key.startswith("-") else "")


def _keys(form: Definition, keys: tuple[str, ...], language: str) -> str:
    return " + ".join(form.field(key).label.get(language) if form.has(key) else key for key in keys)


def _named(value: Any, language: str, names: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        return Label.of(value).get(language)
    if isinstance(value, list | tuple):
        return joined((names.get(str(item), str(item)) for item in value), language)
    return names.get(str(value), str(value)) if value else ""


def _said(old: Definition | None, new: Definition, change: DefinitionChange, language: str) -> Iterator[Said]:
    assert old is not None  # noqa: S101 - the field stands in both
    if change.kind in {"option_added", "option_retired", "option_text_changed"}:
        yield from options_said(change.kind, old.code_list(change.path), new.code_list(change.path), language)
        return
    saying = SAYINGS.get(change.kind)
    if saying is None:
        yield Said(_CHANGED.get(language))
    else:
        yield from saying((old, old.field(change.path)), (new, new.field(change.path)), language)


def change_lines(old: Definition | None, new: Definition, language: str) -> list[str]:
    """Return what *new* changes against *old* in *language*, one line per change, in the order of the definition."""
    return [_line(_item(old, new, change, language, {}), new, language) for change in definition_changes(old, new)]


def _line(item: ChangeItem, new: Definition, language: str) -> str:
    grade = CLASS_WORDS[item.change_class].get(language)
    said = ("；" if language == "zh" else "; ").join(plain(one, language) for one in item.said)
    if item.kind in {"field_added", "field_retired"}:
        words = Label("新增（{}）", "added ({})") if item.group == "added" else Label("停用（{}）", "retired ({})")
        said = words.get(language).format(said)
    is_field = item.kind == "field_retired" or new.has(item.path)
    subject = f"{item.path} {item.subject}" if is_field else item.subject
    return f"[{grade}] {subject}{'：' if language == 'zh' else ': '}{said}"
