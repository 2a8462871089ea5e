"""The document that people read says what the product does."""

from __future__ import annotations

import ast

import pytest
import yaml

from tests.access.routes import roles, table
from tools.access_doc import DOCUMENT, PROOFS, ROOT, document


def test_the_document_is_fresh():
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "python -m tools.access_doc --update"


def test_it_names_every_route_every_role_and_every_grant():
    text = document()
    routes = text.partition("## Routes")[2]
    assert routes.count("\n| `") == len(table())
    for key, role in roles()["roles"].items():
        assert f"{role['zh']} {role['en']} `{key}`" in text
    for held in roles()["grants"].values():
        for written in held.values():
            assert all(f"`{part.replace('M@', 'V@')}`" in text for part in written.split("|"))


@pytest.mark.parametrize(
    "proof", yaml.safe_load(PROOFS.read_text(encoding="utf-8")), ids=lambda item: item["place"]["en"]
)
def test_each_proof_names_code_and_tests_that_are_there(proof):
    path, *names = proof["code"].split()
    assert set(names) <= functions(path)
    assert proof["tests"]
    for test in proof["tests"]:
        file, _, name = ("tests/access/test_twin_world.py" if test == "twin" else test).partition("::")
        assert functions(file)
        assert not name or name in functions(file)


def functions(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
