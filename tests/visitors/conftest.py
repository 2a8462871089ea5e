"""API clients of this folder sign in once per module: nothing here is about signing in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import ApiClient


@pytest.fixture(scope="module")
def signed_in(app: Flask) -> dict[tuple[str, str], ApiClient]:
    """Return the clients that are signed in already."""
    return {}


@pytest.fixture
def api(app: Flask, signed_in: dict[tuple[str, str], ApiClient]) -> Callable[..., ApiClient]:
    """Return an API client."""

    def get(username: str, language: str = "zh") -> ApiClient:
        key = (username, language)
        if key not in signed_in:
            signed_in[key] = ApiClient(app, username, language)
        return signed_in[key]

    return get
