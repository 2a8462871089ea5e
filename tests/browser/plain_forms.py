"""A form as a browser without scripts sends it: names and values as they stand on the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


@dataclass
class PlainForm:
    """The fields of a form; ``fill`` changes what is there, as typing does."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: set[tuple[str, str]] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def fill(self, **values: object) -> None:
        """Give fields that are on the page new values: a text, a code, a list of codes, or None to empty."""
        for name, value in values.items():
            self.set(f"f-{name}", value)

    def set(self, name: str, value: object) -> None:
        """Give one field a new value."""
        known = {key for key, _ in self.fields} | {key for key, _ in self.choices}
        assert name in known, f"{name} is not on the page"
        self.fields = [(key, old) for key, old in self.fields if key != name]
        for one in value if isinstance(value, list) else [value]:
            self.fields.append((name, {True: "true", False: "false", None: ""}.get(one, str(one))))

    def get(self, name: str) -> list[str]:
        """Return what a field holds."""
        return [value for key, value in self.fields if key == f"f-{name}" and value]

    def data(self, **more: str) -> MultiDict[str, str]:
        """Return what is posted."""
        return MultiDict([*self.fields, *more.items()])


class FormReader(HTMLParser):
    """Reads the form whose opening tag carries an attribute."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark
        self.form = PlainForm()
        self.inside = False
        self.templates = 0
        self.select = ""
        self.textarea: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.inside = self.inside or (tag == "form" and self.mark in found)
        self.templates += tag == "template"
        if not self.inside or self.templates:
            return
        name = found.get("name", "")
        if tag == "input" and name:
            self._input(name, found)
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            self.form.choices.add((self.select, found.get("value", "")))
            if "selected" in found:
                self.form.fields.append((self.select, found.get("value", "")))
        elif tag == "textarea":
            self.textarea = (name, [])
        elif tag == "button":
            self.form.buttons.append((found.get("name", ""), found.get("value", "") or found.get("formaction", "")))

    def _input(self, name: str, found: dict[str, str]) -> None:
        kind, value = found.get("type", "text"), found.get("value", "")
        if kind in {"checkbox", "radio"}:
            self.form.choices.add((name, value))
            if "checked" in found:
                self.form.fields.append((name, value))
        elif kind != "file":
            self.form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        self.templates -= tag == "template"
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.textarea:
            name, parts = self.textarea
            self.form.fields.append((name, "".join(parts).removeprefix("\n")))
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.textarea[1].append(data)


def read_form(html: str, mark: str = "data-entry") -> PlainForm:
    """Return the form marked with the attribute *mark*."""
    reader = FormReader(mark)
    reader.feed(html)
    return reader.form
