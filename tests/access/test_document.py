"""The document that people read says what the product does."""

from __future__ import annotations

from tests.access.routes import roles, table
from tools.access_doc import DOCUMENT, document


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
