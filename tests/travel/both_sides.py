"""What a definition and an XLSForm can both say, as plain values: two of them are compared by this."""

from forms import field_types
from forms.expressions import parse

#: Parts of the expression language without a counterpart.
UNSAYABLE = {"where", "any", "all", "floor", "ceil", "add_months", "add_years", "id_birth", "id_gender"}
FORMATTED = {"reference": "text"}


def label(found):
    return None if found is None else (found.zh, "" if found.en == found.zh else found.en)


def tree(expression, table="", types=()):
    """Return the tree, ``parent.x`` written as ``x`` where it is not needed; None for what XLSForm cannot say."""
    if expression is None:
        return None
    node = plain(parse(expression) if isinstance(expression, str) else expression.tree, table, types)
    return None if node == "unsayable" else node


def plain(node, table, types):
    if not isinstance(node, dict):
        return node
    ((operator, operands),) = node.items()
    if operator in UNSAYABLE:
        return "unsayable"
    if operator == "var":
        head, _, rest = operands.partition(".")
        if operands in {"_today", "_code", "_kind"}:
            return node
        if head.startswith("_") or head == "previous":
            return "unsayable"
        if table and head == table:
            return "unsayable"  # inside a row only the row can be named
        if head == "parent":
            head, _, rest = rest.partition(".")
        if rest and types.get(f"{table}.{head}" if table and f"{table}.{head}" in types else head) != "subtable":
            return "unsayable"
        return {
            "var": operands.removeprefix("parent.")
            if f"{table}.{operands.removeprefix('parent.')}" not in types
            else operands
        }
    if operator == "num":
        return node
    if (
        operator == "len"
        and types.get(f"{table}.{operands[0].get('var')}", types.get(operands[0].get("var"))) == "multiselect"
    ):
        operator = "count"
    parts = [plain(item, table, types) for item in operands]
    if operator == "sum" and len(parts) > 1:
        return {"+": [{"sum": [part]} for part in parts]}
    if operator == "in" and "list" in parts[1] and any(isinstance(item, dict) for item in parts[1]["list"]):
        return {"or": [{"=": [parts[0], item]} for item in parts[1]["list"]]}
    if operator == "=" and parts[1] is True:
        return parts[0]  # in a condition a switch by itself asks the same
    return "unsayable" if "unsayable" in parts else {operator: parts}


def sayable(definition):
    """Return what both sides can say of *definition*, by place."""
    return flat(_sayable(definition))


def _sayable(definition):
    """Return what both sides can say of *definition*."""
    types = {path: item.type for path, item in definition.walk()}

    def field(path, item):
        kind, table = field_types.get(item.type), path.rpartition(".")[0]
        codes = definition.code_list(path) if kind.has_options else None
        found = {
            "key": item.key,
            "type": FORMATTED.get(item.type, item.type),
            "label": label(item.label),
            "help": label(item.help) if item.type != "subtable" else None,
            "unit": label(item.unit),
            "visible": tree(item.visible_when, table, types),
            "options": None
            if codes is None
            else item.codelist or [(o.code, label(o.label), o.parent, o.kind) for o in codes.options if not o.retired],
            "filter": tree(item.option_filter, table, types),
            "compute": tree(item.compute, table, types),
        }
        wanted = {*kind.xlsform_limits, *kind.xlsform_parts, *(kind.xlsform_parameters(item) if kind.parted else ())}
        if item.type == "rating":
            wanted = {"min", "max"}
        if item.type == "computed":
            wanted = {"places"} if found["compute"] is not None else set()
        if item.type == "subtable" and item.setting("min_rows") == item.setting("max_rows"):
            wanted = {"min_rows", "max_rows"}
        found["settings"] = {
            name: float(value)
            if isinstance(value, int | float)
            else [(row["code"], row["zh"], row.get("en", "")) for row in value]
            if name == "rows"
            else value
            for name, value in item.settings.items()
            if name in wanted and not (name == "places" and value == 0)
        }
        if kind.xlsform_input:
            checks = [
                (tree(check.expression, table, types), label(check.message))
                for check in item.checks
                if check.level == "error"
            ]
            prefill = tree(item.prefill, table, types)
            found |= {
                "required": item.required or tree(item.required_when, table, types),
                "readonly": item.readonly,
                # The questions of a group have no value of their own to start with or to check.
                "prefill": None if kind.parted else prefill,
                "default": item.default if prefill is None and not kind.parted else None,
                "checks": [] if kind.parted else [check for check in checks if check[0] is not None],
            }
        found["fields"] = [field(f"{path}.{column.key}", column) for column in item.fields]
        return found

    return {
        "key": definition.key,
        "title": definition.title.zh,
        "sections": [
            {
                "key": section.key,
                "title": label(section.title) if section.title.zh else (section.key, ""),
                "visible": tree(section.visible_when, "", types),
                "fields": [field(item.key, item) for item in section.fields],
            }
            for section in definition.sections
        ],
    }


def flat(value, place=""):
    """Return everything in *value* by its place, so that a difference is one line."""
    if isinstance(value, dict) and not place.endswith((".visible", ".compute", ".prefill", ".filter", ".required")):
        return {where: item for key, inner in value.items() for where, item in flat(inner, f"{place}.{key}").items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {where: item for inner in value for where, item in flat(inner, f"{place}.{inner['key']}").items()}
    return {place: value}
