"""What rules and prefilled answers may know: the organization, its profile, the person, other records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import account_of, today
from app.access.law import Mode
from app.access.query import row_modes, select_rows, tagged
from app.builder.catalogue import catalogue, definitions
from app.database import db
from app.identity.models import Organization
from app.records.models import VOID, Record, RecordRevision
from app.records.projection.tables import form_table
from forms.compiled import Context
from forms.expressions import variables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from app.access.actor import Actor
    from forms.definition import Definition

#: The variable that stands for the profile record of the organization.
PROFILE = "_profile"


def profile_of(organization: Organization) -> dict[str, str] | None:
    """Return the reference to the profile record of an organization, the newest if there are several."""
    for form in definitions().values():
        link = form.organization
        if link is None or link.kind != organization.kind:
            continue
        main = form_table(form.key).main
        statement = (
            sa.select(main.c._id, main.c._organization_name)
            .where(main.c._organization == organization.id, main.c._state != VOID, main.c._batch.is_(None))
            .order_by(main.c._updated_at.desc())
            .limit(1)
        )
        row = db.session.execute(tagged(statement, "profile of the organization that is filled for")).first()
        if row is not None:
            return {"id": row[0], "label": row[1]}
    return None


def _uses_profile(form: Definition) -> bool:
    def ask() -> bool:
        trees = [field.prefill.tree for _, field in form.walk() if field.prefill is not None]
        return any(name.partition(".")[0] == PROFILE for tree in trees for name in variables_of(tree))

    return catalogue().keep(("uses_profile", id(form)), ask)


def answers_of(record_id: str) -> dict[str, Any]:
    """Return the answers of a record's head, past the law: for a caller that has applied it."""
    record, revision = Record.__table__, RecordRevision.__table__
    statement = (
        sa.select(revision.c.answers)
        .join(record, sa.and_(revision.c.record_id == record.c.id, revision.c.no == record.c.head_no))
        .where(record.c.id == record_id)
    )
    found: dict[str, Any] | None = db.session.scalar(tagged(statement, "head of a record already scoped"))
    return found or {}


def reference_reader(actor: Actor) -> Callable[[str, str, str], Any]:
    """Return the function that reads a field of a referenced record, where it is plain to *actor*; else ``None``."""
    known: dict[tuple[str, str], tuple[Mapping[str, Any], Mapping[str, Mode]]] = {}

    def load(form_key: str, record_id: str) -> tuple[Mapping[str, Any], Mapping[str, Mode]]:
        found = catalogue().heads.get(form_key)
        if found is None or not found.no:
            return {}, {}
        table = form_table(form_key)
        statement = select_rows(actor, table, "V", columns=["_id"]).where(table.main.c._id == record_id)
        row = db.session.execute(statement).mappings().first()
        if row is None:
            return {}, {}
        return answers_of(record_id), row_modes(actor, table, "V", row)

    def read(form_key: str, record_id: str, field_key: str) -> Any:
        if (form_key, record_id) not in known:
            known[form_key, record_id] = load(form_key, record_id)
        answers, modes = known[form_key, record_id]
        return answers.get(field_key) if modes.get(field_key) is Mode.PLAIN else None

    return read


def context_for(
    actor: Actor,
    form: Definition,
    organization: Organization,
    *,
    state: str = "",
    previous: Mapping[str, Any] | None = None,
    day: date | None = None,
    prefilling: bool = False,
) -> Context:
    """Return the context of the rules of a record that belongs to *organization*.

    :param prefilling: also find what only a new record asks for: the profile and the person's own data.
    """
    variables: dict[str, Any] = {
        "org_id": str(organization.id),
        "org_name": organization.name,
        "org_code": organization.code,
        "org_kind": organization.kind,
        "organization": {"id": str(organization.id), "label": organization.name},
        "region": organization.region,
        "state": state,
        "user_name": actor.name,
    }
    if prefilling:
        account = account_of(actor.user_id) if actor.user_id is not None else None
        variables["user_mobile"] = account.mobile if account is not None else None
        if _uses_profile(form):
            variables["profile"] = profile_of(organization)
    return Context(
        today=day or today(),
        role=actor.role,
        variables=variables,
        reference=reference_reader(actor),
        previous=previous,
    )
