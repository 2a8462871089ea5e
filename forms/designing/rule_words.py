"""A rule as a sentence, with the names of fields and options instead of keys and codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms.code_lists import CodeList
from forms.designing.outline import Outline
from forms.expressions import Node
from forms.field_types import FIELD_TYPES
from forms.labels import Label
from forms.rule_types import resolve

#: How a function reads, its arguments in their places; what is not here reads ``name(a, b)``.
FUNCTIONS: Mapping[str, Label] = {
    "sum": Label("{*}的合计", "the total of {*}"),
    "count": Label("{0}的个数", "the number of {0}"),
    "avg": Label("{*}的平均值", "the average of {*}"),
    "min": Label("{*}中最小的", "the least of {*}"),
    "max": Label("{*}中最大的", "the greatest of {*}"),
    "any": Label("至少有一行{0}", "{0} in at least one row"),
    "all": Label("每一行都{0}", "{0} in every row"),
    "round": Label("{0}四舍五入", "{0} rounded"),
    "floor": Label("{0}向下取整", "{0} rounded down"),
    "ceil": Label("{0}向上取整", "{0} rounded up"),
    "abs": Label("{0}的绝对值", "{0} without its sign"),
    "contains": Label("{0}包含{1}", "{0} contains {1}"),
    "starts": Label("{0}以{1}开头", "{0} begins with {1}"),
    "empty": Label("{0}未填写", "{0} is empty"),
    "filled": Label("{0}已填写", "{0} is filled in"),
    "len": Label("{0}的字数或项数", "the length of {0}"),
    "coalesce": Label("{*}中第一个已填的", "the first filled of {*}"),
    "days": Label("从{0}到{1}的天数", "the days from {0} to {1}"),
    "months": Label("从{0}到{1}的整月数", "the whole months from {0} to {1}"),
    "years": Label("从{0}到{1}的整年数", "the whole years from {0} to {1}"),
    "year": Label("{0}的年份", "the year of {0}"),
    "month": Label("{0}的月份", "the month of {0}"),
    "text": Label("{0}", "{0}"),
    "concat": Label("{*}连起来", "{*} joined"),
    "upper": Label("{0}的大写", "{0} in capitals"),
    "id_birth": Label("{0}中的出生日期", "the date of birth in {0}"),
    "id_gender": Label("{0}中的性别", "the gender in {0}"),
}
COMPARISONS: Mapping[str, Label] = {
    "=": Label("是", " is "),
    "!=": Label("不是", " is not "),
    "<": Label("小于", " is less than "),
    "<=": Label("不大于", " is at most "),
    ">": Label("大于", " is greater than "),
    ">=": Label("不小于", " is at least "),
}
DATES: Mapping[str, Label] = {
    "<": Label("早于", " is before "),
    "<=": Label("不晚于", " is no later than "),
    ">": Label("晚于", " is after "),
    ">=": Label("不早于", " is no earlier than "),
}
VARIABLES: Mapping[str, Label] = {
    "_today": Label("今天", "today"),
    "_role": Label("填报人的角色", "the role of whoever fills in"),
    "_state": Label("流程状态", "the state"),
    "_org_id": Label("本单位", "the own organization"),
    "_organization": Label("本单位", "the own organization"),
    "_org_name": Label("本单位名称", "the name of the own organization"),
    "_org_code": Label("本单位代码", "the code of the own organization"),
    "_region": Label("本单位所在地区", "the region of the own organization"),
    "_profile": Label("本单位的档案", "the profile of the own organization"),
    "_user_name": Label("填报人姓名", "the name of whoever fills in"),
    "_user_mobile": Label("填报人手机号", "the mobile number of whoever fills in"),
}
SIGNS = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}
#: What each kind of rule does when it holds, around the sentence of the rule itself.
FRAMES: Mapping[str, Label] = {
    "visible_when": Label("当{rule}时显示", "Shown when {rule}"),
    "required_when": Label("当{rule}时必填", "Required when {rule}"),
    "compute": Label("等于{rule}", "Equals {rule}"),
    "prefill": Label("自动带出{rule}", "Starts with {rule}"),
    "option_filter": Label("只提供满足“{rule}”的选项", "Offers only options for which {rule}"),
    "checks": Label("应满足：{rule}", "Must hold: {rule}"),
}
#: How tightly each operator holds its operands; more loosely held ones stand in brackets.
_STRENGTH = {"or": 1, "and": 2, "if": 2, "+": 5, "-": 5, "*": 6, "/": 6}
_COMPARED = 4
_OPERAND = 7
#: Functions that count on from a date.
_LATER = {"add_days": Label("天", "days"), "add_months": Label("个月", "months"), "add_years": Label("年", "years")}


def in_words(tree: Node, outline: Outline, path: str = "") -> Label:
    """Return what a rule of the field (or column) at *path* says."""
    return Label(*(_Words(outline, language, path.rpartition(".")[0]).say(tree) for language in ("zh", "en")))


def framed(kind: str, tree: Node, outline: Outline, path: str = "") -> Label:
    """Return what a rule of the kind ``visible_when`` … ``checks`` does, as a sentence."""
    words, frame = in_words(tree, outline, path), FRAMES[kind]
    return Label(frame.zh.format(rule=words.zh), frame.en.format(rule=words.en))


@dataclass(frozen=True, slots=True)
class _Words:
    outline: Outline
    language: str
    table: str

    def say(self, node: Node, strength: int = 0, options: CodeList | None = None) -> str:
        """Return *node* in words; a text beside a field with *options* reads as the option's label."""
        if not isinstance(node, dict):
            return self._constant(node, options)
        ((operator, operands),) = node.items()
        if operator == "num":
            return str(operands)
        if operator == "var":
            return self._name(operands)
        if operator == "list":
            return self._one_of(operands, options)
        if operator == "where":
            return self._where(operands)
        if operator in {"and", "or", "if", *SIGNS}:
            return self._bracketed(operator, operands, strength)
        if operator == "not":
            return self._negated(operands[0])
        if operator in COMPARISONS:
            return self._compared(operator, *operands)
        if operator == "in":
            return self._member(self._pick(" is ", "是"), operands)
        if operator == "neg":
            return f"−{self.say(operands[0], _OPERAND)}"
        return self._function(operator, operands)

    def _pick(self, en: str, zh: str) -> str:
        return en if self.language == "en" else zh

    def _quoted(self, text: str) -> str:
        return f"“{text.replace('“', '‘').replace('”', '’')}”"

    def _constant(self, node: Any, options: CodeList | None) -> str:
        if node is None:
            return self._pick("empty", "空")
        if isinstance(node, bool):
            return self._quoted(self._pick("yes", "是") if node else self._pick("no", "否"))
        option = options.get(node) if options else None
        return self._quoted(option.label.get(self.language) if option else node)

    def _path(self, name: str) -> str | None:
        return resolve(name, self.table, self.outline.types)

    def _name(self, name: str) -> str:
        if name.startswith("_"):
            known = VARIABLES.get(name)
            return known.get(self.language) if known else name
        path = self._path(name)
        if path is None:
            return self._quoted(name)
        text = self._quoted(self.outline.label(path).get(self.language))
        if name.startswith("previous."):
            text = self._pick(f"the last {text}", f"上次的{text}")
        key = self._read_of(name, path)
        if key in {"", "id", "label"}:
            return text
        form = self.outline.referred(path)
        read = self._quoted((form.label(key) if form else Label(key)).get(self.language))
        return self._pick(f"{read} of {text}", f"{text}的{read}")

    def _read_of(self, name: str, path: str) -> str:
        """Return which field *name* reads of the record that the reference at *path* names; empty for none."""
        bare = name.removeprefix("parent.").removeprefix("previous.")
        beyond = self.outline.types.get(path) == "reference" and "." in bare and not path.endswith(bare)
        return bare.rpartition(".")[2] if beyond else ""

    def _meant(self, node: Node) -> tuple[Outline, str]:
        """Return the form and the path of the field that *node* names, maybe one of a referenced record."""
        while isinstance(node, dict) and "coalesce" in node:
            node = node["coalesce"][0]
        name = node["var"] if isinstance(node, dict) and "var" in node else ""
        path = self._path(name) if name else None
        key = self._read_of(name, path) if path else ""
        form = self.outline.referred(path) if path and key else None
        return (form, key) if form is not None else (self.outline, path or "")

    def _options(self, node: Node) -> CodeList | None:
        """Return the options of the field that *node* names, None where its answers are no codes."""
        outline, path = self._meant(node)
        place = outline.places.get(path)
        kind = FIELD_TYPES.get(place.type) if place else None
        return outline.code_list(path) if kind is not None and kind.has_options else None

    def _kind(self, node: Node) -> str:
        outline, path = self._meant(node)
        return outline.types.get(path, "")

    def _one_of(self, items: list[Node], options: CodeList | None) -> str:
        texts = [self.say(item, _COMPARED, options) for item in items]
        if self.language == "en":
            return " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)
        return "或".join(["、".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)

    def _where(self, operands: list[Node]) -> str:
        rows, condition = operands
        table = str(rows["var"]).removeprefix("parent.").partition(".")[0] if isinstance(rows, dict) else ""
        inside = _Words(self.outline, self.language, table).say(condition)
        name = self.say(rows, _COMPARED)
        return self._pick(f"{name} where {inside}", f"{name}（仅{inside}的行）")

    def _bracketed(self, operator: str, operands: list[Node], strength: int) -> str:
        own = _STRENGTH[operator]
        if operator == "if":
            text = self._either(operands)
        else:
            words = {"and": self._pick(" and ", "，并且"), "or": self._pick(" or ", "，或者"), **SIGNS}[operator]
            text = words.join(self.say(item, own + (number > 0)) for number, item in enumerate(operands))
        left, right = ("(", ")") if self.language == "en" or operator in SIGNS else ("（", "）")
        return f"{left}{text}{right}" if strength > own else text

    def _either(self, operands: list[Node]) -> str:
        said = [self.say(item, _COMPARED) for item in operands]
        otherwise = said[2] if len(said) > 2 else self._pick("empty", "空")
        return self._pick(
            f"{said[1]} if {said[0]}, otherwise {otherwise}", f"若{said[0]}则为{said[1]}，否则为{otherwise}"
        )

    def _negated(self, inner: Node) -> str:
        operator = next(iter(inner)) if isinstance(inner, dict) else ""
        operands: Any = inner[operator] if isinstance(inner, dict) else None
        if operator == "in":
            return self._member(self._pick(" is not ", "不是"), operands)
        if operator == "contains":
            first, second = (self.say(item, _COMPARED, self._options(operands[0])) for item in operands)
            return self._pick(f"{first} does not contain {second}", f"{first}不包含{second}")
        if operator in {"empty", "filled"}:
            return self._function("filled" if operator == "empty" else "empty", operands)
        return self._pick(f"not ({self.say(inner)})", f"不满足（{self.say(inner)}）")

    def _member(self, words: str, operands: list[Node]) -> str:
        options = self._options(operands[0])
        return f"{self.say(operands[0], _COMPARED)}{words}{self.say(operands[1], _COMPARED, options)}"

    def _compared(self, operator: str, left: Node, right: Node) -> str:
        first, second = self._options(left), self._options(right)
        kinds = {self._kind(left), self._kind(right)}
        words = COMPARISONS[operator]
        if operator in DATES and kinds & {"date", "month", "year", "datetime"}:
            words = DATES[operator]
        elif operator in "!=" and kinds & {"integer", "decimal", "money", "percent", "rating"}:
            words = Label("等于", " equals ") if operator == "=" else Label("不等于", " does not equal ")
        elif operator in "!=" and isinstance(right, bool):
            words = Label("为", " is ") if operator == "=" else Label("不为", " is not ")
        return f"{self.say(left, _COMPARED, second)}{words.get(self.language)}{self.say(right, _COMPARED, first)}"

    def _function(self, name: str, operands: list[Node]) -> str:
        options = self._options(operands[0]) if name in {"contains", "coalesce"} else None
        said = [self.say(item, _COMPARED, options if number else None) for number, item in enumerate(operands)]
        if name in _LATER:
            return self._later(said[0], operands[1], _LATER[name].get(self.language))
        known = FUNCTIONS.get(name)
        if known is None:
            return f"{name}({', '.join(said)})"
        joined = ", ".join(said) if self.language == "en" else "、".join(said)
        text = known.en if self.language == "en" else known.zh
        return text.replace("{*}", joined) if "{*}" in text else text.format(*said)

    def _later(self, day: str, count: Node, unit: str) -> str:
        text = self.say(count, _OPERAND)
        if text.startswith(("-", "−")):
            return self._pick(f"{text[1:]} {unit} before {day}", f"{day}之前{text[1:]}{unit}")
        return self._pick(f"{text} {unit} after {day}", f"{day}之后{text}{unit}")
