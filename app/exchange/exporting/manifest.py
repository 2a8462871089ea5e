"""What an export says of itself: who made it, when, of what, and what of it is masked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app.access.law import row_rules
from app.exchange.exporting.asking import ALL
from app.exchange.layout import SYSTEM, label_of
from app.identity.service import role_label
from app.records.lists.cell_status import ASIDE, BY_RULE, HIDDEN, NOT_ASKED, WORDS
from app.records.projection.columns import CHARGE, MINE, OTHERS
from app.records.reading.record import state_label
from forms.definition import CLASSES
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.exchange.exporting.asking import Spec
    from app.exchange.exporting.spreading import Spread
    from app.exchange.requests.using import Approval
    from app.records.projection.tables import FormTable

OPERATORS = {
    "eq": Label("等于", "is"),
    "ne": Label("不等于", "is not"),
    "in": Label("属于", "is one of"),
    "not_in": Label("不属于", "is none of"),
    "empty": Label("为空", "is empty"),
    "not_empty": Label("不为空", "is not empty"),
    "lt": Label("小于", "is below"),
    "lte": Label("不大于", "is at most"),
    "gt": Label("大于", "is above"),
    "gte": Label("不小于", "is at least"),
    "between": Label("介于", "lies between"),
    "contains": Label("包含", "contains"),
    "starts": Label("开头为", "begins with"),
    "under": Label("属于（含下级）", "lies under"),
    "has_any": Label("含有任一", "has any of"),
    "has_all": Label("含有全部", "has all of"),
}
SCOPES = {
    "city": Label("全市", "The whole city"),
    "region": Label("本县区（{region}）", "The own region ({region})"),
    "own": Label("本单位（{organization}）", "The own organization ({organization})"),
    "published": Label("已公开的记录", "Published records"),
}
NONE = Label("无", "None")
LEGEND = {
    NOT_ASKED: Label("填报时的版本没有这个字段", "the version filled in did not have the field"),
    BY_RULE: Label("按表单规则不需填写", "by a rule of the form there was nothing to fill in"),
    HIDDEN: Label("不在您的权限内", "not within your rights"),
    ASIDE: Label("不符合新的字段类型，原文在后", "did not fit the field's new type; as it was written follows"),
}
BLANK = Label("；空白：没有填写", "; blank: nothing was filled in")
CHARGES = {
    MINE: Label("本单位或本辖区", "of the own organization or region"),
    OTHERS: Label("其他单位公开的", "published by others"),
}
MASKING = Label(
    "个人信息以脱敏形式导出；敏感信息不导出。", "Personal data are masked in exports; secret data are left out."
)

IN_PLAIN = Label(
    "个人信息经批准以明文导出，含申请提出前已有的记录；只用于上述用途，到期请删除。敏感信息不导出。",
    "Personal data are in plain by an approved request, of records that were there when it was asked. Use them for the"
    " purpose above alone, and delete the file when its time is over. Secret data are left out.",
)

OF_OPERATOR = Label(
    "由系统运维人员在服务器上以明文导出，含个人信息和敏感信息；只用于上述用途，用完请删除。",
    "Taken out in plain by the operator, at the server's command line, personal and secret data with it. Use it for the"
    " purpose above alone, and delete the file when it has served it.",
)


def lines(
    actor: Actor,
    table: FormTable,
    spec: Spec,
    spread: Spread,
    *,
    at: datetime,
    records: int,
    cut: int,
    approved: Approval | None = None,
) -> list[tuple[str, str]]:
    """Return names and texts, in the language of the export.

    :param approved: the request by which personal data are in it in plain.
    """
    lang, form = spread.lang, table.definition
    found: list[tuple[Label, str]] = [
        (Label("表单", "Form"), f"{form.title.get(lang)} ({form.key})"),
        (Label("表单版本", "Version of the form"), _versions(table, spec, lang)),
        (Label("导出人", "Exported by"), actor.name),
        (Label("角色", "Role"), role_label(actor.role).get(lang)),
        (Label("单位", "Organization"), actor.organization_name),
        (Label("导出时间", "Exported at"), at.astimezone().strftime("%Y-%m-%d %H:%M:%S")),
        (Label("数据范围", "Scope"), _scope(actor, table, spread)),
        (Label("筛选条件", "Filter"), filter_in_words(table, spec, lang)),
        (Label("记录数", "Records"), str(records)),
    ]
    for sheet in spread.sheets:
        if sheet.key:
            title = Label(f"“{sheet.name}”行数", f"Rows of “{sheet.name}”")
            found.append((title, str(spread.rows.get(sheet.key, 0))))
    found += [
        *(_of_request(approved) if approved is not None else ()),
        *(((Label("明文列", "Columns in plain"), _columns(spread, spread.plain)),) if spread.opened else ()),
        (Label("脱敏列", "Masked columns"), _columns(spread, spread.masked)),
        (Label("用途", "Purpose"), spec.purpose or NONE.get(lang)),
        (Label("说明", "Note"), _note(actor, approved).get(lang)),
    ]
    if spec.versions == ALL:
        legend = ("；" if lang == "zh" else "; ").join(
            f"{WORDS[kind].get(lang)} {LEGEND[kind].get(lang)}" for kind in LEGEND
        )
        found.append((Label("空单元格", "Empty cells"), f"{legend}{BLANK.get(lang)}"))
    if cut:
        text = Label(f"{cut} 个单元格过长，已截断", f"{cut} cells were too long and are cut")
        found.append((Label("截断", "Cut"), text.get(lang)))
    return [(name.get(lang), text) for name, text in found]


def _note(actor: Actor, approved: Approval | None) -> Label:
    if actor.is_operator:
        return OF_OPERATOR
    return MASKING if approved is None else IN_PLAIN


def _of_request(approved: Approval) -> list[tuple[Label, str]]:
    return [
        (Label("申请编号", "Request"), approved.number),
        (Label("申请时间", "Asked at"), _minute(approved.asked_at)),
        (Label("审批人", "Approved by"), approved.decided_by),
        (Label("审批时间", "Approved at"), _minute(approved.decided_at) if approved.decided_at else ""),
        (Label("有效期至", "Valid until"), _minute(approved.valid_until)),
    ]


def watermark(actor: Actor, approved: Approval, lang: str) -> str:
    """Return what stands at the foot of every printed page of an export in plain."""
    return Label(
        f"内部资料 {actor.name} {approved.number}，有效期至 {_minute(approved.valid_until)}",
        f"Internal · {actor.name} · {approved.number} · valid until {_minute(approved.valid_until)}",
    ).get(lang)


def _minute(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _versions(table: FormTable, spec: Spec, lang: str) -> str:
    if spec.versions != ALL:
        return str(table.version_no)
    return Label(f"全部版本（1 至 {table.version_no}）", f"All versions (1 to {table.version_no})").get(lang)


def _scope(actor: Actor, table: FormTable, spread: Spread) -> str:
    lang = spread.lang
    scopes = {rule.scope for rule in row_rules(actor, table.resource, "E")}
    known = {"region": spread.regions.get(actor.region, actor.region), "organization": actor.organization_name}
    names = [label.format(**known).get(lang) for scope, label in SCOPES.items() if scope in scopes]
    return ("、" if lang == "zh" else ", ").join(names) or NONE.get(lang)


def filter_in_words(table: FormTable, spec: Spec, lang: str, classes: Collection[str] = CLASSES) -> str:
    """Return what an export is limited to.

    :param classes: of the fields whose values are told; of others only that they are compared.
    """
    parts = [_condition(table, item, lang, classes) for item in spec.filters]
    if spec.q:
        parts.append(Label(f"搜索“{spec.q}”", f"Search “{spec.q}”").get(lang))
    return ("；" if lang == "zh" else "; ").join(parts) or NONE.get(lang)


def _condition(table: FormTable, item: Mapping[str, Any], lang: str, classes: Collection[str]) -> str:
    path, op = str(item.get("field")), str(item.get("op"))
    form = table.definition
    name = label_of(form.field(path), lang) if form.has(path) else _system(path, lang)
    words = OPERATORS[op].get(lang) if op in OPERATORS else op
    value = item.get("value")
    if op in {"empty", "not_empty"} or value is None:
        return f"{name} {words}"
    class_ = form.field(path).class_ if form.has(path) else "public" if path.startswith("_") else CLASSES[-1]
    if class_ not in classes:
        return f"{name} {words} ***"
    values = value if isinstance(value, list) else [value]
    return f"{name} {words} {'、'.join(_value(table, path, one, lang) for one in values)}"


def _system(path: str, lang: str) -> str:
    if path == CHARGE:
        return Label("范围", "Whose").get(lang)
    return SYSTEM[path].get(lang) if path in SYSTEM else path


def _value(table: FormTable, path: str, value: Any, lang: str) -> str:
    form = table.definition
    if path == CHARGE:
        return CHARGES[value].get(lang)
    if path == "_state":
        return state_label(form, str(value)).get(lang)
    if not form.has(path):
        return str(value)
    item, codes = form.field(path), form.code_list(path)
    if codes is not None and isinstance(value, str):
        option = codes.get(value)
        return option.label.get(lang) if option is not None else value
    try:
        return field_type(item.type).display(item, table.compiled.by_path[path].check(value), lang, codes)
    except (ValueError, TypeError, ArithmeticError):
        return str(value)


def _columns(spread: Spread, paths: Collection[str]) -> str:
    lang = spread.lang
    names = [_path(spread, path, lang) for path in spread.form.by_path if path in paths]
    return ("、" if lang == "zh" else ", ").join(names) or NONE.get(lang)


def _path(spread: Spread, path: str, lang: str) -> str:
    parent = path.partition(".")[0]
    labels: Iterable[str] = (
        spread.form.definition.field(each).label.get(lang) for each in dict.fromkeys((parent, path))
    )
    return "·".join(labels)
