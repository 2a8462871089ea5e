"""What is wrong with a draft, seen from everything else: other forms, workflows, roles and their grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.catalogue import catalogue, code_lists, definition, definitions, find_workflow
from app.builder.locking import lock_issues
from app.database import db
from app.identity.models import GrantRow, Resource, RoleDefinition
from app.records.projection.schema import RESERVED
from forms.answers.problems import Problem
from forms.checking import check_definition
from forms.checks.keys import keys
from forms.files.loading import Issue
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forms.definition import CodeList, Definition
    from forms.workflow import Workflow


#: Pages and calls beside those of single forms: a form of that name could not be reached.
TAKEN_ADDRESSES = frozenset({"blocks", "lists", "new", "read", "requests", "upload"})


def key_issues(form: Definition) -> list[Issue]:
    """Return what is wrong with the key of a form, which stays as it is from the first draft on."""
    found = [issue for issue in keys(form) if issue.code == "form_key"]
    if form.key in TAKEN_ADDRESSES:
        text = Label(f"表单代码不能用“{form.key}”，请换一个", f"A form cannot have the key {form.key!r}; take another")
        found.append(Issue("form_key", "key", text))
    return found


def _roles_with(resource: str, action: str) -> set[str]:
    rows = db.session.execute(sa.select(GrantRow.role, GrantRow.actions).where(GrantRow.resource == resource))
    return {row.role for row in rows if action in row.actions}


def _workflow_issues(found: Workflow, resource: str) -> Iterator[Issue]:
    for verb in found.verbs:
        if not verb.action:
            continue
        allowed = _roles_with(resource, verb.action)
        for role in verb.by:
            if role not in allowed:
                message = Label(
                    f"流程动作“{verb.label.zh}”指定了角色“{role}”，但该角色没有相应权限（{verb.action}）",
                    f"Verb {verb.key!r} names role {role!r}, which has no grant for {verb.action}",
                )
                # The others may still act, so this does not stop the form.
                yield Issue("contradiction", f"workflow.{verb.key}", message, "warning")


def _anonymity_issues(raw: Mapping[str, Any], resource: str) -> Iterator[Issue]:
    """Yield what would break the promise of an anonymous form, now or as it was once made."""
    settings = raw.get("visitors")
    anonymous = isinstance(settings, dict) and settings.get("anonymous") is True
    known = db.session.get(Resource, resource)
    if known is not None and known.anonymous != anonymous:
        message = Label(
            f"权限资源“{resource}”{'不' if anonymous else ''}是匿名的，与表单的设置不符",
            f"The resource {resource!r} is {'not ' if anonymous else ''}an anonymous one, which the form has to match",
        )
        yield Issue("anonymous_resource", "resource", message)
    head = catalogue().heads.get(str(raw.get("key") or ""))
    if head is not None and head.no and definition(head.key).anonymous and not anonymous:
        message = Label("匿名表单以后的版本也须匿名", "A form that was anonymous has to stay so")
        yield Issue("anonymous_stays", "visitors.anonymous", message)


def issues_of(
    raw: Mapping[str, Any],
    lists: Mapping[str, CodeList] | None = None,
    beside: Mapping[str, Definition] | None = None,
) -> list[Issue]:
    """Return every error and warning of a definition.

    *lists* are code lists that came with it, *beside* forms that came along and may be referred to.
    """
    resource, named = str(raw.get("resource") or ""), str(raw.get("workflow") or "")
    found = find_workflow(named) if named else None
    roles = set(db.session.scalars(sa.select(RoleDefinition.key)))
    known: dict[str, Any] = {**dict.fromkeys(catalogue().heads), **definitions(), **(beside or {})}
    issues = check_definition(
        raw,
        {**code_lists(), **(lists or {})},
        known,
        workflow=found,
        roles=roles or None,
        may_create=_roles_with(resource, "C") if roles else None,
    )
    issues += _anonymity_issues(raw, resource)
    if named and found is None:
        issues.append(Issue("workflow", "workflow", Label(f"没有流程“{named}”", f"There is no workflow {named!r}")))
    for section in raw.get("sections") or []:
        for field in (section.get("fields") or []) if isinstance(section, dict) else []:
            if isinstance(field, dict) and field.get("type") == "subtable" and field.get("key") in RESERVED:
                text = Label(f"明细表不能叫“{field['key']}”", f"A sub-table cannot be called {field['key']!r}")
                issues.append(Issue("reserved_key", str(field["key"]), text))
    if found is not None:
        issues += _workflow_issues(found, resource)
    issues += lock_issues(raw)
    return issues


def problems_of(issues: Iterable[Issue]) -> list[Problem]:
    """Return issues as the problems of an answer."""
    return [Problem(issue.path, None, issue.code, issue.message, issue.level) for issue in issues]


def errors_of(issues: Iterable[Issue]) -> list[Issue]:
    """Return those that forbid publishing."""
    return [issue for issue in issues if issue.level == "error"]
