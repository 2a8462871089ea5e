"""What publishing does to answers that are there: another type needs a choice, and no key is ever used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.catalogue import definition, head
from app.builder.publishing.tallies import tallies
from app.errors import Invalid
from forms.answers.difference import DefinitionChange
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.labels import Label
from forms.versions.conversions import grade, stays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forms.definition import CodeList, Definition

CONVERT, RETIRE = "convert", "retire"
CHOICES = (CONVERT, RETIRE)

KEY_REUSED = Label(
    "这个字段代码以前用于另一种字段，已有答案；请换一个代码，或恢复原来的类型",
    "This key was another kind of field before, with answers; take another key, or the type of then",
)
NEVER = Label(
    "这种类型不能转换，请停用该字段并以新的代码另加一个",
    "Answers of this type cannot be converted; retire the field and add another one under another key",
)
NEEDED = Label(
    "字段改变了类型，已有答案：请选择转换已有答案，或让它们留在原来的版本",
    "The field has got another type and has answers: convert them, or let them stay with their version",
)


def retyped(old: Definition | None, new: Definition) -> list[str]:
    """Return the fields whose answers of before are none of the new version as they stand."""
    if old is None:
        return []
    return [path for path, item in new.walk() if old.has(path) and not stays(old.field(path), item)]


def chosen(form_key: str, old: Definition | None, new: Definition, choices: Mapping[str, str] | None) -> dict[str, str]:
    """Return what becomes of the answers of each field that has another type.

    Raises ``Invalid`` where a field with answers has no choice, where there is no way from one type to the other, and
    for a key or code that meant something else before.
    """
    given = dict(choices or {})
    problems = [*_reused(form_key, old, new)]
    found: dict[str, str] = {}
    changed = retyped(old, new)
    if old is None or not changed:
        if problems:
            raise Invalid(errors=problems, code="choices")
        return found
    changes = [DefinitionChange(path, "type_changed", "structural") for path in changed]
    answered = dict(zip(changed, tallies(form_key, old, new, changes), strict=True))
    for path in changed:
        choice = given.get(path)
        if choice is not None and choice not in CHOICES:
            text = Label(f"只能是 {'、'.join(CHOICES)}", f"One of {', '.join(CHOICES)}")
            problems.append(Problem(path, None, "choice", text))
        elif not answered[path].records and not answered[path].drafts:
            # Nothing was answered: whatever a draft holds besides is tried when that is upgraded.
            found[path] = choice or CONVERT
        elif grade(old.field(path).type, new.field(path).type) is None:
            problems.append(Problem(path, None, "type_change", NEVER))
        elif choice is None:
            problems.append(Problem(path, None, "choice_needed", NEEDED))
        else:
            found[path] = choice
    if problems:
        raise Invalid(errors=problems, code="choices")
    return found


def _reused(form_key: str, old: Definition | None, new: Definition) -> Iterator[Problem]:
    if old is None:
        return
    back = [path for path in new.paths if not old.has(path)]
    codes = [path for path, item in new.walk() if old.has(path) and item.options and field_type(item.type).has_options]
    if not back and not codes:
        return
    former = _earlier(form_key)
    for path in back:
        if any(form.has(path) and not stays(form.field(path), new.field(path)) for form in former):
            yield Problem(path, None, "key_reused", KEY_REUSED)
    for path in codes:
        yield from _codes_reused(path, old.code_list(path), new.code_list(path), former)


def _earlier(form_key: str) -> list[Definition]:
    return [definition(form_key, number) for number in range(1, head(form_key).no + 1)]


def _codes_reused(path: str, old: CodeList | None, new: CodeList | None, former: list[Definition]) -> Iterator[Problem]:
    """Yield a problem for each option that comes back under another name."""
    known = {option.code for option in old.options} if old is not None else set()
    for option in new.options if new is not None else ():
        if option.code in known:
            continue
        then = [form.code_list(path) for form in former if form.has(path)]
        before = [item for codes in then if codes is not None and (item := codes.get(option.code)) is not None]
        if before and before[-1].label.zh != option.label.zh:
            zh, en = before[-1].label.zh, before[-1].label.get("en")
            text = Label(
                f"选项代码“{option.code}”以前是“{zh}”，不能改作他用；请换一个代码",
                f"The code {option.code!r} was “{en}” before and cannot mean something else; take another code",
            )
            yield Problem(path, None, "code_reused", text)
