"""A form as the three sheets of an XLSForm, and what of it they cannot say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from forms import field_types
from forms.definition import Definition, Expr, Field, Section
from forms.labels import Label
from forms.xlsform import languages, limits
from forms.xlsform.choices import YES_NO, Choices
from forms.xlsform.remarks import Remarks, Unsayable
from forms.xlsform.spelling import marked, would_read
from forms.xlsform.to_xpath import Names, Writer, asks_of_nothing
from forms.xlsform.xpath import Tree, written

Row = dict[str, str]

#: Parts of a form that no XLSForm has.
FORM_PARTS = {
    "resource": Label("权限资源", "The resource that grants speak of"),
    "kind": Label("表单种类", "The kind of form"),
    "workflow": Label("流程", "The workflow"),
    "fill_roles": Label("填报角色", "The roles that fill it"),
    "unique": Label("唯一性", "Unique keys"),
    "no_overlap": Label("时间不重叠", "What may not overlap"),
    "published_when": Label("公开条件", "When it is open to all"),
    "list": Label("列表设置", "The settings of the list"),
    "organization": Label("单位信息的来源", "The source of the organization's data"),
    "cycle": Label("填报周期", "The cycle"),
    "serial": Label("编号", "The serial number"),
    "category": Label("所属类别", "The category"),
    "print": Label("打印设置", "The print settings"),
    "help": Label("表单说明", "The help of the form"),
    "parties": Label("相关方", "The parties"),
    "visitors": Label("免账号填报", "Filling without an account"),
}
#: Parts of a field that no XLSForm has.
FIELD_PARTS = {
    "mask": Label("脱敏方式", "The mask"),
    "form": Label("关联的表单", "The form referred to"),
    "readonly_for": Label("对部分角色只读", "Read only for some roles"),
}
#: Parts of a field that XLSForm says of questions only.
ASKING = {
    "required": Label("必填", "Being required"),
    "required_when": Label("必填条件", "When it is required"),
    "checks": Label("校验", "Checks"),
    "default": Label("默认值", "The default"),
    "prefill": Label("预填", "The prefill"),
    "readonly": Label("只读", "Being read only"),
}
GROUP = "begin group"
#: What the questions of a group say for the answer that they are the parts of.
OF_PARTS = frozenset({"required", "required_when", "readonly"})
NO_FORMULA = "''"
_CONDITIONS = {"relevant", "required", "choice_filter"}


@dataclass
class Book:
    """The sheets, as rows of named cells, and what they cannot say."""

    survey: list[Row] = field(default_factory=list)
    choices: list[Row] = field(default_factory=list)
    settings: list[Row] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)


def write(definition: Definition) -> Book:
    """Return *definition* as an XLSForm."""
    return _Writing(definition).run()


class _Writing:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.book = Book()
        self.remarks = self.book.remarks
        self.names = _names(definition)
        self.speaks = tuple(code for code in languages.NAMES if code == "zh" or _speaks_english(definition))
        self.choices = Choices(definition, self.names.names, self.speaks, self.remarks)

    def run(self) -> Book:
        self._form()
        for section in self.definition.sections:
            self._section(section)
        self.book.choices = self.choices.rows
        return self.book

    def _form(self) -> None:
        form = self.definition
        self.book.settings.append(
            {"form_title": form.title.zh, "form_id": form.key, "default_language": languages.NAMES["zh"]}
        )
        if form.title.en:
            self.remarks.lost("title", "title", Label("英文标题", "The English title"), form.title.en)
        if form.fields:
            self.remarks.lost("class", "sections", Label("各字段的敏感级别", "The classes of the fields"))
        for name, words in FORM_PARTS.items():
            if form.source.get(name):
                self.remarks.lost("form", name, words)

    def _section(self, section: Section) -> None:
        name = f"{section.key}.section" if section.key in self.names.names.values() else section.key
        row: Row = {"type": "begin group", "name": name}
        row |= languages.columns("label", section.title if section.title.zh else None, self.speaks)
        self._expression(row, "relevant", section.visible_when, f"{section.key}.visible_when", Writer(self.names))
        self.book.survey.append(row)
        for item in section.fields:
            self._field(item.key, item)
        self.book.survey.append({"type": "end group"})

    def _field(self, path: str, item: Field) -> None:
        kind, writer = field_types.get(item.type), Writer(self.names, path)
        row: Row = {"type": "", "name": self.names.names[path]}
        row |= languages.columns("label", item.label if item.label.zh else None, self.speaks)
        self._texts(row, path, item)
        self._expression(row, "relevant", item.visible_when, f"{path}.visible_when", writer)
        grouped = kind.parted and kind.xlsform(item) == GROUP
        if grouped:
            self._lose(path, item, {name: words for name, words in ASKING.items() if name not in OF_PARTS})
        elif kind.xlsform_input:
            self._answer(row, path, item, writer)
        else:
            self._lose(path, item, ASKING)
        if item.compute is not None:
            self._compute(row, path, item, writer)
        self._lose(path, item, FIELD_PARTS)
        if item.type == "subtable":
            self._table(row, path, item)
        elif grouped:
            self._group(row, path, item, writer)
        else:
            self._type(row, path, item, kind)
            self.book.survey.append(row)

    def _texts(self, row: Row, path: str, item: Field) -> None:
        if item.help is not None and item.type == "subtable":
            self.remarks.lost("help", path, Label("明细表的说明", "The help of a sub-table"), item.help.zh)
        elif item.help is not None:
            row.update(languages.columns("hint", item.help, self.speaks))
        if item.unit is not None:
            unit = Label(f"单位：{item.unit.zh}", f"Unit: {item.unit.get('en')}")
            row.update(languages.columns("guidance_hint", unit, self.speaks))

    def _lose(self, path: str, item: Field, parts: dict[str, Label]) -> None:
        for name, words in parts.items():
            value = getattr(item, name)
            if not value:
                continue
            texts = [check.expression for check in item.checks] if name == "checks" else [getattr(value, "text", value)]
            for text in texts:
                self.remarks.lost(name, path, words, text)

    def _type(self, row: Row, path: str, item: Field, kind: field_types.FieldType) -> None:
        spelled = kind.xlsform(item)
        if spelled is None:
            row["type"] = "text"
            message = Label(f"类型“{kind.label.zh}”写成文本", f"Type “{kind.label.en}” becomes text")
            self.remarks.changed("type", path, message, item.type)
        else:
            self._spell(row, path, item, kind, spelled.partition(" ")[0])
        if item.option_filter is not None:
            choices = Names(self.names.names, self.names.types, {"_code": "name", "_kind": "kind"})
            self._expression(row, "choice_filter", item.option_filter, f"{path}.option_filter", Writer(choices, path))
        parameters = kind.xlsform_parameters(item)
        if parameters:
            row["parameters"] = " ".join(f"{name}={value}" for name, value in parameters.items())
        said = (
            {"min", "max"}
            if parameters
            else {"places"}
            if kind.computes and row.get("calculation", NO_FORMULA) != NO_FORMULA
            else set()
        )
        if item.settings.get("pattern") and not any(check.level == "error" for check in item.checks):
            said.add("pattern_message")
        self._settings(path, item, said | set(kind.xlsform_limits) - set(limits.unwritten(kind, item)))

    def _spell(self, row: Row, path: str, item: Field, kind: field_types.FieldType, word: str) -> None:
        named = self.choices.list_of(path, item) if word.startswith("select") else ""
        row["type"] = f"{word} {named}".strip()
        appearance = kind.xlsform_appearance
        codes = self.definition.code_list(path) if named != YES_NO else None
        if would_read(word, appearance, codes, yes_no=named == YES_NO) != item.type:
            appearance = marked(appearance, item.type)
            message = Label(
                f"别的工具不检查“{kind.label.zh}”的格式；appearance 记着类型",
                f"Other tools do not check the format of “{kind.label.en}”; the appearance keeps the type",
            )
            self.remarks.changed("format", path, message, item.type)
        if appearance:
            row["appearance"] = appearance

    def _settings(self, path: str, item: Field, said: set[str]) -> None:
        for name, value in item.settings.items():
            if name not in said:
                self.remarks.lost("setting", path, Label(f"设置 {name}", f"Setting {name}"), value)

    def _answer(self, row: Row, path: str, item: Field, writer: Writer) -> None:
        if item.required:
            row["required"] = "yes"
        else:
            self._expression(row, "required", item.required_when, f"{path}.required_when", writer)
        if item.readonly:
            row["read_only"] = "yes"
        said = self._expression(row, "default", item.prefill, f"{path}.prefill", writer)
        if item.default is not None and said:
            self.remarks.lost("default", path, ASKING["default"], item.default)
        elif item.default is not None:
            row["default"] = field_types.get(item.type).xlsform_value(item, item.default)
        self._constraint(row, path, item, writer)

    def _constraint(self, row: Row, path: str, item: Field, writer: Writer) -> None:
        parts = limits.written_limits(field_types.get(item.type), item)
        messages: list[Label] = []
        for number, check in enumerate(item.checks):
            place = f"{path}.checks[{number}]"
            if check.level != "error":
                message = Label("只提醒、不阻止的校验", "A check that only warns")
                self.remarks.lost("warning", place, message, check.expression)
                continue
            try:
                tree = writer.constraint(check.tree)
                parts.append(f"({written(tree)})")
            except Unsayable as error:
                self.remarks.lost("expression", place, error.message, check.expression)
                continue
            self._nothing(place, check.expression, tree)
            messages.append(check.message)
        pattern = item.settings.get("pattern") and item.settings.get("pattern_message")
        if pattern and not messages:
            messages = [Label.of(pattern)]
        if parts:
            row["constraint"] = " and ".join(parts)
        if messages:
            texts = ["\n".join(message.get(code) for message in messages) for code in languages.NAMES]
            row.update(languages.columns("constraint_message", Label(*texts), self.speaks))

    def _compute(self, row: Row, path: str, item: Field, writer: Writer) -> None:
        if not self._expression(row, "calculation", item.compute, f"{path}.compute", writer):
            # A calculation without anything to work out is refused by every tool.
            row["calculation"] = NO_FORMULA
        elif field_types.get(item.type).column_kind == "numeric":
            row["calculation"] = f"round({row['calculation']}, {item.setting('places', 0)})"

    def _expression(self, row: Row, column: str, expression: Expr | None, place: str, writer: Writer) -> bool:
        if expression is None:
            return False
        try:
            tree = (writer.condition if column in _CONDITIONS else writer.value)(expression.tree)
            row[column] = written(tree)
        except Unsayable as error:
            self.remarks.lost("expression", place, error.message, expression.text)
            return False
        self._nothing(place, expression.text, tree)
        return True

    def _nothing(self, place: str, text: str, tree: Tree) -> None:
        if asks_of_nothing(tree):
            message = Label(
                "有空值时，XPath 的“!=”和“not”算成立，本系统算不成立",
                "Where a value is empty, != and not hold in XPath and do not here",
            )
            self.remarks.changed("empties", place, message, text)

    def _table(self, row: Row, path: str, item: Field) -> None:
        row["type"] = "begin repeat"
        least, most = item.setting("min_rows"), item.setting("max_rows")
        fixed = bool(least) and least == most
        if fixed:
            row["repeat_count"] = str(least)
        self._settings(path, item, {"min_rows", "max_rows"} if fixed else set())
        self.book.survey.append(row)
        for column in item.fields:
            self._field(f"{path}.{column.key}", column)
        self.book.survey.append({"type": "end repeat"})

    def _group(self, row: Row, path: str, item: Field, writer: Writer) -> None:
        """Write an answer of several parts as a group with a question for each of them."""
        kind, name = field_types.get(item.type), self.names.names[path]
        known = {word for text in kind.xlsform_reads for word in text.removeprefix(GROUP).split()}
        shape = kind.xlsform_appearance or "field-list"
        row["type"] = GROUP
        row["appearance"] = shape if shape in known else marked(shape, item.type)
        parameters = kind.xlsform_parameters(item)
        if parameters:
            row["parameters"] = " ".join(f"{key}={value}" for key, value in parameters.items())
        self._settings(path, item, {*parameters, *kind.xlsform_parts})
        self.book.survey.append(row)
        for part in kind.parts(item):
            chosen = field_types.get(part.type).has_options
            word = f"select_one {self.choices.list_of(path, item)}" if chosen else part.type
            inner: Row = {"type": word, "name": f"{name}.{part.key}"}
            inner |= languages.columns("label", part.label, self.speaks)
            if item.required and part.required:
                inner["required"] = "yes"
            elif item.required_when is not None:
                self._expression(inner, "required", item.required_when, f"{path}.required_when", writer)
            if item.readonly:
                inner["read_only"] = "yes"
            if chosen and item.option_filter is not None:
                choices = Names(self.names.names, self.names.types, {"_code": "name", "_kind": "kind"})
                self._expression(
                    inner, "choice_filter", item.option_filter, f"{path}.option_filter", Writer(choices, path)
                )
            self.book.survey.append(inner)
        self.book.survey.append({"type": "end group"})


def _names(definition: Definition) -> Names:
    """Return the names: keys where they are unique in the form, ``table.column`` where a column's key is not."""
    types = {path: item.type for path, item in definition.walk()}
    seen = Counter(path.rpartition(".")[2] for path in types)
    names = {path: path if seen[path.rpartition(".")[2]] > 1 else path.rpartition(".")[2] for path in types}
    for path, item in definition.walk():
        kind = field_types.get(item.type)
        for part in kind.parts(item) if kind.xlsform(item) == GROUP else ():
            names[f"{path}.{part.key}"] = f"{names[path]}.{part.key}"
            types[f"{path}.{part.key}"] = part.type
    return Names(names, types)


def _speaks_english(definition: Definition) -> bool:
    return any(item.label.en for _, item in definition.walk()) or any(s.title.en for s in definition.sections)
