"""What answers are, and what rules may know besides them.

Answers are a mapping of field key → canonical value (see :mod:`forms.field_types`).
Empty is None, ``""``, ``[]`` or absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as of_field
from datetime import date
from typing import Any

from forms import field_types
from forms.definition import CodeList, Field

Answers = dict[str, Any]
#: ``(form key, record id, field key) -> value`` of a referenced record
ReferenceReader = Callable[[str, str, str], Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may know besides the answers.

    ``variables`` are ``org_id``, ``org_name``, ``user_name``, ``user_mobile``, ``region``, ``state`` …; a rule writes
    ``_org_name``. ``masked``: paths whose answers the reader does not see, so that no message may tell of them.
    """

    today: date
    role: str | None = None
    variables: Mapping[str, Any] = of_field(default_factory=dict)
    reference: ReferenceReader | None = None
    previous: Mapping[str, Any] | None = None
    masked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class State:
    """What holds for one set of answers: paths that are visible and required, and the answers with computed fields.

    A path is ``salary_max``, or ``positions[<_row>].salary_max`` for a column of a row. ``effective`` are the answers
    without those of hidden fields: what rules go by.
    """

    visible: frozenset[str]
    required: frozenset[str]
    answers: Answers
    effective: Answers


@dataclass(frozen=True, slots=True)
class Column:
    """A field with everything precomputed that its values need."""

    path: str
    field: Field
    type: field_types.FieldType
    code_list: CodeList | None
    check: field_types.base.Compiled
    columns: Mapping[str, Column]
    #: The inputs of an answer that has several.
    parts: Mapping[str, Column] = of_field(default_factory=dict)
    #: Whether somebody fills it in: not a note, not computed.
    takes_answers: bool = True


def is_empty(value: Any) -> bool:
    """Tell whether *value* counts as no answer."""
    return value is None or (not value and isinstance(value, str | list | dict))


def rows_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a sub-table's answer; none where the answer is something else."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
