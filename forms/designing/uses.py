"""Who refers to a field: rules, lists, unique keys, the workflow and other forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.checks.rules import rules as rules_of
from forms.definition import Definition
from forms.designing.formulas import placed
from forms.designing.outline import Outline, dicts
from forms.designing.rule_words import FRAMES, framed
from forms.expressions import ExpressionError, Node, condition_text, parse
from forms.labels import Label
from forms.rule_types import reads, reads_of_references
from forms.workflow import Workflow

RULES = ("visible_when", "required_when", "compute", "prefill", "option_filter")
#: What a rule of a workflow is called.
GUARD = Label("流程动作“{verb}”的条件", "The condition of the step “{verb}”")
REASSIGN = Label("流程动作“{verb}”按它改派", "The step “{verb}” reassigns by it")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a raw definition: its place, whose it is, its kind, its text, and its tree where it can be read."""

    place: str
    path: str
    kind: str
    text: str
    tree: Node
    readable: bool


@dataclass(frozen=True, slots=True)
class Use:
    """Something that refers to a field: ``place`` in this form, or the key of another ``form``; and in words."""

    place: str
    words: Label
    form: str = ""


def rules(outline: Outline) -> Iterator[Rule]:
    """Yield every rule, of sections, fields, columns and publication, whether or not it can be read."""
    for key, section in outline.sections.items():
        yield from _rule(f"{key}.visible_when", "", section.get("visible_when"))
    for path, place in outline.places.items():
        for name in RULES:
            yield from _rule(f"{path}.{name}", path, place.raw.get(name))
        for number, check in enumerate(dicts(place.raw.get("checks"))):
            yield from _rule(f"{path}.checks[{number}]", path, check.get("expression"))
    published = outline.raw.get("published_when")
    if isinstance(published, str):
        yield from _rule("published_when", "", published)
    elif isinstance(published, dict):
        yield from _rule("published_when.record", "", published.get("record"))
        rows = published.get("rows")
        for table, text in rows.items() if isinstance(rows, dict) else ():
            yield from _rule(f"published_when.rows.{table}", f"{table}.", text)


def _rule(place: str, path: str, raw: Any) -> Iterator[Rule]:
    if raw in (None, ""):
        return
    kind = placed(place)[1]
    try:
        text = condition_text(raw) if isinstance(raw, str | dict) else str(raw)
        yield Rule(place, path, kind, text, parse(text), readable=True)
    except ExpressionError:
        yield Rule(place, path, kind, str(raw), None, readable=False)


def sentence(rule: Rule, outline: Outline) -> Label:
    """Return what *rule* does in words; its text where it cannot be read."""
    if not rule.readable:
        return Label(rule.text)
    return framed(rule.kind if rule.kind in FRAMES else "checks", rule.tree, outline, rule.path)


def uses(outline: Outline, path: str, flow: Workflow | None, others: Iterable[Definition]) -> list[Use]:
    """Return what refers to the field at *path* and would break without it."""
    found = [*_in_rules(outline, path), *_in_settings(outline.raw, path)]
    for verb in flow.verbs if flow else ():
        if verb.guard and path in reads(verb.guard.tree, "", outline.types):
            found.append(Use("workflow", _named(GUARD, verb.label)))
        found += [
            Use("workflow", _named(REASSIGN, verb.label)) for effect in verb.effects if effect.get("reassign") == path
        ]
    form = outline.raw.get("key")
    for other in others:
        if other.key == form:
            continue
        places = dict.fromkeys(
            place
            for place, of, tree in rules_of(other)
            for target, key in reads_of_references(tree, of, other)
            if key == path and other.field(target).form == form
        )
        title = other.title
        found += [
            Use(place, Label(f"表单“{title.zh}”", f"The form “{title.get('en')}”"), other.key) for place in places
        ]
    return found


def _named(words: Label, verb: Label) -> Label:
    return Label(words.zh.format(verb=verb.zh), words.en.format(verb=verb.get("en")))


def _in_rules(outline: Outline, path: str) -> Iterator[Use]:
    for rule in rules(outline):
        if rule.readable and rule.path != path and path in reads(rule.tree, rule.path, outline.types, previous=True):
            whose = outline.label(rule.path.rstrip(".")) if rule.path else Label("")
            words = sentence(rule, outline)
            zh = f"“{whose.zh}”{words.zh}" if whose.zh else words.zh
            yield Use(rule.place, Label(zh, f"“{whose.get('en')}”: {words.en}" if whose.zh else words.en))


def _in_settings(raw: Mapping[str, Any], path: str) -> Iterator[Use]:
    settings = raw.get("list") if isinstance(raw.get("list"), dict) else {}
    assert isinstance(settings, dict)  # noqa: S101
    for name, words in (
        ("columns", Label("列表的一列", "A column of the list")),
        ("search", Label("列表的搜索范围", "Searched in the list")),
    ):
        if path in (settings.get(name) or []):
            yield Use(f"list.{name}", words)
    if str(settings.get("order") or "").removeprefix("-") == path:
        yield Use("list.order", Label("列表的排序", "The order of the list"))
    for number, unique in enumerate(dicts(raw.get("unique"))):
        if path in (unique.get("fields") or []):
            yield Use(f"unique[{number}]", Label("唯一性规则", "A unique key"))
    for number, taken in enumerate(dicts(raw.get("no_overlap"))):
        if path in [*(taken.get("fields") or []), taken.get("start"), taken.get("end")]:
            yield Use(f"no_overlap[{number}]", Label("时间不重叠的要求", "What may not overlap"))
    published = raw.get("published_when")
    if isinstance(published, dict):
        until = published.get("until") if isinstance(published.get("until"), dict) else {}
        assert isinstance(until, dict)  # noqa: S101
        shown = [
            *(published.get("fields") or []),
            *(key if name == "record" else f"{name}.{key}" for name, key in until.items()),
        ]
        if path in shown:
            yield Use("published_when", Label("公开设置", "What is published"))
    link = raw.get("organization")
    if isinstance(link, dict) and path in (link.get("name"), link.get("code"), link.get("region")):
        yield Use("organization", Label("核验后写入单位信息", "Copied to the organization once verified"))
    table, _, column = path.rpartition(".")
    for section in dicts(raw.get("sections")):
        for field in dicts(section.get("fields")):
            if table and field.get("key") == table:
                for name, words in (
                    ("totals", Label("明细表的合计列", "A total of the sub-table")),
                    ("unique_columns", Label("明细表行内唯一的列", "A unique column of the sub-table")),
                ):
                    if column in (field.get(name) or []):
                        yield Use(f"{table}.{name}", words)
                if field.get("fixed_rows") == column:
                    yield Use(f"{table}.fixed_rows", Label("明细表固定行的列", "The column of the fixed rows"))
            if not table and field.get("type_field") == path:
                yield Use(f"{field.get('key')}.type_field", Label("证件号码按它核对", "An ID number is checked by it"))
