"""A form as a file: its definition with the code lists that it uses, as YAML or JSON, always the same text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from forms.definition import CodeList, Definition
from forms.files.loading import load_yaml, parse_code_list, parse_definition
from forms.files.ordering import arrange_code_list, arrange_form
from forms.files.reading import DefinitionError, Issue
from forms.labels import Label

#: The version of the shape of the file, not of the form.
FORMAT = 1
KEYS = frozenset(["format", "form", "code_lists"])


@dataclass(frozen=True, slots=True)
class Bundle:
    """A definition and code lists, both as they are written."""

    form: Mapping[str, Any]
    code_lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def parsed_lists(self) -> dict[str, CodeList]:
        """Return the code lists; raises DefinitionError."""
        return {key: parse_code_list(key, raw) for key, raw in self.code_lists.items()}

    def definition(self, code_lists: Mapping[str, CodeList]) -> Definition:
        """Return the definition, read with *code_lists* below those of the file; raises DefinitionError."""
        return parse_definition(self.form, {**code_lists, **self.parsed_lists()})

    def text(self, ending: str) -> str:
        """Return the file: JSON where *ending* is ``json``, else YAML."""
        content = {
            "format": FORMAT,
            "form": arrange_form(self.form),
            "code_lists": {key: arrange_code_list(self.code_lists[key]) for key in sorted(self.code_lists)},
        }
        if ending == "json":
            return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes the same object out again where it stands twice: a reader of the file should not follow anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Have no anchors."""
        return True


def code_lists_of(raw: Any) -> Iterator[str]:
    """Yield the keys of the code lists that a definition, or any part of one, names."""
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            if name in {"codelist", "word_list"} and isinstance(value, str):
                yield value
            else:
                yield from code_lists_of(value)
    elif isinstance(raw, list):
        for item in raw:
            yield from code_lists_of(item)


def read_bundle(text: str) -> Bundle:
    """Return what is in the text of a file: a bundle, or a definition alone.

    Raises DefinitionError where it is no YAML or JSON, or holds what is unknown; the definition itself is not parsed.
    """
    try:
        raw = load_yaml(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise _refused("", f"不是 YAML 或 JSON：{str(error)[:200]}", f"No YAML or JSON: {str(error)[:200]}") from error
    if not isinstance(raw, Mapping):
        raise _refused("", "文件里没有表单定义", "The file holds no form definition")
    if "form" not in raw:
        return Bundle(raw)
    unknown = [str(key) for key in raw if key not in KEYS]
    if unknown:
        raise _refused(unknown[0], f"不认识的键“{unknown[0]}”", f"Unknown key “{unknown[0]}”")
    if raw.get("format", FORMAT) != FORMAT:
        raise _refused("format", "这个文件来自更新的版本", "The file is of a later release")
    form, lists = raw["form"], raw.get("code_lists") or {}
    if not isinstance(form, Mapping) or not isinstance(lists, Mapping):
        raise _refused("form", "应为一组键值", "Expected an object")
    for key, items in lists.items():
        if not isinstance(key, str) or not isinstance(items, Mapping):
            raise _refused(f"code_lists.{key}", "应为一组键值", "Expected an object")
        parse_code_list(key, items)
    return Bundle(form, lists)


def _refused(path: str, zh: str, en: str) -> DefinitionError:
    return DefinitionError([Issue("file", path, Label(zh, en))])
