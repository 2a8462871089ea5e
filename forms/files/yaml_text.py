"""YAML as definitions are written in it: the safe subset, no key twice, no more than what is written there."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from forms.files.reading import DefinitionError, Issue
from forms.labels import Label

#: How many times as long as its text a document may become by its aliases; and what is allowed anyway.
MOST_TIMES, ALLOWED = 10, 10_000
TOO_LONG = Label(
    "YAML 中的别名（*）展开后过长，或引用了自身；请直接写出内容",
    "The aliases (*) of the YAML would make it far too long, or hold themselves; write the content out",
)
#: Numbers beyond are not kept by every database and reader.
_LARGEST = 2**63

_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """Refuses what YAML allows and nobody means: a key that stands twice, of which one would be lost."""

    most = ALLOWED

    def get_single_node(self) -> yaml.Node | None:
        """Return the document; refuse one that a few aliases would blow up beyond measure, or that holds itself."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None and _weight(node, {}) > self.most:
            raise DefinitionError([Issue("yaml", "1:1", TOO_LONG)])
        return node

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


def _weight(node: yaml.Node, known: dict[int, float]) -> float:
    """Return how long a node is written out, each alias as what it stands for; infinite where it holds itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1 + len(node.value)
    if id(node) not in known:
        known[id(node)] = math.inf
        pairs = isinstance(node, yaml.MappingNode)
        parts = [part for pair in node.value for part in pair] if pairs else node.value
        known[id(node)] = 1 + sum(_weight(part, known) for part in parts)
    return known[id(node)]


def _require_storable(value: Any) -> None:
    """Raise ``ValueError`` for what no database keeps: NUL, half of a surrogate pair, numbers without end."""
    if isinstance(value, dict):
        for key, item in value.items():
            _require_storable(key)
            _require_storable(item)
    elif isinstance(value, list):
        for item in value:
            _require_storable(item)
    elif isinstance(value, str):
        value.encode()
        if "\0" in value:
            raise ValueError("a NUL character")
    elif (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, int) and not -_LARGEST <= value < _LARGEST
    ):
        raise ValueError("a number beyond 64 bits")


def load_yaml(source: str | Path) -> Any:
    """Return the content of a YAML file or text; raises DefinitionError with the line of what cannot be read."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    try:
        loader = _Loader(text)
        loader.most = MOST_TIMES * len(text) + ALLOWED
        found = loader.get_single_data()
        _require_storable(found)
    except DefinitionError:
        raise
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
    return found
