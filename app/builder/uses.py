"""Where a field is used: rules of its form, list, search, print and unique keys; and fields of other forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.catalogue import definitions
from forms.checks.rules import rules
from forms.expressions import variables_of
from forms.labels import Label
from forms.rule_types import reads_of_references

if TYPE_CHECKING:
    from forms.definition import Definition

RULE_WORDS = {
    "visible_when": Label("显示条件", "when it is shown"),
    "required_when": Label("必填条件", "when it is required"),
    "compute": Label("公式", "formula"),
    "prefill": Label("预填", "prefill"),
    "option_filter": Label("选项过滤", "option filter"),
    "checks": Label("校验", "check"),
}


def rules_naming(form: Definition, path: str) -> list[str]:
    """Return the places of the rules that name a field."""
    key = path.rpartition(".")[2]
    names = {path, key, f"parent.{key}", f"previous.{key}"}
    return [place for place, _, tree in rules(form) if names & set(variables_of(tree))]


def rule_label(form: Definition, place: str) -> Label:
    """Return what the place of a rule is called: ``salary_max.checks[0]`` → 「月薪上限」的校验."""
    if place.startswith("published_when."):
        return Label("公开条件", "when it is open to all")
    owner, _, rule = place.rpartition(".")
    words = RULE_WORDS[rule.partition("[")[0]]
    section = next((item.title for item in form.sections if item.key == owner), Label(owner))
    name = form.field(owner).label if form.has(owner) else section
    return Label(f"「{name.zh}」的{words.zh}", f"“{name.get('en')}”: {words.en}")


def views_with(form: Definition, path: str) -> list[Label]:
    """Return the views of a form that a field is part of: list, order, search, print, unique keys, what is public."""
    places = {
        Label("列表列", "column of the list"): path in form.list.columns,
        Label("列表排序", "order of the list"): path == form.list.order.removeprefix("-"),
        Label("搜索", "search"): path in form.list.search,
        Label("唯一键", "unique key"): any(path in unique.fields for unique in form.unique),
        Label("单位信息", "data of the organization"): bool(form.organization)
        and path in (form.organization.name, form.organization.code, form.organization.region),  # type: ignore[union-attr]
        Label("公开内容", "what is open to all"): bool(form.published_when)
        and path in (*form.published_when.fields, *form.published_when.until.values()),  # type: ignore[union-attr]
    }
    return [label for label, used in places.items() if used]


def other_forms(form_key: str) -> dict[str, list[Label]]:
    """Return, by path, the fields of other published forms that read a field of this one through a reference."""
    found: dict[str, list[Label]] = {}
    for other in definitions().values():
        if other.key == form_key:
            continue
        for place, path, tree in rules(other):
            for target, name in reads_of_references(tree, path, other):
                if other.field(target).form == form_key:
                    rule = rule_label(other, place)
                    label = Label(f"《{other.title.zh}》{rule.zh}", f"{other.title.get('en')}: {rule.en}")
                    found.setdefault(name, []).append(label)
    return found
