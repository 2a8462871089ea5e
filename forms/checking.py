"""Checks a form before it is published: what would break, and what would puzzle its readers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from forms.checks.fields import fields
from forms.checks.issues import error
from forms.checks.keys import keys
from forms.checks.language import language
from forms.checks.options import options
from forms.checks.parties import parties
from forms.checks.rules import sound
from forms.checks.settings import settings
from forms.checks.surroundings import references
from forms.checks.surroundings import roles as named_roles
from forms.checks.visitors import visitors
from forms.checks.workflows import workflow as fits
from forms.definition import CodeList, Definition
from forms.files.loading import parse_definition
from forms.files.reading import DefinitionError, Issue
from forms.workflow import Workflow

__all__ = ["Issue", "check_definition"]


def check_definition(
    raw: Mapping[str, Any],
    code_lists: Mapping[str, CodeList],
    forms: Mapping[str, Definition | None] | None = None,
    *,
    states: Collection[str] | None = None,
    roles: Collection[str] | None = None,
    may_create: Collection[str] | None = None,
    workflow: Workflow | None = None,
) -> list[Issue]:
    """Return everything wrong with *raw*.

    :param forms: the other forms, for references; None leaves references unchecked.
    :param states: states of the form's workflow; None leaves states unchecked unless there is a *workflow*.
    :param roles: the roles there are.
    :param may_create: roles with a grant to create on the form's resource: those that fill it need one.
    :param workflow: the form's workflow; None leaves it unchecked.
    """
    try:
        definition = parse_definition(raw, code_lists)
    except DefinitionError as broken:
        return broken.issues
    found = list(_inside(definition))
    if forms is not None:
        found += references(definition, forms)
    if workflow is not None:
        found += fits(definition, workflow)
        states = workflow.states if states is None else states
    if states is not None:
        found += _states(definition, states)
    return [*found, *named_roles(definition, roles, may_create)]


def _inside(definition: Definition) -> Iterator[Issue]:
    for check in (keys, settings, fields, options, sound, language, visitors, parties):
        yield from check(definition)


def _states(definition: Definition, states: Collection[str]) -> Iterator[Issue]:
    published = definition.published_when
    for state in published.states if published else ():
        if state not in states:
            yield error(
                "state",
                "published_when.states",
                f"流程没有状态“{state}”",
                f"The workflow has no state “{state}”",
            )
