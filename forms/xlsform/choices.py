"""The choices sheet: code lists, options of single fields, yes and no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forms.definition import CodeList, Definition, Field
from forms.field_types.bool import NO, YES
from forms.labels import Label
from forms.xlsform import languages
from forms.xlsform.remarks import Remarks

YES_NO = "yes_no"
OWN = ".options"


class Choices:
    """Collects the lists that fields use, each once."""

    def __init__(
        self, definition: Definition, names: Mapping[str, str], speaks: tuple[str, ...], remarks: Remarks
    ) -> None:
        self.definition = definition
        self.names = names
        self.speaks = speaks
        self.remarks = remarks
        self.rows: list[dict[str, str]] = []
        self._known: set[str] = set()

    def list_of(self, path: str, item: Field) -> str:
        """Return the name of the list that a field chooses from; its choices are in the sheet from now on."""
        if item.type == "bool":
            name, rows = YES_NO, self._yes_no()
        else:
            # The ending tells options of one field from a code list of that name.
            name = item.codelist or f"{self.names[path]}{OWN}"
            rows = self._options(name, self.definition.code_list(path))
        if name not in self._known:
            self._known.add(name)
            self.rows += rows
        return name

    def _row(self, name: str, code: str, label: Label) -> dict[str, str]:
        return {"list_name": name, "name": code, **languages.columns("label", label, self.speaks)}

    def _yes_no(self) -> Iterator[dict[str, str]]:
        yield self._row(YES_NO, "yes", YES)
        yield self._row(YES_NO, "no", NO)

    def _options(self, name: str, codes: CodeList | None) -> Iterator[dict[str, str]]:
        options = codes.options if codes else ()
        live = {option.code for option in options if not option.retired}
        for option in options:
            if option.code not in live:
                message = Label(f"停用的选项“{option.label.zh}”", f"The retired option “{option.label.get('en')}”")
                self.remarks.lost("retired_option", name, message, option.code)
                continue
            if any(mark.isspace() for mark in option.code):
                message = Label("选项代码里有空格，多选时读不回来", "A code with a blank is not read back from several")
                self.remarks.changed("option_code", name, message, option.code)
            row = self._row(name, option.code, option.label)
            if option.parent in live:
                row["parent"] = str(option.parent)
            if option.kind:
                row["kind"] = option.kind
            yield row
        if any(option.alias for option in options):
            self.remarks.lost("alias", name, Label("选项的别名", "Other names of the options"))
