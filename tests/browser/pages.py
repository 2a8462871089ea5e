"""What is wrong with a page that is open in a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: What axe checks: WCAG 2.2 AA, and what its authors hold for good practice (landmarks, headings, roles).
TAGS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@dataclass
class Watch:
    """What a page did while it was open."""

    origin: str
    complaints: list[str] = field(default_factory=list)

    def attach(self, page: Any) -> None:
        """Listen to *page*."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, message: Any) -> None:
        # The browser itself reports the status of the page that is not there.
        if message.type in {"error", "warning"} and "status of 404" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.complaints.append(f"foreign: {url}")


def shape(page: Any, language: str) -> list[str]:
    """Return what is wrong with the page's outline, once it is there as a whole."""
    page.wait_for_load_state()
    found = page.evaluate(
        """() => ({
            h1: document.querySelectorAll("h1").length,
            title: document.title,
            lang: document.documentElement.lang,
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            main: document.querySelectorAll("main").length,
        })"""
    )
    wrong = []
    if found["h1"] != 1:
        wrong.append(f"{found['h1']} h1")
    if not found["title"].strip():
        wrong.append("no title")
    if found["lang"] != ("en" if language == "en" else "zh-CN"):
        wrong.append(f"lang {found['lang']}")
    if found["wide"] > 0:
        wrong.append(f"{found['wide']} px too wide")
    if found["main"] != 1:
        wrong.append("no main")
    return wrong
