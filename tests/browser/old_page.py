"""A page of Chromium 77, worked over the DevTools protocol on a pair of pipes.

Playwright's own scripts use syntax that this engine cannot read, so a test has hands of its own here: they scroll, aim,
press and type as Playwright's would, and only ever run scripts that the engine knows.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engines import OPTIONS

PATIENCE = 20.0
#: Name of a key → what else the protocol wants to know of it.
KEYS = {
    "Enter": {"windowsVirtualKeyCode": 13, "text": "\r"},
    "Tab": {"windowsVirtualKeyCode": 9},
    "Escape": {"windowsVirtualKeyCode": 27},
    "ArrowDown": {"windowsVirtualKeyCode": 40},
    "Backspace": {"windowsVirtualKeyCode": 8},
}
FIND = """
(selector => {
  const found = Array.from(document.querySelectorAll(selector)).filter(one => one.getClientRects().length)[0];
  if (!found) { return null; }
  found.scrollIntoView({ block: "center" });
  const box = found.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  return hit && (found.contains(hit) || hit.contains(found)) ? { x, y } : null;
})
"""
SET = """
(selector, value) => {
  const control = document.querySelector(selector);
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
  return control.value;
}
"""


class Channel:
    """Messages to and from a browser: JSON, each ended by a zero byte, on its descriptors 3 and 4."""

    def __init__(self, writing: int, reading: int) -> None:
        self._writing = writing
        self._reading = reading
        self._answers: dict[int, dict[str, Any]] = {}
        self._news = threading.Condition()
        self._number = 0
        self.listeners: list[Callable[[dict[str, Any]], None]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Ask for something; return the answer. Raises AssertionError when it is refused or does not come."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        with self._news:
            came = self._news.wait_for(lambda: number in self._answers, PATIENCE)
        assert came, f"no answer to {method}"
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> None:
        rest = b""
        while part := os.read(self._reading, 1 << 16):
            *whole, rest = (rest + part).split(b"\0")
            for text in whole:
                message = json.loads(text)
                if "id" in message:
                    with self._news:
                        self._answers[message["id"]] = message
                        self._news.notify_all()
                else:
                    for listener in list(self.listeners):
                        listener(message)

    def close(self) -> None:
        """Let go of the pipes; the browser has ended."""
        self._reader.join(PATIENCE)
        os.close(self._writing)
        os.close(self._reading)


@contextmanager
def opened(program: Path) -> Iterator[Channel]:
    """Start an engine; yield the channel to it."""
    reading, their_writing = os.pipe()
    their_reading, writing = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # The descriptors have numbers of their own here; a shell gives them the numbers that the browser expects.
        moved = f'exec "$@" 3</dev/fd/{their_reading} 4>/dev/fd/{their_writing}'
        command = [
            str(program),
            *OPTIONS,
            "--force-prefers-reduced-motion",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
        ]
        with subprocess.Popen(
            ["/bin/sh", "-c", moved, "sh", *command],
            pass_fds=(their_reading, their_writing),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(their_reading)
            os.close(their_writing)
            channel = Channel(writing, reading)
            try:
                yield channel
            finally:
                process.terminate()
                process.wait()
                channel.close()


class OldPage:
    """One page, with cookies of its own; ``complaints`` gathers what its console and its scripts reported."""

    def __init__(self, channel: Channel, origin: str, *, width: int = 1280, language: str = "zh-CN") -> None:
        self._channel = channel
        self._origin = origin
        self.complaints: list[str] = []
        self._loaded = 0
        channel.listeners.append(self._heard)
        self._context = channel.send("Target.createBrowserContext")["browserContextId"]
        target = channel.send("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = channel.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        self.resize(width)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the page for something."""
        return self._channel.send(method, self._session, **parameters)

    def close(self) -> None:
        """Close the page and forget its cookies."""
        self._channel.listeners.remove(self._heard)
        self._channel.send("Target.disposeBrowserContext", browserContextId=self._context)

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("sessionId") != getattr(self, "_session", None):
            return
        kind, told = message["method"], message["params"]
        if kind == "Page.loadEventFired":
            self._loaded += 1
        elif kind == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(f"script: {details.get('exception', {}).get('description', details['text'])}")
        elif kind == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning"}:
            self.complaints.append(f"{told['type']}: {[part.get('value') for part in told['args']]}")
        elif kind == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(f"{told['entry']['source']}: {told['entry']['text']} {told['entry'].get('url', '')}")
        elif kind == "Network.requestWillBeSent":
            url = told["request"]["url"]
            if not url.startswith((self._origin, "data:", "blob:")):
                self.complaints.append(f"foreign: {url}")

    def resize(self, width: int, height: int = 860) -> None:
        """Show the page at another width."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    # ---- looking

    def value(self, script: str, *arguments: Any) -> Any:
        """Return the value of an expression, or what a function makes of JSON values."""
        if arguments:
            script = f"({script})({', '.join(json.dumps(argument) for argument in arguments)})"
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, (script, answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, script: str, *arguments: Any, seconds: float = PATIENCE) -> Any:
        """Wait for a value that is true; return it."""
        limit = time.monotonic() + seconds
        while not (found := self._try(script, *arguments)):
            assert time.monotonic() < limit, (script, arguments, self.complaints)
            time.sleep(0.05)
        return found

    def _try(self, script: str, *arguments: Any) -> Any:
        # Between two documents there is nothing to ask.
        try:
            return self.value(script, *arguments)
        except AssertionError:
            return None

    def text(self, selector: str) -> str:
        """Return the text of the first that matches, once there is one."""
        return str(
            self.until("s => { const e = document.querySelector(s); return e && { text: e.innerText }; }", selector)[
                "text"
            ]
        )

    def says(self, selector: str, text: str) -> None:
        """Wait until something that matches holds a text."""
        self.until(
            "(s, t) => Array.from(document.querySelectorAll(s)).some(e => e.textContent.indexOf(t) >= 0)",
            selector,
            text,
        )

    def shows(self, selector: str, *, there: bool = True) -> None:
        """Wait until something that matches is drawn, or nothing is."""
        self.until(
            "(s, there) => there === Array.from(document.querySelectorAll(s)).some(e => e.getClientRects().length > 0)",
            selector,
            there,
        )

    def holds(self, selector: str, value: str) -> None:
        """Wait until a control has a value."""
        self.until("(s, v) => { const e = document.querySelector(s); return !!e && e.value === v; }", selector, value)

    def picture(self, path: Path) -> None:
        """Save a picture of the whole page, for somebody to look at."""
        width = self.value("innerWidth")
        self.resize(width, self.value("document.documentElement.scrollHeight"))
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
        self.resize(width)

    # ---- doing

    def open(self, path: str) -> None:
        """Go to a path and wait until it is loaded."""
        self.leave(lambda: self.send("Page.navigate", url=self._origin + path))

    def leave(self, act: Callable[[], Any]) -> None:
        """Do what leads to another page, and wait until that is loaded."""
        before = self._loaded
        act()
        limit = time.monotonic() + PATIENCE
        while self._loaded == before:
            assert time.monotonic() < limit, ("no other page came", self.complaints)
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """Press the first that is drawn, in its middle, once nothing covers it."""
        at = self.until(FIND, selector)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            self.send("Input.dispatchMouseEvent", type=kind, x=at["x"], y=at["y"], button=button, clickCount=1)

    def write(self, text: str) -> None:
        """Type where the focus is."""
        self.send("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key by its name."""
        known = {"key": key, "code": key, **KEYS[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", **known)
        self.send("Input.dispatchKeyEvent", type="keyUp", **{name: known[name] for name in known if name != "text"})

    def fill(self, selector: str, text: str) -> None:
        """Put a text in the place of what is there."""
        self.click(selector)
        if self.value(
            "s => ['date', 'month', 'time', 'datetime-local'].indexOf(document.querySelector(s).type) >= 0", selector
        ):
            # Typed in pieces, in an order that the language of the machine decides.
            self.value(SET, selector, text)
            return
        self.value("s => { const e = document.querySelector(s); e.focus(); e.select(); }", selector)
        self.write(text)

    def choose(self, selector: str, value: str) -> None:
        """Take an option of a native list by its value."""
        self.shows(selector)
        assert self.value(SET, selector, value) == value, (selector, value)


def sign_in(page: OldPage, username: str, password: str) -> None:
    """Sign in by the login page."""
    page.open("/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.leave(lambda: page.click("form [type=submit]"))
