"""Reads the files of a solution pack; knows nothing of the application."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from forms.definition import CodeList, Definition
from forms.files.loading import DefinitionError, load_yaml, parse_code_list, parse_definition

PACK = Path(__file__).resolve().parent / "qiqihar"


class SeedError(ValueError):
    """A file of the pack cannot be used; the message begins with its name."""


def read(path: Path, keys: set[str]) -> dict[str, Any]:
    """Return the mapping in *path*; raises SeedError unless its keys are exactly *keys*."""
    raw = _loaded(path)
    if not isinstance(raw, dict):
        raise SeedError(f"{path.name}: expected the keys {sorted(keys)}, found {type(raw).__name__}")
    if set(raw) != keys:
        raise SeedError(f"{path.name}: expected the keys {sorted(keys)}, found {sorted(raw)}")
    return raw


def _loaded(path: Path) -> Any:
    try:
        return load_yaml(path)
    except (DefinitionError, yaml.YAMLError) as error:
        raise SeedError(f"{path.name}: {error}") from error


def fingerprint() -> str:
    """Return a hash of every file of the pack, so that a start without news need not read them."""
    total = hashlib.sha256()
    for path in sorted(PACK.rglob("*.yaml")):
        total.update(f"{path.relative_to(PACK).as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def raw_files(folder: str) -> dict[str, dict[str, Any]]:
    """Return the content of every YAML file of *folder*, by file name; raises SeedError when the key inside differs."""
    found = {}
    for path in sorted((PACK / folder).glob("*.yaml")):
        raw = _loaded(path)
        if not isinstance(raw, dict) or raw.get("key") != path.stem:
            raise SeedError(f"{path.name}: the key inside must be {path.stem!r}")
        found[path.stem] = raw
    return found


@lru_cache(maxsize=1)
def code_lists() -> dict[str, CodeList]:
    """Return the code lists of the pack."""
    return {key: parse_code_list(key, raw) for key, raw in raw_files("code_lists").items()}


@lru_cache(maxsize=1)
def definitions() -> dict[str, Definition]:
    """Return the forms of the pack."""
    return {key: parse_definition(raw, code_lists()) for key, raw in raw_files("forms").items()}
