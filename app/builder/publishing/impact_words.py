"""What a change of a form means for what was filled in already, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext

if TYPE_CHECKING:
    from app.builder.publishing.tallies import Tally
    from app.records.versions.surveying import FieldSurvey
    from forms.definition import Definition
    from forms.versions.words import ChangeItem

#: Changes that touch nothing that was filled in.
_HARMLESS = frozenset({"cosmetic"})


def consequence(item: ChangeItem, tally: Tally, new: Definition) -> str:
    """Return what the change means for records and drafts; empty where it means nothing to them."""
    filled = _filled(tally)
    match item.kind:
        case "field_added":
            return _added(item, tally, new)
        case "field_retired":
            if not filled:
                return str(gettext("没有记录填过此项。"))
            return str(gettext("%(filled)s有值；数据保留，不再显示，可在历史版本查看和导出。", filled=filled))
        case "option_retired":
            if not filled:
                return str(gettext("没有记录选用。"))
            return str(gettext("%(filled)s选用；已填的保留并标明停用，今后不能再选。", filled=filled))
        case "type_changed":
            return str(gettext("%(filled)s有值。", filled=filled)) if filled else ""
        case "required_changed" if item.change_class != "additive":
            if not tally.empty:
                return str(gettext("已提交的记录都有值。")) if tally.all_records else ""
            return str(gettext("%(count)s 条已提交记录此项为空；仍然有效，再次提交时须补填。", count=tally.empty))
        case "class_changed" | "mask_changed":
            return str(gettext("%(filled)s有值，谁能看到随之改变。", filled=filled)) if filled else ""
        case "unique_changed":
            return str(gettext("%(count)s 条已提交记录按新的唯一键核对，有重复则不能发布。", count=tally.all_records))
        case "resource_changed" | "workflow_changed" | "fill_roles_changed" | "published_when_changed":
            return (
                str(gettext("对已有的 %(count)s 条记录同样生效。", count=tally.all_records))
                if tally.all_records
                else ""
            )
        case _:
            if item.change_class in _HARMLESS or not filled:
                return ""
            if item.change_class == "additive":
                return str(gettext("%(filled)s有值，不受影响。", filled=filled))
            return str(gettext("%(filled)s有值；已提交的按原版本保留，再次提交时按新要求检查。", filled=filled))


def converted(found: FieldSurvey, *, complete: bool) -> str:
    """Return what converting the answers of a field would do."""
    text = gettext(
        "试转换：%(ok)s 个答案照常，%(changed)s 个读法改变，%(aside)s 个转不了、另存待处理。",
        ok=found.ok,
        changed=found.changed,
        aside=found.aside,
    )
    return str(text) if complete else f"{text}{gettext('（只试了一部分）')}"


def _added(item: ChangeItem, tally: Tally, new: Definition) -> str:
    count = tally.all_records
    if not count and not tally.all_drafts:
        return ""
    field = new.field(item.path)
    if field.compute is not None:
        return str(gettext("已有 %(count)s 条记录不补算，再次保存时计算。", count=count))
    if field.required:
        return str(gettext("已有 %(count)s 条记录此项为空；仍然有效，再次提交时须填。", count=count))
    if field.required_when is not None:
        return str(gettext("已有 %(count)s 条记录此项为空；再次提交时符合条件的须填。", count=count))
    return str(gettext("已有 %(count)s 条记录此项为空；选填，无需处理。", count=count))


def _filled(tally: Tally) -> str:
    """Return ``12 条记录、3 份草稿``; empty where there are none."""
    parts = []
    if tally.records:
        parts.append(gettext("%(count)s 条记录", count=tally.records))
    if tally.drafts:
        parts.append(gettext("%(count)s 份草稿", count=tally.drafts))
    return str(gettext("、")).join(parts)


def touches_data(item: ChangeItem, tally: Tally) -> bool:
    """Tell whether a change bears on what was filled in: it tightens or restructures where there is something."""
    return item.change_class in {"tightening", "structural"} and bool(tally.all_records + tally.all_drafts)
