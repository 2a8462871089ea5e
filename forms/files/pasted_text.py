"""Pasted text as a form: one question a line, headings between them, options in brackets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from forms.labels import Label
from forms.sheet_form.cells import GENERAL
from forms.sheet_form.fields import LONGEST_FORM_KEY, Fields
from forms.sheet_form.findings import Findings
from forms.sheet_form.guessing import guess
from forms.sheet_form.heading import Heading, heading
from forms.sheet_form.reader import Result

MOST_LINES = 500
LONGEST_LINE = 200
BODY = "基本信息"
#: Chinese numerals and hashes number the parts of a form, digits its questions.
_SECTION = re.compile(r"(?:第?[一二三四五六七八九十]{1,3}(?:部分|章)?[、.．:：\s]|#+\s*)\s*(.+)|【(.+)】")
_NUMBER = re.compile(r"^(?:[(（]?\d{1,3}[)）、.．]|\d{1,3}\s+|[-•·*]\s+)\s*")
_OPTIONS = re.compile(r"^(.+?)[:：]\s*(.+)$")
_BOXES = re.compile(r"[□○☐]\s*([^□○☐]+)")


def read_text(text: str, title: str = "") -> Result:
    """Return the form that *text* asks for. Without any question, it has no sections.

    :param title: of the form; where there is none, the first line is it if it stands alone.
    """
    lines = [line.strip() for line in text.splitlines()][:MOST_LINES]
    findings = Findings()
    if not title and len(lines) > 1 and lines[0] and not lines[1]:
        title = heading(_plain(lines.pop(0))).name
    fields = Fields(findings)
    sections: dict[str, list[dict[str, Any]]] = {}
    present = BODY
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        if match := _SECTION.fullmatch(line):
            present = (match[1] or match[2]).strip("：: ")
            continue
        said = _question(line[:LONGEST_LINE])
        if said.name:
            place = Label(f"第 {number} 行", f"line {number}").zh
            found = guess(said, None, [], [GENERAL])
            sections.setdefault(present, []).append(fields.make(said, found, place))
    title = title or "新表单"
    definition: dict[str, Any] = {
        "key": Fields(Findings()).key(title, longest=LONGEST_FORM_KEY),
        "title": {"zh": title},
        "sections": [
            {"key": f"sec_{number}", "title": {"zh": name}, "fields": items}
            for number, (name, items) in enumerate(sections.items(), 1)
        ],
    }
    return Result(definition, findings)


def _plain(line: str) -> str:
    return _NUMBER.sub("", line)


def _question(line: str) -> Heading:
    """Return what a line says: ``3. 性别（男/女）＊``, ``岗位类别：技工、普工、管理``, ``住宿 □有 □无``."""
    plain = _plain(line)
    boxes = [text.strip(" 、，,；;") for text in _BOXES.findall(plain)]
    if len(boxes) > 1:
        said = heading(re.split("[□○☐]", plain, maxsplit=1)[0])
        return replace(said, options=tuple(text for text in boxes if text))
    said = heading(plain)
    match = _OPTIONS.match(plain)
    if match and not said.options:
        options = [part.strip() for part in re.split(r"[/／|、]", match[2])]
        if len(options) > 1 and all(0 < len(part) <= 20 for part in options):
            return replace(heading(match[1]), options=tuple(options))
    return said
