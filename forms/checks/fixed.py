"""Sub-tables with fixed rows: what names the rows must be a plain choice that is always there."""

from __future__ import annotations

from collections.abc import Iterator

from forms import field_types
from forms.checks.issues import error
from forms.definition import Definition, Field
from forms.field_types.select import live_options
from forms.field_types.subtable import MOST_ROWS
from forms.files.reading import Issue


def fixed(definition: Definition, path: str, item: Field) -> Iterator[Issue]:
    """Yield what is wrong with the setting ``fixed_rows`` of the sub-table at *path*."""
    key = item.setting("fixed_rows", "")
    if not key:
        return
    place = f"{path}.fixed_rows"
    column = next((one for one in item.fields if one.key == key), None)
    if column is None:
        yield error(
            "fixed_rows",
            place,
            f"“{key}”不是这个明细表的列，请填一个单选列的代码",
            f"“{key}” is no column of this sub-table; give the key of a single choice among its columns",
        )
        return
    zh, en = column.label.zh, column.label.get("en")
    field_type = field_types.get(column.type)
    code_list = definition.code_list(f"{path}.{key}")
    live = live_options(code_list)
    if not field_type.has_options or field_type.several or field_type.parted or code_list is None or code_list.is_tree:
        yield error(
            "fixed_rows",
            place,
            f"“{zh}”要是有选项的单选列，每个选项成为一行；请改用这样的列",
            f"“{en}” must be a single choice from a plain list, each option of which is a row; name such a column",
        )
    elif len(live) > MOST_ROWS:
        yield error(
            "fixed_rows",
            place,
            f"“{zh}”有 {len(live)} 个选项，固定行最多 {MOST_ROWS} 行；请改用短一些的选项",
            f"“{en}” has {len(live)} options and there are at most {MOST_ROWS} fixed rows; use a shorter list",
        )
    for name, present in (
        ("visible_when", column.visible_when is not None),
        ("option_filter", column.option_filter is not None),
        ("readonly", column.readonly or bool(column.readonly_for)),
        ("default", column.default is not None),
        ("prefill", column.prefill is not None),
    ):
        if present:
            yield error(
                "fixed_rows",
                place,
                f"“{zh}”是各行的名称，总在那里也没人填写；请去掉它的“{name}”",
                f"“{en}” names the rows: it is always there and nobody fills it in; remove its “{name}”",
            )
    for name in ("min_rows", "max_rows", "unique_columns"):
        if item.settings.get(name) not in (None, [], 0):
            yield error(
                "fixed_rows",
                f"{path}.{name}",
                f"行已固定，“{name}”不起作用，请去掉",
                f"The rows are fixed and “{name}” does nothing; remove it",
            )
