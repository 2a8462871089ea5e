"""A designer at the list editor, as a browser without JavaScript: pages are read, forms are sent."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.conftest import csrf_token


class Designer:
    """Somebody who is signed in and works on one form."""

    def __init__(self, client: Any, form: str) -> None:
        self.client = client
        self.form = form
        self.base = f"/forms/{form}/design"

    def page(self, path: str = "", status: int = 200) -> str:
        """Return a page of the editor as text."""
        address = path if path.startswith("/") and path.startswith("/forms/") else self.base + path
        response = self.client.get(address)
        text: str = response.get_data(as_text=True)
        assert response.status_code == status, (address, response.status_code, text[:400])
        return html.unescape(text)

    def send(self, address: str, status: int = 302, seen: int | None = None, **values: Any) -> Any:
        """Post a form as the page that was shown would; *seen*: the lock version of a page opened earlier."""
        page = self.page()
        lock = re.search(r'name="lock_version"\s+value="(\d+)"', page)
        assert lock, page[:400]
        data = {"csrf_token": csrf_token(page), "lock_version": seen or int(lock[1]), **values}
        response = self.client.post(self.base + address, data=data)
        assert response.status_code == status, (address, response.status_code, response.get_data(as_text=True)[:2000])
        return response

    def lock(self) -> int:
        """Return the lock version of the draft."""
        found = re.search(r'name="lock_version"\s+value="(\d+)"', self.page())
        assert found
        return int(found[1])

    def told(self) -> str:
        """Return the page with what was said after the last change."""
        return self.page()


def texts(page: str) -> str:
    """Return the words of a page in one line, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
