"""A line of text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

import re2

from forms import patterns
from forms.answers.problems import Invalid
from forms.answers.typed_text import narrow_signs
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, TEXT, Compiled, FieldType, Setting, plain_text, refuse_rounded
from forms.labels import Label

DEFAULT_LENGTH = 200
MOST_LENGTH = 20_000
#: The dots that people type between the parts of a minority or foreign name; U+00B7 is the standard one (GB 18030).
NAME_DOT = re.compile(r" ?[•‧∙・･●·] ?")
HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
FULL_STOP_IN_NAME = re.compile(f"(?<=[{HAN}]) ?[.．] ?(?=[{HAN}])")
#: A blank that does not part two Latin words.
IDLE_BLANK = re.compile(r"(?<![A-Za-z0-9.,&'-]) | (?![A-Za-z0-9&'])")


def normal_person(text: str) -> str:
    """Return a person's name without idle blanks, with the standard dot between its parts."""
    text = FULL_STOP_IN_NAME.sub("·", NAME_DOT.sub("·", " ".join(text.split())))
    return unicodedata.normalize("NFC", IDLE_BLANK.sub("", text))


def normal_organization(text: str) -> str:
    """Return an organization's name as licences print it: narrow letters, digits and brackets, no idle blanks."""
    text = IDLE_BLANK.sub("", " ".join(narrow_signs(text).split()))
    return unicodedata.normalize("NFC", text)


NORMAL = {"person": normal_person, "organization": normal_organization}


class Text(FieldType):
    """A line of text, with length, pattern (RE2), word list and normalisation."""

    name = "text"
    label = Label("单行文本", "Text")
    group = "text"
    about = Label("一行以内的文字，可定字数和格式", "A text of one line, with length and pattern as you choose")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("text", "string")
    xlsform_limits: ClassVar[Mapping[str, str]] = {
        "min_length": "string-length(.) >= $n",
        "max_length": "string-length(.) <= $n",
        "pattern": "regex(., $n)",
    }
    operators = (*EQUALITY, *TEXT)
    searchable = True
    settings = (
        Setting("min_length", "integer", Label("最少字数", "Minimum length"), least=0, most=MOST_LENGTH),
        Setting("max_length", "integer", Label("最多字数", "Maximum length"), least=1, most=MOST_LENGTH),
        Setting("pattern", "text", Label("格式（正则）", "Pattern")),
        Setting("pattern_message", "label", Label("格式不符时的提示", "Message of the pattern")),
        Setting("word_list", "codelist", Label("禁用词表", "Forbidden words")),
        Setting("normalise", "text", Label("规范化", "Normalise"), choices=tuple(NORMAL)),
    )
    length = DEFAULT_LENGTH
    multiline = False

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        low, high = field.setting("min_length", 0), field.setting("max_length", self.length)
        fits = patterns.whole(field.settings["pattern"]) if field.settings.get("pattern") else None
        message = (
            Label.of(field.settings["pattern_message"])
            if field.settings.get("pattern_message")
            else Label("格式不正确，请核对", "The format is not right")
        )
        normal = NORMAL.get(field.setting("normalise", ""))
        words = forbidden_words(code_list) if field.settings.get("word_list") else ()
        multiline = self.multiline

        def check(raw: Any) -> str:
            if not isinstance(raw, str):
                if isinstance(raw, list | dict):
                    raise Invalid("type", Label("应为文字", "Expected text"))
                refuse_rounded(raw)
            elif "+" in raw:
                refuse_rounded(raw)
            text = plain_text(raw)
            if not multiline and not text.isprintable():
                text = text.replace("\n", " ").replace("\t", " ")
            if normal:
                text = normal(text)
            size = len(text)
            if size < low:
                raise Invalid(
                    "too_short",
                    Label(f"至少 {low} 个字，现有 {size} 个", f"At least {low} characters, now {size}"),
                )
            if size > high:
                raise Invalid(
                    "too_long",
                    Label(f"最多 {high} 个字，现有 {size} 个", f"At most {high} characters, now {size}"),
                )
            if fits is not None and not fits(text):
                raise Invalid("pattern", message)
            folded = text.casefold() if words else ""
            dense = "".join(folded.split())
            for word, shown in words:
                if word in folded or word in dense:
                    raise Invalid(
                        "forbidden_word",
                        Label(f"不得含有“{shown}”，请改写", f"Must not contain “{shown}”; rephrase it"),
                    )
            return text

        if multiline or normal or words:
            return check
        composed = unicodedata.is_normalized

        def line(raw: Any) -> str:
            # Nearly every line is such a one; whatever is not, and whatever is wrong, takes the long way.
            if type(raw) is str and raw.isprintable() and (raw.isascii() or composed("NFC", raw)) and "+" not in raw:
                text = raw.strip()
                if low <= len(text) <= high and (fits is None or fits(text)):
                    return text
            return check(raw)

        return line

    def note(self, field: Field, language: str) -> str:
        low, high = field.setting("min_length", 0), field.setting("max_length", self.length)
        return Label(
            f"{low}–{high} 个字" if low else f"最多 {high} 个字",
            f"{low}–{high} characters" if low else f"Up to {high} characters",
        ).get(language)

    def check_settings(self, field: Field) -> list[Label]:
        found = super().check_settings(field)
        if field.settings.get("pattern"):
            try:
                re2.compile(field.settings["pattern"])
            except re2.error:
                found.append(
                    Label(
                        "格式（正则）无法使用：不支持环视和反向引用",
                        "The pattern cannot be used: no look-around, no back-references",
                    )
                )
        if field.setting("min_length", 0) > field.setting("max_length", self.length):
            found.append(Label("最少字数大于最多字数", "Minimum length above maximum length"))
        return found


def forbidden_words(code_list: CodeList | None) -> tuple[tuple[str, str], ...]:
    """Return the words of a word list, as they are compared and as they are written.

    A word is found in a text also where blanks stand between its characters: nobody gets round a list that way.
    """
    live = [option for option in code_list.options if not option.retired] if code_list else []
    words = [word for option in live for word in (option.label.zh, option.label.en, *option.alias) if word]
    return tuple((word.casefold(), word) for word in words)


TYPE = Text()
