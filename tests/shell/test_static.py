"""Own styles, scripts and templates keep the rules of old browsers and of the policy; replaced templates are known."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import flask_appbuilder
import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "app" / "static"
STYLES = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
#: Modules for administrators, whose oldest engine is Chromium 86.
MODULES = sorted((STATIC / "js" / "builder").glob("*.js"))
TEMPLATES = sorted((ROOT / "app").glob("**/templates/**/*.html"))
HASHES = Path(__file__).with_name("framework_templates.json")

BANNED_CSS = (
    ":has(",
    "color-mix(",
    "oklch(",
    "light-dark(",
    "@layer",
    "@container",
    "aspect-ratio",
    ":is(",
    ":where(",
    "dvh",
)
BANNED_JS = (
    "?.(",
    "?? ",
    ".at(",
    "replaceAll",
    "structuredClone",
    "import ",
    "export ",
    "alert(",
    "confirm(",
    "eval(",
    "document.write",
    "outerHTML",
)
#: Newer than Chromium 86, or against the policy; a name of a package needs an import map.
BANNED_MODULE = (
    ".at(",
    "structuredClone",
    "Object.hasOwn",
    "findLast",
    "toSorted",
    "||=",
    "&&=",
    "??=",
    "randomUUID",
    "alert(",
    "confirm(",
    "prompt(",
    "eval(",
    "Function(",
    "innerHTML",
    "outerHTML",
    "style=",
)


def test_there_is_something_to_look_at():
    assert len(STYLES) >= 2
    assert len(SCRIPTS) >= 3
    assert len(MODULES) >= 20
    assert len(TEMPLATES) >= 15


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_use_only_what_old_browsers_know(path):
    text = path.read_text(encoding="utf-8")
    assert [word for word in BANNED_CSS if word in text] == []
    assert not re.search(r"[{;\s](gap|inset)\s*:", text)
    assert "http:" not in text
    assert "https:" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_only_what_old_browsers_know(path):
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [word for word in BANNED_JS if word in text] == []
    assert not re.search(r"\w\?\.\w", text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_modules_use_only_what_browsers_of_administrators_know_and_say_nothing_themselves(path):
    text = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [word for word in BANNED_MODULE if word in text] == []
    assert all(name.startswith("./") for name in re.findall(r"""from ["']([^"']+)["']""", text))
    assert re.findall(r"[一-鿿]", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_carry_nothing_inline(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "<style" not in text
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"(?:src|href|action)=[\"']https?:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_say_nothing_that_is_not_translated(path):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r'<[^>]*lang="zh-CN"[^>]*>[^{]*?</[a-z]+>', "", text)
    found = re.findall(r"[一-鿿]+", text)
    assert found in ([], ["简体中文"]), found


def test_replaced_templates_of_the_framework_are_the_ones_known():
    """When this fails after an update of the framework, compare its template with ours, then write the new hash."""
    known = json.loads(HASHES.read_text(encoding="utf-8"))
    theirs = Path(flask_appbuilder.__file__).parent / "templates" / "appbuilder"
    ours = ROOT / "app" / "templates" / "appbuilder"
    replaced = {
        str(path.relative_to(ours)) for path in ours.rglob("*.html") if (theirs / path.relative_to(ours)).exists()
    }
    assert set(known) == replaced
    for name, digest in known.items():
        assert hashlib.sha256((theirs / name).read_bytes()).hexdigest() == digest, name
