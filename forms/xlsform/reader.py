"""An XLSForm as a definition of ours, with what it says that we cannot, and what somebody has to decide."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms import field_types
from forms.definition import CodeList
from forms.labels import Label
from forms.xlsform import languages
from forms.xlsform.from_xpath import Fields, Reader
from forms.xlsform.keys import key_of
from forms.xlsform.options import ChoiceList, lists_of
from forms.xlsform.remarks import Remarks
from forms.xlsform.rules import NUMBER, Rules
from forms.xlsform.sheets import Row, languages_of, rows_of, sheet_of
from forms.xlsform.spelling import MARK, mark_of, spellings
from forms.xlsform.survey import Outline, Part, Question, outline, parameters_of, texts_of

LONGEST_FORM_KEY = 40
_UNIT = re.compile(r"\s*(?:单位|unit)\s*[:：]\s*(.+)", re.IGNORECASE | re.DOTALL)
_HANDLED = frozenset(
    [
        "type", "name", "label", "hint", "guidance_hint", "required", "read_only", "relevant", "constraint",
        "constraint_message", "calculation", "default", "choice_filter", "appearance", "parameters", "repeat_count",
    ]
)  # fmt: skip


@dataclass
class Result:
    """What was read: a definition as it is written, code lists that several of its fields share, and remarks."""

    definition: dict[str, Any]
    code_lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)


def read(sheets: Mapping[str, Sequence[Sequence[Any]]], code_lists: Mapping[str, CodeList] | None = None) -> Result:
    """Return the form in the *sheets* of a workbook, each a list of rows of cells.

    A list of the choices sheet that is called like one of *code_lists* and holds nothing else is that code list.
    The sheet ``survey`` must be there: without it the definition has no fields.
    """
    return _Reading(sheets, code_lists or {}).run()


class _Reading:
    def __init__(self, sheets: Mapping[str, Sequence[Sequence[Any]]], code_lists: Mapping[str, CodeList]) -> None:
        self.remarks = Remarks()
        self.known = code_lists
        self.rows = rows_of(sheet_of(sheets, "survey"))
        choices = rows_of(sheet_of(sheets, "choices"))
        self.settings = next(iter(rows_of(sheet_of(sheets, "settings"))), Row(0))
        self.lists = lists_of(choices, self.remarks)
        self.spoken = languages_of([*self.rows, *choices])
        self.outline: Outline = outline(self.rows, self.remarks)
        self.filters: dict[str, str] = {}
        self.uses = Counter(question.list_name for question in self._questions() if question.list_name)
        self.shared: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}
        self.switches: dict[str, Mapping[str, bool]] = {}
        self.paths = {name: paths[0] for name, paths in self.outline.paths.items() if len(paths) == 1}

    def run(self) -> Result:
        self._settings_remarks()
        for question in self._questions():
            self.types[question.path] = self._type(question)
            for name, row in question.inner:
                self.types[f"{question.path}.{name}"] = "text" if row.get("type").strip() == "text" else "select"
        for part in self._tables():
            self.types[part.key] = "subtable"
        sections = [self._section(part) for part in self.outline.sections]
        key = key_of(self.settings.get("form_id") or "form", longest=LONGEST_FORM_KEY)
        title = self.settings.get("form_title") or key
        label = Label(title) if languages.spoken(title) == "zh" else Label.of({"en": title})
        definition = {
            "key": key,
            "title": label.as_dict(),
            "resource": key,
            "sections": [section for section in sections if section["fields"]],
        }
        ask = self.remarks.ask
        ask(
            "resource",
            "settings",
            Label("权限资源先用表单代码，请确认", "The resource is the form's key; please confirm"),
        )
        ask("class", "survey", Label("各字段的敏感级别请逐一选择", "Choose the class of each field"))
        return Result(definition, self.shared, self.remarks)

    def _settings_remarks(self) -> None:
        for code in sorted(self.spoken - {"", *languages.NAMES}):
            self.remarks.lost("language", "survey", Label(f"语言“{code}”的文字", f"Texts in “{code}”"), code)
        for name in sorted(set(self.settings.cells) - {"form_title", "form_id", "default_language"}):
            message = Label(f"设置“{name}”", f"The setting “{name}”")
            self.remarks.lost("settings", "settings", message, self.settings.get(name))

    def _questions(self) -> Iterator[Question]:
        for section in self.outline.sections:
            for item in section.questions:
                if isinstance(item, Question):
                    yield item
                else:
                    yield from (inner for inner in item.questions if isinstance(inner, Question))

    def _tables(self) -> Iterator[Part]:
        for section in self.outline.sections:
            yield from (item for item in section.questions if isinstance(item, Part))

    # Types

    def _type(self, question: Question) -> str:
        row, word = question.row, question.word
        if question.kind:
            return question.kind
        appearance, place = row.get("appearance"), f"survey {row.number}"
        found = mark_of(word, appearance)
        if not found and row.get("calculation") and word != "calculate":
            message = Label("会算出答案的题改为计算字段", "A question that is worked out became a computed field")
            self.remarks.changed("calculation", place, message, word)
            return NUMBER
        if not found and word == "select_one" and (choices := self.lists.get(question.list_name)):
            switch = choices.switch
            found = "bool" if switch else "tree" if choices.is_tree else ""
        if found == "bool" and (choices := self.lists.get(question.list_name)) and choices.switch:
            self.switches[question.path] = choices.switch
        found = found or self._spelled(word, appearance, parameters_of(row.get("parameters")))
        if not found:
            message = Label(f"没有“{word}”这种题型，先作为文本", f"There is no type “{word}”; it became text")
            self.remarks.changed("type", place, message, word)
            found = "text"
        elif found in {"bool", "file"} and word in {"acknowledge", "trigger", "audio", "video"}:
            kind = field_types.get(found).label
            self.remarks.changed("type", place, Label(f"“{word}”作为{kind.zh}", f"“{word}” became {kind.en}"), word)
        if found in {"select", "multiselect", "tree"} and question.list_name not in self.lists:
            message = Label("没有这个选项列表，先作为文本", "There is no such list of choices; it became text")
            self.remarks.changed("choices", place, message, question.list_name)
            found = "text"
        return found

    def _spelled(self, word: str, appearance: str, parameters: Mapping[str, str]) -> str:
        known = spellings()
        for part in appearance.split():
            if f"{word} {part}" in known:
                return known[f"{word} {part}"]
        found = next((known[text] for text in (word, word.casefold()) if text in known), "")
        if found and field_types.get(found).from_xlsform_parameters(parameters) is None:
            # A range that is no mark is a number between two others.
            return "integer" if all(value.lstrip("-").isdecimal() for value in parameters.values()) else "decimal"
        return found

    # Sections, tables, fields

    def _section(self, part: Part) -> dict[str, Any]:
        section: dict[str, Any] = {"key": part.key, "title": _written(texts_of(part), part.key)}
        if part.row is not None:
            self._rest(part.row)
            self._rules(part.row).condition(section, "visible_when", [part.row.get("relevant")])
        section["fields"] = [
            self._table(item) if isinstance(item, Part) else self._field(item) for item in part.questions
        ]
        return section

    def _table(self, part: Part) -> dict[str, Any]:
        row = part.row or Row(0)
        self._rest(row)
        table: dict[str, Any] = {"key": part.key, "type": "subtable", "label": _written(row.label("label"), part.key)}
        count = row.get("repeat_count")
        if count.isdecimal():
            table |= {"min_rows": int(count), "max_rows": int(count)}
        elif count:
            message = Label("行数由公式决定", "A number of rows that is worked out")
            self.remarks.lost("repeat_count", f"survey {row.number}", message, count)
        self._rules(row).condition(table, "visible_when", [*part.around, row.get("relevant")])
        table["fields"] = [self._field(item) for item in part.questions if isinstance(item, Question)]
        return table

    def _field(self, question: Question) -> dict[str, Any]:
        row, name = question.row, self.types[question.path]
        kind = field_types.get(name)
        raw: dict[str, Any] = {"key": question.path.rpartition(".")[2], "type": name}
        label = row.label("label")
        if label is None and not kind.computes:
            message = Label("没有题目文字，先用名称", "No label; the name takes its place")
            self.remarks.ask("label", f"survey {row.number}", message, row.get("name"))
        raw["label"] = _written(label, row.get("name") or raw["key"])
        self._texts(raw, row)
        self._rest(row)
        if question.list_name:
            self._options(raw, question)
        raw.update(self._parameters(row, kind))
        rules = self._rules(row, question.path)
        rules.condition(raw, "visible_when", [*question.around, row.get("relevant")])
        if kind.computes:
            rules.calculation(raw)
            self.types[question.path] = raw["type"]
        if question.inner:
            self._parts(raw, question, kind)
        elif kind.xlsform_input:
            rules.required(raw)
            rules.readonly(raw)
            rules.default(raw, kind, self.switches.get(question.path))
            rules.constraint(raw, kind)
        else:
            self._unasked(row)
        return raw

    def _parts(self, raw: dict[str, Any], question: Question, kind: field_types.FieldType) -> None:
        """Read the questions of a group that is one answer; the first says what holds for all."""
        raw.update(kind.from_xlsform_parts([(part, row.label("label")) for part, row in question.inner]))
        rules = self._rules(question.inner[0][1], question.path)
        rules.required(raw)
        rules.readonly(raw)
        for _, row in question.inner:
            self._rest(row)

    def _unasked(self, row: Row) -> None:
        """Note the rules of a row that asks nothing."""
        for column in ("required", "constraint", "default"):
            text = row.get(column)
            if text and text.casefold() not in {"no", "false", "false()"}:
                message = Label(f"不填写的字段没有 {column}", f"What is not asked has no {column}")
                self.remarks.lost("unasked", f"survey {row.number} {column}", message, text)

    def _rules(self, row: Row, path: str = "", choices: Mapping[str, str] | None = None) -> Rules:
        return Rules(row, Reader(self._fields(choices), path), self.remarks)

    def _fields(self, choices: Mapping[str, str] | None = None) -> Fields:
        return Fields(self.paths, self.types, self.switches, choices or {})

    def _texts(self, raw: dict[str, Any], row: Row) -> None:
        hint, guidance = row.label("hint"), row.label("guidance_hint")
        unit = _unit(guidance)
        if unit is not None:
            raw["unit"] = unit.as_dict()
        elif guidance is not None:
            hint = guidance if hint is None else Label(f"{hint.zh}\n{guidance.zh}", f"{hint.en}\n{guidance.en}".strip())
        if hint is not None:
            raw["help"] = hint.as_dict()

    def _rest(self, row: Row) -> None:
        """Note the columns of a row that mean nothing here."""
        place = f"survey {row.number}"
        for name in sorted(set(row.cells) - _HANDLED):
            self.remarks.lost("column", place, Label(f"列“{name}”", f"The column “{name}”"), row.get(name))
        if "required_message" in row.texts:
            self.remarks.lost("column", place, Label("必填提示语", "The message of a required question"))
        known = {part for text in spellings() for part in text.split()[1:]}
        for word in row.get("appearance").split():
            if word not in known and not word.startswith(MARK):
                self.remarks.lost("appearance", place, Label("显示方式", "The appearance"), word)
        for texts in row.texts.values():
            if any("${" in text for text in texts.values()):
                message = Label("文字里引用了答案，这里不会替换", "A text names an answer; it is not filled in here")
                self.remarks.changed("text", place, message)
                break

    def _parameters(self, row: Row, kind: field_types.FieldType) -> dict[str, Any]:
        text = row.get("parameters")
        if not text:
            return {}
        given = parameters_of(text)
        if row.get("type").strip() == "range" and kind.name in {"integer", "decimal"}:
            if given.get("step", "1") != "1":
                message = Label("range 的步长", "The step of a range")
                self.remarks.lost("parameters", f"survey {row.number}", message, given["step"])
            bounds = {"min": given.get("start", "1"), "max": given.get("end", "10")}
            return {name: int(value) if kind.name == "integer" else float(value) for name, value in bounds.items()}
        found = dict(kind.from_xlsform_parameters(given) or {})
        if not found and row.get("type").strip() != "range":
            self.remarks.lost("parameters", f"survey {row.number}", Label("参数", "Parameters"), text)
        return found

    # Choices

    def _options(self, raw: dict[str, Any], question: Question) -> None:
        name, place = question.list_name, f"survey {question.row.number}"
        choices = self.lists.get(name)
        if question.other:
            message = Label("“其他”选项和它的填空没有加上", "The choice “other” and its text are not added")
            self.remarks.lost("or_other", place, message, question.row.get("type"))
        if choices is None or raw["type"] in {"bool", "text"}:
            return
        kind = self._filter(raw, question, choices)
        if name in self.known:
            known = {option.code for option in self.known[name].options if not option.retired}
            if choices.codes <= known:
                raw["codelist"] = name
                if choices.codes != known:
                    message = Label(f"码表“{name}”在本系统里选项更多", f"The code list “{name}” has more options here")
                    self.remarks.changed("codelist", place, message, name)
                return
            message = Label(f"与本系统的码表“{name}”不同，选项放在字段里", f"Differs from the code list “{name}” here")
            self.remarks.changed("codelist", place, message, name)
        if self.uses[name] > 1 and name not in self.known:
            key = key_of(name)
            self.shared[key] = {"key": key, "title": name, "items": choices.options(kind)}
            raw["codelist"] = key
        else:
            raw["options"] = choices.options(kind)

    def _filter(self, raw: dict[str, Any], question: Question, choices: ChoiceList) -> str:
        """Read the choice filter; return the column that became the kind of the options."""
        asking = question.inner[0][1] if question.inner else question.row
        text = asking.get("choice_filter")
        columns = [name for name in choices.columns if re.search(rf"(?<![\w$.{{-]){re.escape(name)}(?![\w(-])", text)]
        kind = columns[0] if columns else "kind" if "kind" in choices.columns else ""
        for name in choices.columns:
            if name != kind:
                message = Label(f"选项的列“{name}”", f"The column “{name}” of the choices")
                self.remarks.lost("choice_column", f"survey {question.row.number}", message, name)
        if text:
            names = {"name": "_code"} | ({kind: "_kind"} if kind else {})
            self._rules(asking, question.path, names).condition(raw, "option_filter", [text])
        return kind


def _written(label: Label | None, otherwise: str) -> dict[str, str]:
    return (label or Label(otherwise)).as_dict()


def _unit(guidance: Label | None) -> Label | None:
    zh = _UNIT.fullmatch(guidance.zh) if guidance else None
    if guidance is None or zh is None:
        return None
    en = _UNIT.fullmatch(guidance.en)
    return Label(zh[1], en[1] if en and en[1] != zh[1] else "")
