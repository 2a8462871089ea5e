"""Options and code lists from YAML or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from forms.definition import CodeList, Option
from forms.files.reading import Reader

OPTION_KEYS = {"code", "zh", "en", "label", "retired", "children", "kind", "alias", "parent"}
#: How many codes a message names.
NAMED = 5


def parse_code_list(key: str, raw: Mapping[str, Any]) -> CodeList:
    """Return a code list from ``{title, items: [{code, zh, en, children: […]}]}``; raises DefinitionError."""
    reader = OptionReader({})
    if not reader.known(raw, {"key", "title", "items", "verified", "note"}, key):
        reader.finish()
    options = tuple(reader.options(raw.get("items", []), f"{key}.items", None))
    reader.coherent(options, f"{key}.items")
    code_list = CodeList(key, reader.label(raw.get("title", key), f"{key}.title"), options)
    reader.finish()
    return code_list


class OptionReader(Reader):
    """Reads options, each with those below it."""

    def options(self, raw: Any, path: str, parent: str | None) -> Iterable[Option]:
        if not isinstance(raw, list):
            self.report("not_list", path, "应为一列选项", "Expected a list of options")
            return
        for number, item in enumerate(raw):
            where = f"{path}[{number}]"
            if not self.known(item, OPTION_KEYS, where):
                continue
            code = item.get("code")
            if not isinstance(code, str) or not code or code != code.strip():
                self.report(
                    "option_code",
                    where,
                    "选项要有代码：加引号的文字，如 '01'",
                    "An option needs a code: text in quotes such as '01'",
                )
                continue
            label = item.get("label") or {key: item[key] for key in ("zh", "en") if item.get(key)}
            if not label:
                self.report("option_label", where, f"选项“{code}”没有名称", f"The option “{code}” has no label")
            yield Option(
                code,
                self.label(label or "", where),
                self.switch(item.get("retired"), f"{where}.retired"),
                self.text(item.get("parent"), f"{where}.parent") or parent,
                self.text(item.get("kind"), f"{where}.kind") or None,
                self.texts(item.get("alias"), f"{where}.alias"),
            )
            yield from self.options(item.get("children") or [], f"{where}.children", code)

    def coherent(self, options: Collection[Option], path: str) -> None:
        """Report codes that stand twice and parents that do not exist or lead round in a circle."""
        parents = {option.code: option.parent for option in options}
        twice = [code for code, count in Counter(option.code for option in options).items() if count > 1]
        for code in twice[:NAMED]:
            self.report("duplicate_option", path, f"代码“{code}”重复了", f"The code “{code}” stands twice")
        lost = sorted({parent for parent in parents.values() if parent and parent not in parents})
        for code in lost[:NAMED]:
            self.report("option_parent", path, f"上级代码“{code}”不存在", f"There is no parent “{code}”")
        try:
            list(TopologicalSorter({code: [parent] for code, parent in parents.items() if parent}).static_order())
        except CycleError as error:
            trail = " → ".join(error.args[1])
            self.report("option_parent", path, f"上下级成环：{trail}", f"Parents lead round in a circle: {trail}")
