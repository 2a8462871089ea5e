"""What a form is: sections of fields with types, rules and classes. Immutable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forms.code_lists import CodeList, Option
from forms.expressions import Node
from forms.labels import Label

__all__ = [
    "CLASSES",
    "Check",
    "CodeList",
    "Definition",
    "Expr",
    "Field",
    "ListSettings",
    "Option",
    "OrganizationLink",
    "Party",
    "PublishedWhen",
    "Section",
    "Unique",
    "Visitors",
]

#: From what everybody may see to what nobody sees without a reason.
CLASSES = ("public", "internal", "personal", "secret")
#: What a unique key may name besides fields: the campaign that a record was filled in.
SYSTEM_KEYS = {"_campaign": Label("填报任务", "campaign")}


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression as written and as parsed."""

    text: str
    tree: Node


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that an answer must keep; it passes while an operand is empty."""

    expression: str
    message: Label
    level: str
    tree: Node


@dataclass(frozen=True, slots=True)
class Field:
    """One question, or one column of a sub-table."""

    key: str
    type: str
    label: Label
    required: bool = False
    class_: str = "internal"
    mask: str | None = None
    help: Label | None = None
    unit: Label | None = None
    default: Any = None
    readonly: bool = False
    readonly_for: tuple[str, ...] = ()
    prefill: Expr | None = None
    codelist: str | None = None
    options: tuple[Option, ...] = ()
    visible_when: Expr | None = None
    required_when: Expr | None = None
    checks: tuple[Check, ...] = ()
    compute: Expr | None = None
    option_filter: Expr | None = None
    form: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting of the field's type."""
        value = self.settings.get(name)
        return default if value is None else value


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of fields, shown or hidden as a whole."""

    key: str
    title: Label
    visible_when: Expr | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields whose values together identify a record, within its organization or in the whole city."""

    fields: tuple[str, ...]
    city_wide: bool = False

    @property
    def place(self) -> str:
        """The field at which a collision is told; empty where the key names none."""
        return next((key for key in self.fields if key not in SYSTEM_KEYS), "")


@dataclass(frozen=True, slots=True)
class NoOverlap:
    """What may be taken by one record at a time, in the whole city: the same *fields*, from *start* until *end*.

    ``free``: states in which a record takes nothing any more.
    """

    fields: tuple[str, ...]
    start: str
    end: str
    free: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListSettings:
    """What a list shows, in which order, and which fields its search box reads."""

    columns: tuple[str, ...]
    order: str = "-_updated_at"
    search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedWhen:
    """When a record, or a row of a sub-table, is open to those with the scope *published*.

    ``states``: workflow states in which it can be; empty means any. ``until``: the date field after which it is not.
    ``fields``: what of the record itself is then shown besides its organization.
    """

    record: Expr | None = None
    rows: Mapping[str, Expr] = field(default_factory=dict)
    until: Mapping[str, str] = field(default_factory=dict)
    states: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who fills a form without an account, by a one-time code.

    ``role``: the role in which a visitor acts. ``anonymous``: nothing of a record may lead to who filled it.
    ``fixed``: fields that are chosen when codes are issued and that a visitor cannot change.
    """

    role: str
    anonymous: bool = False
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a record concerns besides its owner, and for how long.

    ``field``: a reference; it names an organization, or a record whose owner is meant. ``through``: not that owner but
    the parties of that record. ``ended``: states in which the cooperation is over. The kind ``assigned`` is that of
    those who have the record to deal with.
    """

    kind: str
    field: str
    through: bool = False
    ended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganizationLink:
    """For a profile form: which fields are copied to the organization once they are verified."""

    kind: str
    name: str
    code: str
    region: str


@dataclass(frozen=True)
class Definition:
    """A form."""

    key: str
    title: Label
    resource: str
    sections: tuple[Section, ...]
    kind: str = "register"
    workflow: str | None = None
    fill_roles: tuple[str, ...] = ()
    unique: tuple[Unique, ...] = ()
    published_when: PublishedWhen | None = None
    list: ListSettings = ListSettings(())
    organization: OrganizationLink | None = None
    cycle: str = "ad_hoc"
    serial: str = ""
    #: The heading under which menus show the form.
    category: Label | None = None
    print: Mapping[str, Any] = field(default_factory=dict)
    help: Label | None = None
    visitors: Visitors | None = None
    parties: tuple[Party, ...] = ()
    no_overlap: tuple[NoOverlap, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    code_lists: Mapping[str, CodeList] = field(default_factory=dict)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields of all sections in order."""
        return tuple(item for section in self.sections for item in section.fields)

    @cached_property
    def subtables(self) -> tuple[Field, ...]:
        """The sub-tables in order."""
        return tuple(item for item in self.fields if item.type == "subtable")

    @cached_property
    def _by_path(self) -> dict[str, Field]:
        return dict(self.walk())

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path: fields and columns of sub-tables."""
        return tuple(self._by_path)

    @cached_property
    def _inline(self) -> dict[str, CodeList]:
        return {path: CodeList(path, item.label, item.options) for path, item in self.walk() if item.options}

    @property
    def anonymous(self) -> bool:
        """Whether nothing of a record may lead to who filled it."""
        return self.visitors is not None and self.visitors.anonymous

    @cached_property
    def title_field(self) -> str | None:
        """The first list column that is a field: what a record is called by."""
        return next((key for key in self.list.columns if not key.startswith("_")), None)

    def walk(self) -> Iterator[tuple[str, Field]]:
        """Yield ``(path, field)`` for every field and every column."""
        for item in self.fields:
            yield item.key, item
            for column in item.fields:
                yield f"{item.key}.{column.key}", column

    def field(self, path: str) -> Field:
        """Return the field at *path* (``salary_max``, ``positions.salary_max``); raises KeyError."""
        return self._by_path[path]

    def has(self, path: str) -> bool:
        """Tell whether *path* names a field."""
        return path in self._by_path

    def key_label(self, key: str) -> Label:
        """Return what a part of a unique key is called; raises KeyError."""
        return SYSTEM_KEYS.get(key) or self.field(key).label

    def section_of(self, key: str) -> Section:
        """Return the section that holds the top-level field *key*; raises KeyError."""
        for section in self.sections:
            if any(item.key == key for item in section.fields):
                return section
        raise KeyError(key)

    def code_list(self, path: str | Field) -> CodeList | None:
        """Return the options of the field: its named code list, its inline options, or None."""
        if isinstance(path, Field):
            item, where = path, next((p for p, f in self._by_path.items() if f is path), path.key)
        else:
            item, where = self.field(path), path
        named = item.codelist or item.settings.get("word_list")
        if named:
            return self.code_lists.get(named)
        return self._inline.get(where)
