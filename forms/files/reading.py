"""Reads plain values out of YAML or JSON, and collects what is wrong with them instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.definition import CodeList, Expr
from forms.expressions import ExpressionError, parse
from forms.labels import Label


@dataclass(frozen=True, slots=True)
class Issue:
    """Something wrong with a definition. ``level``: ``error`` blocks publishing, ``warning`` does not."""

    code: str
    path: str
    message: Label
    level: str = "error"

    def as_dict(self, language: str) -> dict[str, str]:
        """Return the JSON form."""
        return {"code": self.code, "path": self.path, "message": self.message.get(language), "level": self.level}


class DefinitionError(ValueError):
    """A definition cannot be read; ``issues`` says all that is wrong."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = list(issues)
        super().__init__("; ".join(f"{issue.path}: {issue.message.en or issue.message.zh}" for issue in self.issues))


class Reader:
    """Turns raw values into typed ones; every mistake becomes an issue with its place."""

    def __init__(self, code_lists: Mapping[str, CodeList]) -> None:
        self.code_lists = code_lists
        self.issues: list[Issue] = []

    def finish(self) -> None:
        if self.issues:
            raise DefinitionError(self.issues)

    def report(self, code: str, path: str, zh: str, en: str) -> None:
        self.issues.append(Issue(code, path, Label(zh, en)))

    def known(self, raw: Any, keys: Collection[str], path: str) -> bool:
        if not isinstance(raw, Mapping):
            self.report("not_object", path, "应为一组键值", "Expected an object")
            return False
        for key in raw:
            if key not in keys:
                self.report(
                    "unknown_key", f"{path}.{key}" if path else str(key), f"不认识的键“{key}”", f"Unknown key “{key}”"
                )
        return True

    def many(self, raw: Any, path: str) -> list[Any]:
        """Return a list; None is an empty one."""
        if raw is None or isinstance(raw, list):
            return raw or []
        self.report("not_list", path, "应为一列", "Expected a list")
        return []

    def text(self, raw: Any, path: str, default: str = "") -> str:
        """Return a text; None is *default*."""
        if raw is None or isinstance(raw, str):
            return raw or default
        self.report("not_text", path, "应为文字", "Expected text")
        return default

    def switch(self, raw: Any, path: str) -> bool:
        if raw is None or isinstance(raw, bool):
            return bool(raw)
        self.report("not_bool", path, "只能是 true 或 false", "Expected true or false")
        return False

    def whole(self, raw: Any, path: str) -> int | None:
        if raw is None or (isinstance(raw, int) and not isinstance(raw, bool)):
            return raw
        self.report("not_integer", path, "应为整数", "Expected a whole number")
        return None

    def one_of(self, raw: Any, words: Sequence[str], path: str) -> str:
        """Return one of *words*; the first stands in for anything else, which is reported."""
        if isinstance(raw, str) and raw in words:
            return raw
        zh, en = f"“{raw}”不在可用的值中：{'、'.join(words)}", f"“{raw}” is not one of {', '.join(words)}"
        self.report(path.rpartition(".")[2], path, zh, en)
        return words[0]

    def table(self, raw: Any, path: str) -> Mapping[str, Any]:
        if raw is None or isinstance(raw, Mapping):
            return raw or {}
        self.report("not_object", path, "应为一组键值", "Expected an object")
        return {}

    def label(self, raw: Any, path: str) -> Label:
        try:
            return Label.of(raw)
        except ValueError:
            self.report("label", path, "应为文字或 {zh, en}", "Expected text or {zh, en}")
            return Label(str(raw))

    def optional_label(self, raw: Any, path: str) -> Label | None:
        return None if raw in (None, "") else self.label(raw, path)

    def expression(self, raw: Any, path: str) -> Expr | None:
        if raw in (None, ""):
            return None
        try:
            text = str(raw).lower() if isinstance(raw, bool) else str(raw)
            return Expr(text, parse(text))
        except ExpressionError as error:
            self.issues.append(
                Issue(
                    "expression",
                    path,
                    Label(
                        f"公式第 {error.position + 1} 个字符处：{error.message.zh}",
                        f"At character {error.position + 1}: {error.message.en}",
                    ),
                )
            )
            return None

    def texts(self, raw: Any, path: str) -> tuple[str, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
            self.report("not_list", path, "应为一列文字", "Expected a list of texts")
            return ()
        return tuple(raw)
