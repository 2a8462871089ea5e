"""The rules of a row: shown when, required, default, constraint, calculation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forms import field_types
from forms.definition import Field
from forms.expressions import Node, variables_of
from forms.expressions.typecheck import result_type
from forms.expressions.writing import text_of
from forms.labels import Label
from forms.xlsform import limits
from forms.xlsform.from_xpath import Reader, joined
from forms.xlsform.remarks import Remarks, Unsayable
from forms.xlsform.sheets import Row
from forms.xlsform.to_xpath import asks_of_nothing
from forms.xlsform.xpath import Tree, bare, conjuncts, parse

_YES = frozenset({"yes", "true", "true()", "1", "是", "required"})
_NO = frozenset({"", "no", "false", "false()", "0", "否"})
_CALL = re.compile(r"\$\{|\w\s*\(")
_WHOLE = frozenset({"integer", "rating"})
#: What makes whole numbers of whole numbers.
_STEADY = frozenset({"+", "-", "*", "neg", "sum", "count", "min", "max", "num", "var", "days", "months", "years", "if"})
#: What is worked out: a number until the calculation says otherwise.
NUMBER, TEXT = "computed", "computed_text"
_COLUMNS = {"visible_when": "relevant", "option_filter": "choice_filter"}
_EMPTIES = Label(
    "有空值时，XPath 的“!=”和“not”算成立，本系统算不成立",
    "Where a value is empty, != and not hold in XPath and do not here",
)


class Rules:
    """Reads the rules of one row into the raw field of a definition."""

    def __init__(self, row: Row, reader: Reader, remarks: Remarks) -> None:
        self.row = row
        self.reader = reader
        self.remarks = remarks

    def _place(self, column: str) -> str:
        return f"survey {self.row.number} {column}"

    def _parsed(self, text: str, column: str) -> Node | Unsayable:
        """Return an expression of ours; what has no counterpart is noted and returned as why."""
        try:
            tree = parse(text)
            node = self.reader.expression(tree)
        except Unsayable as error:
            self.remarks.lost("expression", self._place(column), error.message, text)
            return error
        if asks_of_nothing(bare(tree)):
            self.remarks.changed("empties", self._place(column), _EMPTIES, text)
        return node

    def condition(self, raw: dict[str, Any], name: str, texts: list[str]) -> None:
        """Read conditions that must all hold into *name*."""
        found = [self._parsed(text, _COLUMNS[name]) for text in texts if text]
        nodes = [node for node in found if not isinstance(node, Unsayable)]
        if nodes:
            raw[name] = text_of(joined(nodes))

    def required(self, raw: dict[str, Any]) -> None:
        """Read whether, or when, the question must be answered."""
        text = self.row.get("required")
        if text.casefold() in _YES:
            raw["required"] = True
        elif text.casefold() not in _NO:
            node = self._parsed(text, "required")
            if not isinstance(node, Unsayable):
                raw["required_when"] = text_of(node)

    def readonly(self, raw: dict[str, Any]) -> None:
        """Read whether the question is read only."""
        text = self.row.get("read_only")
        if text.casefold() in _YES:
            raw["readonly"] = True
        elif text.casefold() not in _NO:
            message = Label("按条件只读", "Being read only on a condition")
            self.remarks.lost("readonly", self._place("read_only"), message, text)

    def default(self, raw: dict[str, Any], kind: field_types.FieldType, switch: Mapping[str, bool] | None) -> None:
        """Read what the question starts with: a value, or an expression."""
        text = self.row.get("default")
        if not text:
            return
        if _CALL.search(text):
            node = self._parsed(text, "default")
            if not isinstance(node, Unsayable):
                raw["prefill"] = text_of(node)
            return
        value = switch.get(text, text) if switch else kind.from_xlsform_value(text)
        item = Field(raw["key"], kind.name, Label(""), settings=raw)
        if _fits(kind, item, value):
            raw["default"] = value
        else:
            message = Label("默认值不合类型", "The default does not fit the type")
            self.remarks.lost("default", self._place("default"), message, text)

    def constraint(self, raw: dict[str, Any], kind: field_types.FieldType) -> None:
        """Read the constraint: limits that the type has settings for, and checks."""
        text, message = self.row.get("constraint"), self.row.label("constraint_message")
        if not text:
            return
        try:
            parts = conjuncts(parse(text))
        except Unsayable as error:
            self.remarks.lost("expression", self._place("constraint"), error.message, text)
            return
        limited = [limits.read_limit(kind, part) if part[0] != "group" else None for part in parts]
        checks = [part for part, limit in zip(parts, limited, strict=True) if limit is None]
        pattern = any(limit and limit[0] == "pattern" for limit in limited)
        if message is not None and not checks and not pattern:
            # The author has a sentence of his own for these limits; a setting would say ours.
            checks, limited = parts, []
        raw.update([limit for limit in limited if limit is not None])
        if not checks:
            if message is not None:
                raw["pattern_message"] = message.as_dict()
            return
        if message is None:
            message = Label("不符合要求", "Not allowed")
            ask = Label("校验没有提示语，请补写", "A check without a message; add one")
            self.remarks.ask("message", self._place("constraint"), ask, text)
        self._checks(raw, checks, message)

    def _checks(self, raw: dict[str, Any], parts: list[Tree], message: Label) -> None:
        texts, place = _lines(message), self._place("constraint")
        several = len(parts) > 1 and len(texts) == len(parts) and all(part[0] == "group" for part in parts)
        if several:
            note = Label("提示语有几行，条件有几个，各配一行", "As many lines of message as conditions: one each")
            self.remarks.changed("message", place, note)
        groups = [[part] for part in parts] if several else [parts]
        found = []
        for group, text in zip(groups, texts if several else [message], strict=True):
            nodes = []
            for part in group:
                try:
                    nodes.append(self.reader.expression(part))
                except Unsayable as error:
                    self.remarks.lost("expression", place, error.message, self.row.get("constraint"))
            if nodes:
                found.append({"expression": text_of(joined(nodes)), "message": text.as_dict()})
        if any(asks_of_nothing(bare(part)) for part in parts):
            note = Label("有空值时，本系统的校验算通过", "Where a value is empty, a check passes here")
            self.remarks.changed("empties", place, note, self.row.get("constraint"))
        if found:
            raw["checks"] = found

    def calculation(self, raw: dict[str, Any]) -> None:
        """Read what a computed field works out, and to how many places."""
        text = self.row.get("calculation")
        if text in {"", "''"}:
            self.remarks.ask("calculation", self._place("calculation"), Label("公式没有写", "No calculation"))
            return
        found = self._parsed(text, "calculation")
        if isinstance(found, Unsayable):
            return
        if raw["type"] != NUMBER:
            raw["compute"] = text_of(found)
            return
        node, places = _rounded(found)
        raw["compute"] = text_of(node)
        if places is not None:
            raw.update({"places": places} if places else {})
        elif result_type(node, self.reader.fields.types, self.reader.table) not in {"n", "a"}:
            raw["type"] = TEXT
        elif not self._whole(node):
            raw["places"] = 2
            message = Label("小数位数先定 2 位", "Two decimal places for now")
            self.remarks.ask("places", self._place("calculation"), message, text)

    def _whole(self, node: Node) -> bool:
        known, table = self.reader.fields.types, self.reader.table
        types = {known.get(f"{table}.{name}", known.get(name, "")) for name in variables_of(node)}
        return types <= _WHOLE | {"subtable", "date", "month", ""} and _operators(node) <= _STEADY


def _operators(node: Node) -> set[str]:
    if not isinstance(node, dict):
        return set()
    ((operator, operands),) = node.items()
    if operator in {"num", "var"}:
        return {operator} if operator == "var" or str(operands).lstrip("-").isdecimal() else {"fraction"}
    return {operator}.union(*(_operators(operand) for operand in operands))


def _rounded(node: Node) -> tuple[Node, int | None]:
    """Return what is rounded, and to how many places; the node itself where it is not."""
    if isinstance(node, dict) and "round" in node and len(node["round"]) == 2:
        places = node["round"][1]
        if isinstance(places, dict) and str(places.get("num", "")).isdecimal():
            return node["round"][0], int(places["num"])
    return node, None


def _lines(message: Label) -> list[Label]:
    zh, en = message.zh.split("\n"), message.en.split("\n")
    pairs = zip(zh, en if len(en) == len(zh) else [""] * len(zh), strict=True)
    return [Label(text, "" if other == text else other) for text, other in pairs]


def _fits(kind: field_types.FieldType, item: Field, value: Any) -> bool:
    try:
        kind.compile(item, None)(value)
    except ValueError:
        return False
    return True
