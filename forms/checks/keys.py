"""Keys: of the form, its sections and its fields. They name tables and columns and stay for ever."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from forms.checks.issues import error
from forms.columns import LONGEST_KEY
from forms.definition import Definition
from forms.expressions import KEYWORDS
from forms.files.reading import Issue

KEY = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
#: System names, and words by which rules could not tell a field from something else.
RESERVED = KEYWORDS | {"id", "parent", "previous", "where"}
LONGEST_FORM_KEY = LONGEST_KEY - 8
#: PostgreSQL cuts names at 63 bytes. Of a sub-table's table 5 are for ``data_``, 2 for ``__`` and 16 for what a
#: rebuild adds.
LONGEST_NAMES = 63 - 5 - 2 - 16
LONGEST_SERIAL = 8
SERIAL = re.compile(r"[A-Z][A-Z0-9]*", re.ASCII)


def keys(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with the keys of *definition*."""
    if not KEY.fullmatch(definition.key) or "__" in definition.key or len(definition.key) > LONGEST_FORM_KEY:
        yield error(
            "form_key",
            "key",
            f"表单代码只能用小写字母、数字和单下划线，以字母开头，不超过 {LONGEST_FORM_KEY} 个字符",
            "The form's key is lower-case letters, digits and single underscores, "
            f"at most {LONGEST_FORM_KEY} characters",
        )
    if definition.serial and (not SERIAL.fullmatch(definition.serial) or len(definition.serial) > LONGEST_SERIAL):
        yield error(
            "serial",
            "serial",
            f"编号前缀只能用大写字母和数字，不超过 {LONGEST_SERIAL} 个字符，如 XQ",
            f"The prefix of serial numbers is capital letters and digits, at most {LONGEST_SERIAL}, such as XQ",
        )
    yield from _twice("duplicate_section", "", (section.key for section in definition.sections), "分组", "section")
    yield from _twice("duplicate_key", "", (item.key for item in definition.fields), "字段", "field")
    for table in definition.subtables:
        yield from _twice("duplicate_key", f"{table.key}.", (column.key for column in table.fields), "列", "column")
        if len(definition.key) + len(table.key) > LONGEST_NAMES:
            yield error(
                "long_names",
                table.key,
                f"表单代码与明细表代码合计不能超过 {LONGEST_NAMES} 个字符",
                f"The keys of form and sub-table together have at most {LONGEST_NAMES} characters",
            )
    for path, item in definition.walk():
        bad = not KEY.fullmatch(item.key) or len(item.key) > LONGEST_KEY or "__" in item.key
        if bad or item.key in RESERVED:
            yield error(
                "field_key",
                path,
                f"字段代码“{item.key}”不可用：小写字母开头，只含小写字母、数字和单下划线，不超过 {LONGEST_KEY} 个字符，"
                "且不是保留字",
                f"“{item.key}” is no valid key: lower-case letters, digits and single underscores, "
                f"at most {LONGEST_KEY} characters, and no reserved word",
            )


def _twice(code: str, prefix: str, found: Iterable[str], zh: str, en: str) -> Iterator[Issue]:
    for key, count in Counter(found).items():
        if count > 1:
            yield error(code, prefix + key, f"{zh}代码“{key}”重复了", f"The {en} key “{key}” stands twice")
