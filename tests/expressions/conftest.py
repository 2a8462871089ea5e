"""The browser's evaluator, loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.expressions.both import in_browser


@pytest.fixture(scope="module")
def browser_values(browser: Browser) -> Iterator[Callable[[list[dict[str, Any]]], list[Any]]]:
    """Return a function that evaluates many jobs in chromium."""
    evaluate, close = in_browser(browser)
    yield evaluate
    close()
