"""From what somebody sent to answers that may be stored: his fields only, references and files checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import Mode
from app.access.query import tagged
from app.database import db
from app.errors import Invalid
from app.records.models import File, uploads_of
from app.records.writing import references
from app.records.writing.owners import NOT_YOURS, closed_to, owner_field
from forms.answers import fixed_rows
from forms.answers.answer import is_empty, rows_of
from forms.answers.prefill import prefill_row
from forms.answers.problems import Invalid as Unfit
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.field_types.subtable import LIMIT
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from forms.answers.answer import Column
    from forms.compiled import CompiledForm, Context
    from forms.definition import Field
    from forms.field_types import FieldType

READ_ONLY = Label("此项由系统带出，不能修改", "This is filled in by the system and cannot be changed")
NOT_CHOSEN = Label("请从列表中选择", "Choose from the list")
NOT_UPLOADED = Label("请重新上传附件", "Upload the attachment again")
UNKNOWN = Label("表单没有这个字段", "The form has no such field")
#: Beyond this many rows a draft, too, would keep every other writer of an SQLite database waiting.
TOO_MANY_ROWS = Label(
    f"一个明细表最多 {LIMIT:,} 行，请分成几份填报", f"A sub-table has at most {LIMIT:,} rows; fill in several records"
)

#: No database takes any number of values with one statement.
_CHUNK = 500

Answers = dict[str, Any]


def cells(
    form: CompiledForm, answers: Mapping[str, Any], wanted: Callable[[FieldType], bool]
) -> Iterator[tuple[str, int | None, Any]]:
    """Yield path, row and value of every filled answer of the field types that are *wanted*."""
    for item in form.definition.fields:
        if item.fields:
            for number, row in enumerate(rows_of(answers.get(item.key)), 1):
                for column in item.fields:
                    if wanted(field_type(column.type)) and not is_empty(row.get(column.key)):
                        yield f"{item.key}.{column.key}", number, row[column.key]
        elif wanted(field_type(item.type)) and not is_empty(answers.get(item.key)):
            yield item.key, None, answers[item.key]


def _refers(kind: FieldType) -> bool:
    return kind.refers


def _attached(kind: FieldType) -> bool:
    return kind.attachment


def changes_of(
    actor: Actor,
    form: CompiledForm,
    raw: Mapping[str, Any],
    *,
    current: Mapping[str, Any],
    rights: Mapping[str, Mode],
    context: Callable[[], Context],
    modes: Mapping[str, Mode] | None = None,
    record_id: str | None = None,
) -> Answers:
    """Return *raw* cleaned and reduced to what the actor changes; raises ``Invalid`` for what he cannot have meant.

    :param current: the answers as they stand, unmasked; what a new record starts with.
    :param rights: how the grants that let the actor write show the fields.
    :param context: what new rows of sub-tables start from; asked for where there are some.
    :param modes: how the actor sees the fields, where he sees the record. A value equal to its own mask is no change.

    Answers that do not fit their type stay as they are: a draft loses nothing. Unknown and hidden fields, read-only
    ones with another value, new rows of a table whose rows are fixed, and references and attachments that are not the
    actor's to name are refused.
    """
    cleaned, found = form.clean(raw)
    problems = [problem for problem in found if problem.code == "unknown_field"]
    writer = _Writer(actor, form, rights, modes, context)
    kept: Answers = {}
    for key, value in cleaned.items():
        item = form.definition.field(key)
        if item.fields and isinstance(value, list) and not writer.hidden(key):
            if len(value) > LIMIT:
                problems.append(Problem(key, None, "too_many_rows", TOO_MANY_ROWS))
                continue
            kept[key] = writer.rows(item, fixed_rows.settled(form.columns[key], value, current.get(key)), current)
            problems += _strays(form.columns[key], kept[key], current.get(key))
            if writer.read_only(item) and not _same(form.merge(current, kept).get(key), current.get(key)):
                writer.problems.append(Problem(key, None, "readonly", READ_ONLY))
        elif writer.may(item, key, value, current.get(key), None):
            kept[key] = writer.unveiled(form.columns[key], value, current.get(key))
    problems += writer.problems
    if problems:
        raise Invalid(errors=problems)
    _check_references(actor, form, kept, current)
    _check_files(actor, form, kept, current, record_id)
    return kept


@dataclass
class _Writer:
    """Sorts what one actor may write into one record from what he may not."""

    actor: Actor
    form: CompiledForm
    rights: Mapping[str, Mode]
    modes: Mapping[str, Mode] | None
    context: Callable[[], Context]
    problems: list[Problem] = field(default_factory=list)
    closed: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        form = self.form.definition
        self.closed = tuple(form.field(key) for key in closed_to(self.actor, form))

    def hidden(self, path: str) -> bool:
        """Tell whether the actor does not know of a field."""
        seen = self.rights if self.modes is None else self.modes
        return Mode.HIDE in {self.rights.get(path, Mode.HIDE), seen.get(path, Mode.HIDE)}

    def read_only(self, item: Field) -> bool:
        """Tell whether the form keeps a field from the actor."""
        if self.actor.kind == "system":
            return False
        return item.readonly or self.actor.role in item.readonly_for or any(item is one for one in self.closed)

    def may(
        self, item: Field, path: str, value: Any, current: Any, row: int | None, *, table: Field | None = None
    ) -> bool:
        """Tell whether a value is a change that the actor may make; what he may not is a problem.

        :param table: the sub-table that *item* is a column of.
        """
        if self.hidden(path):
            self.problems.append(Problem(path, row, "unknown_field", UNKNOWN))
            return False
        if _is_mask(item, value, current, self.modes, path):
            return False
        if self.read_only(item) or (table is not None and self.read_only(table)):
            # Behind a mask the right value is refused like a wrong one: it would else be found by trying.
            if not _same(value, current) or (self.masked(path) and not is_empty(value)):
                self.problems.append(Problem(path, row, "readonly", READ_ONLY))
            return False
        return True

    def masked(self, path: str) -> bool:
        """Tell whether the actor sees a field of the record, and not in plain."""
        return self.modes is not None and self.modes.get(path, Mode.HIDE) is not Mode.PLAIN

    def unveiled(self, column: Column, value: Any, current: Any) -> Any:
        """Return an answer of several parts with what is behind those that are nothing but their mask."""
        if (
            not self.masked(column.path)
            or not column.parts
            or not isinstance(value, Mapping)
            or not isinstance(current, Mapping)
        ):
            return value
        shown = column.type.masked(column.field, current)
        if not isinstance(shown, Mapping):
            return value
        whole = {
            key: current[key] if key in current and shown.get(key) == part else part for key, part in value.items()
        }
        try:
            return column.check(whole)
        except Unfit:
            return whole

    def rows(self, item: Field, rows: Sequence[Any], current: Answers | Mapping[str, Any]) -> list[Any]:
        """Return rows with those cells only that the actor may change; merging keeps the others by ``_row``.

        What a new row leaves out starts as the form says.
        """
        known = {row.get("_row"): row for row in rows_of(current.get(item.key))}
        columns = {column.key: column for column in item.fields}
        prefilled = any(column.prefill is not None or column.default is not None for column in item.fields)
        found: list[Any] = []
        for number, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                found.append(row)
                continue
            before = known.get(row.get("_row"))
            if before is None:
                before = prefill_row(self.form, item.key, current, self.context()) if prefilled else {}
                start = {key: cell for key, cell in before.items() if key not in row or self.read_only(columns[key])}
            else:
                start = {}
            inner = self.form.columns[item.key].columns
            cells = {
                key: self.unveiled(inner[key], cell, before.get(key)) if key in inner else cell
                for key, cell in row.items()
                if key not in columns
                or self.named(item, key)
                or self.may(columns[key], f"{item.key}.{key}", cell, before.get(key), number, table=item)
            }
            found.append({**start, **cells})
        return found

    def named(self, item: Field, key: str) -> bool:
        """Tell whether a column is what the rows of a table are called by, which nobody changes."""
        head = fixed_rows.heading(self.form.columns[item.key])
        return head is not None and head.field.key == key


def _strays(column: Column, rows: Sequence[Any], current: Any) -> Iterator[Problem]:
    """Yield what is wrong with new rows that a table with fixed rows does not have; those that stood there stay."""
    head = fixed_rows.heading(column)
    held = {row.get("_row") for row in rows_of(current)}
    for position in sorted(fixed_rows.strays(column, rows)):
        if head is not None and rows[position].get("_row") not in held:
            yield fixed_rows.stray(head, rows[position], position + 1)


def _same(left: Any, right: Any) -> bool:
    """Tell whether two answers say the same; of a reference the id alone counts."""
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping) and "id" in left:
        return bool(left["id"] == right.get("id"))
    return bool(left == right)


def _is_mask(item: Field, value: Any, current: Any, modes: Mapping[str, Mode] | None, path: str) -> bool:
    """Tell whether what was sent is nothing but what a masked field showed."""
    if modes is None or modes.get(path, Mode.HIDE) is Mode.PLAIN or is_empty(value) or is_empty(current):
        return False
    shown = value["id"] if isinstance(value, Mapping) and "id" in value else value
    shown = shown[0] if isinstance(shown, list) and len(shown) == 1 else shown
    return bool(shown == field_type(item.type).masked(item, current))


def _ids(
    form: CompiledForm,
    answers: Mapping[str, Any],
    wanted: Callable[[FieldType], bool],
    pick: Callable[[Any], list[str]],
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path, _, value in cells(form, answers, wanted):
        found.setdefault(path, set()).update(pick(value))
    return found


def reference_id(value: Any) -> str | None:
    """Return the id that a reference names."""
    return str(value["id"]) if isinstance(value, Mapping) and value.get("id") else None


def _reference_ids(value: Any) -> list[str]:
    found = reference_id(value)
    return [] if found is None else [found]


def _file_ids(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _check_references(actor: Actor, form: CompiledForm, kept: Answers, current: Mapping[str, Any]) -> None:
    """Give every reference the label that its record has now; one chosen before keeps the label of then."""
    known: dict[str, dict[str, Any]] = {}
    for path, _, value in cells(form, current, _refers):
        if isinstance(value, Mapping) and value.get("id"):
            known.setdefault(path, {})[str(value["id"])] = dict(value)
    for path, ids in _ids(form, kept, _refers, _reference_ids).items():
        known.setdefault(path, {}).update(
            references.by_id(actor, form.definition, path, ids - set(known.get(path, {})))
        )
    problems = []
    owner = owner_field(form.definition)
    for path, row, value in cells(form, kept, _refers):
        found = known.get(path, {}).get(str(value.get("id"))) if isinstance(value, dict) else None
        if found is None:
            # An owner that is not there is answered like one that is not the actor's to name.
            told = NOT_YOURS if owner is not None and owner.key == path and isinstance(value, dict) else NOT_CHOSEN
            problems.append(Problem(path, row, "not_reference", told))
        else:
            value.update(found)
    if problems:
        raise Invalid(errors=problems)


def _check_files(
    actor: Actor, form: CompiledForm, kept: Answers, current: Mapping[str, Any], record_id: str | None
) -> None:
    wanted = _ids(form, kept, _attached, _file_ids)
    held = {one for ids in _ids(form, current, _attached, _file_ids).values() for one in ids}
    new = {one for ids in wanted.values() for one in ids} - held
    if not new or actor.kind == "system":
        return
    table = File.__table__
    held_here = sa.false() if record_id is None else table.c.record_id == record_id
    uploads = uploads_of(actor)
    own = held_here if uploads is None else sa.or_(uploads, held_here)
    statement = sa.select(table.c.id, table.c.field).where(table.c.form_key == form.definition.key, own)
    ids, places = sorted(new), {}
    for start in range(0, len(ids), _CHUNK):
        some = statement.where(table.c.id.in_(ids[start : start + _CHUNK]))
        places.update(
            {row.id: row.field for row in db.session.execute(tagged(some, "files that the actor uploaded himself"))}
        )
    problems = [
        Problem(path, row, "not_file", NOT_UPLOADED)
        for path, row, value in cells(form, kept, _attached)
        if any(one in new and places.get(one) != path for one in _file_ids(value))
    ]
    if problems:
        raise Invalid(errors=problems)


def attach(form: CompiledForm, answers: Mapping[str, Any], record_id: str) -> None:
    """Let the record hold the pending attachments that its answers name."""
    wanted = {one for ids in _ids(form, answers, _attached, _file_ids).values() for one in ids}
    if wanted:
        table = File.__table__
        pending = sa.update(table).where(table.c.id.in_(wanted), table.c.record_id.is_(None))
        db.session.execute(tagged(pending.values(record_id=record_id), "attachments of a record that was written"))
