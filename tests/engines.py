"""The oldest browsers that the product promises to work in, started for tests; ``make engines`` fetches them.

Playwright of today still drives Chromium 86 over its debugging port, with two gaps that are closed here: what its own
scripts miss is given to the world they run in and not to the page's, which would hide that the product misses it too;
and its mouse, which wants to take over native dragging, is replaced by :func:`hand` where a test drags. Chromium 77
cannot read those scripts at all: ``tests/browser/old_page.py`` speaks to it directly.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ENGINES = Path(os.environ.get("XQT_TEST_ENGINES") or Path(__file__).resolve().parents[1] / "build" / "engines")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
#: What Playwright's scripts ask of an element and Chromium 86 does not answer.
VISIBILITY = """
Element.prototype.checkVisibility = Element.prototype.checkVisibility || function () {
  for (let element = this; element; element = element.parentElement) {
    if (getComputedStyle(element).display === "none") { return false; }
  }
  return this.isConnected;
};
"""


def engine(name: str) -> Path:
    """Return the program of an engine; skip visibly where it has not been fetched."""
    program = ENGINES / name / "chromium"
    if not program.is_file():
        pytest.skip(f"no Chromium {name}: make engines")
    return program


@contextmanager
def listening(program: Path) -> Iterator[str]:
    """Start an engine; yield the address of its debugging port."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        said = Path(folder) / "said"
        command = [str(program), *OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={folder}/profile"]
        with said.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
            try:
                yield _address(process, said)
            finally:
                process.terminate()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.poll() is None:
        for line in said.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("DevTools listening on "):
                return line.split()[-1]
        time.sleep(0.05)
    raise AssertionError(said.read_text(encoding="utf-8", errors="replace"))


def connect(playwright: Any, address: str) -> Any:
    """Return Playwright's browser on an engine whose pages Playwright can work."""
    browser = playwright.chromium.connect_over_cdp(address)
    open_context = browser.new_context

    def new_context(**options: Any) -> Any:
        context = open_context(**options)
        open_page = context.new_page
        context.new_page = lambda: _taught(open_page())
        return context

    browser.new_context = new_context
    return browser


def _taught(page: Any) -> Any:
    """Give the world of Playwright's scripts, on every page opened from now on, what it lacks."""
    worlds: list[str] = []
    session = page.context.new_cdp_session(page)
    session.on("Runtime.executionContextCreated", lambda event: worlds.append(event["context"]["name"]))
    session.send("Page.enable")
    session.send("Runtime.enable")
    (world,) = {name for name in worlds if "utility" in name}
    session.send("Runtime.disable")
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": VISIBILITY, "worldName": world})
    return page


class Hand:
    """The mouse of a page on an engine that does not know how to hand native dragging over."""

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)
        self.at = (0.0, 0.0)
        self.held = False

    def move(self, x: float, y: float, *, steps: int = 1) -> None:
        """Move in a straight line."""
        start_x, start_y = self.at
        for step in range(1, steps + 1):
            self.at = (start_x + (x - start_x) * step / steps, start_y + (y - start_y) * step / steps)
            self._tell("mouseMoved")

    def down(self) -> None:
        """Press the left button."""
        self.held = True
        self._tell("mousePressed")

    def up(self) -> None:
        """Let the left button go."""
        self._tell("mouseReleased")
        self.held = False

    def _tell(self, kind: str) -> None:
        event = {"type": kind, "x": self.at[0], "y": self.at[1], "clickCount": int(kind != "mouseMoved")}
        button = {"button": "left", "buttons": int(kind != "mouseReleased")} if self.held else {"button": "none"}
        self.session.send("Input.dispatchMouseEvent", {**event, **button})


def hand(page: Any) -> Any:
    """Return what drags on a page: its mouse, or one's own hand on an old engine."""
    return Hand(page) if int(page.context.browser.version.partition(".")[0]) < 100 else page.mouse
