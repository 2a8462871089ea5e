"""A fingerprint of what an export rests on: who has other rights by now makes it again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from app.builder.catalogue import definition
from app.records.projection.tables import form_table
from forms.definition import CLASSES

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.exchange.requests.using import Approval
    from forms.compiled import CompiledForm


def opened(actor: Actor, form: CompiledForm, approved: Approval | None) -> frozenset[str]:
    """Return the paths that may leave in plain: what a request was approved for; all of them for the operator.

    He has the database itself (docs/decisions/0054).
    """
    if approved is not None:
        return approved.plain
    return frozenset(form.by_path) if actor.is_operator else frozenset()


def fingerprint(actor: Actor, form_key: str, version_no: int) -> str:
    """Return the same text as long as the actor would be shown the same cells of the same rows.

    :param version_no: of the form when the export was made; a field that has got a stricter class since counts as
        a change of rights, one that was added does not.
    """
    table = form_table(form_key)
    rules = [
        [letter, sorted((rule.scope, rule.mode) for rule in actor.rules(table.resource, letter))] for letter in "VE"
    ]
    classes = {}
    for path, item in definition(form_key, version_no).walk():
        present = table.definition.field(path).class_ if table.definition.has(path) else item.class_
        classes[path] = max(item.class_, present, key=CLASSES.index)
    basis = [actor.post_id, actor.role, actor.region, sorted(actor.organizations), table.resource, rules, classes]
    return hashlib.sha256(orjson.dumps(basis, option=orjson.OPT_SORT_KEYS)).hexdigest()
