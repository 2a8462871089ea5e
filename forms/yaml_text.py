"""YAML as definitions are written in it: the safe subset, and no key twice."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from forms.labels import Label
from forms.reading import DefinitionError, Issue

_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """Refuses what YAML allows and nobody means: a key that stands twice, of which one would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - as declared
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
            seen.add(key.value)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def load_yaml(source: str | Path) -> Any:
    """Return the content of a YAML file or text; raises DefinitionError with the line of what cannot be read."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A month 13, a number of thousands of digits, brackets without end: the parser lets them through to Python.
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reason = getattr(error, "problem", None) or str(error)
        message = Label(
            f"YAML 第 {line} 行第 {column} 列无法读取：{reason}",
            f"The YAML cannot be read at line {line}, column {column}: {reason}",
        )
        raise DefinitionError([Issue("yaml", f"{line}:{column}", message)]) from error
