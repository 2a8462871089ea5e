"""The draft as an entry page with answers that are thrown away, and why each field shows or is required."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask_babel import gettext

from app.access.actor import today
from app.builder import service
from app.builder.editor import overview
from app.records.entry.renderer import EntryPage, RecordHead, Urls, entry_page
from app.records.reading.show_page import foreign
from forms.answers.answer import Context
from forms.answers.prefill import prefill
from forms.compiled import CompiledForm, compile_form
from forms.designing.rule_words import framed
from forms.field_types import get as field_type
from forms.files.loading import DefinitionError, parse_definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.builder.editor.desk import Desk
    from forms.definition import Expr

#: What stands for records that a reference might choose: a preview shows no real ones.
SAMPLE = "sample"
#: What leaves nothing to draw: a circle has no order in which to work it out, a pattern that is none checks nothing, a
#: table without columns has no rows.
_UNDRAWABLE = frozenset({"cycle", "duplicate_key", "duplicate_section", "settings", "no_columns", "nested"})


def compiled(desk: Desk) -> CompiledForm | None:
    """Return the draft as it would be filled in; None where something keeps it from being drawn at all."""
    if obstacles(desk):
        return None
    return compile_form(parse_definition(desk.raw, service.code_lists()))


def obstacles(desk: Desk) -> list[dict[str, Any]]:
    """Return what must be mended before the draft can be drawn."""
    try:
        parse_definition(desk.raw, service.code_lists())
    except DefinitionError:
        return [item for item in overview.told(desk) if item["error"]]
    undrawable = {issue.path for issue in desk.issues if issue.code in _UNDRAWABLE and issue.level == "error"}
    return [item for item in overview.told(desk) if item["error"] and item["path"] in undrawable]


def state_of(desk: Desk) -> str:
    """Return the state in which a record begins."""
    named = desk.raw.get("workflow")
    flow = service.find_workflow(named) if isinstance(named, str) and named else None
    return flow.initial if flow is not None else "draft"


def context(desk: Desk, role: str) -> Context:
    """Return what rules know of whoever tries the form out: a made-up organization, a role."""
    name = gettext("示例单位")
    variables = {
        "org_id": "0",
        "org_name": name,
        "org_code": "",
        "org_kind": "",
        "organization": {"id": "0", "label": name},
        "region": "",
        "state": state_of(desk),
        "user_name": gettext("示例填报人"),
        "user_mobile": None,
        "profile": {},
    }
    return Context(today=today(), role=role or None, variables=variables, reference=lambda *_: None)


def start(form: CompiledForm, known: Context) -> dict[str, Any]:
    """Return what a new record starts with."""
    return dict(prefill(form, known))


def page(
    desk: Desk,
    form: CompiledForm,
    answers: Mapping[str, Any],
    known: Context,
    *,
    checked: bool,
    query: Mapping[str, str],
) -> EntryPage:
    """Return the entry page of the draft; *checked*: with what would keep these answers from being submitted."""
    sample = [{"id": SAMPLE, "label": gettext("示例记录")}]
    references = {path: sample for path, item in form.definition.walk() if field_type(item.type).refers}
    return entry_page(
        form,
        answers,
        context=known,
        urls=Urls(f"/forms/{desk.form_key}/preview?{urlencode(query)}"),
        mode="add",
        lang=desk.lang,
        record=RecordHead(),
        references=references,
        problems=form.validate(answers, context=known) if checked else (),
        submit_label=gettext("检查能否提交"),
    )


def reasons(desk: Desk, form: CompiledForm, answers: Mapping[str, Any], known: Context) -> list[dict[str, str]]:
    """Return, for every field with a rule, whether it shows and is required with these answers, and why."""
    state = form.evaluate(answers, context=known)
    found = []
    for section in form.definition.sections:
        for item in section.fields:
            rules = [(rule, "visible_when", section.key if rule is section.visible_when else item.key) for rule in (
                section.visible_when, item.visible_when,
            ) if rule]  # fmt: skip
            if item.required_when:
                rules.append((item.required_when, "required_when", item.key))
            if not rules and not item.required:
                continue
            shown, required = item.key in state.visible, item.required or item.key in state.required
            said = [_said(desk, rule, kind, item.key) for rule, kind, _ in rules]
            if item.required:
                said.append(gettext("总是必填"))
            found.append(
                {
                    "label": item.label.get(desk.lang),
                    "lang": foreign(item.label, desk.lang),
                    "state": _state(shown=shown, required=required),
                    "why": gettext("；").join(said),
                    "address": f"{desk.base}/fields/{item.key}",
                }
            )
    return found


def _state(*, shown: bool, required: bool) -> str:
    if not shown:
        return str(gettext("隐藏"))
    return str(gettext("显示，必填") if required else gettext("显示，选填"))


def _said(desk: Desk, rule: Expr, kind: str, path: str) -> str:
    return framed(kind, rule.tree, desk.outline, path).get(desk.lang)
