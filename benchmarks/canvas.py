"""The canvas of the form builder with 50 and with 300 fields: how long until the first input, and from click to paint.

``python -m benchmarks.canvas`` makes an application on SQLite in a temporary folder with two forms, opens them in
chromium and measures, in the page itself, the time from a click to the next painted frame for gestures that an
administrator does all the time. It prints a table with the 95th percentile; ``docs/performance.md`` quotes a run.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.access.actor import acting_as, actor_for
from app.builder import service
from app.database import db, unit_of_work
from app.identity.service import find_user
from seeds.load import load_accounts, load_reference

SIZES = (50, 300)
PASSWORD = "Xiaoqitong-Demo-2025"
#: From just before an action to the frame after the one that shows it.
TIMED = """async name => {
  const store = XqtCanvas.store;
  const cards = Array.from(document.querySelectorAll(".card-main"));
  const number = Math.floor(cards.length / 2) + (window.turn = (window.turn || 0) + 1) % 9;
  const input = () => document.querySelector("[data-prop=label]");
  const actions = {
    select: () => cards[number].click(),
    add: () => document.querySelector(".palette-item").click(),
    type: () => { const found = input(); found.value += "a";
      found.dispatchEvent(new Event("input", {bubbles: true})); },
    move: () => store.move(store.at, window.turn % 2 ? 1 : -1),
    undo: () => document.querySelector("[data-do=undo]").click(),
  };
  const start = performance.now();
  actions[name]();
  await new Promise(done => requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = done; channel.port2.postMessage(0); }));
  return performance.now() - start;
}"""
#: ``undo`` takes back what ``add`` and ``type`` have done, so that a form stays as large as it was.
GESTURES = ("select", "add", "type", "move", "undo", "undo", "undo")


@dataclass(frozen=True)
class Result:
    """Milliseconds, of one size."""

    first: float
    opening: float
    gestures: dict[str, float]

    @property
    def slowest(self) -> float:
        """The 95th percentile of the slowest gesture."""
        return max(self.gestures.values())


def definition(size: int) -> dict[str, Any]:
    """Return a form with *size* fields, 30 to a section; every fifth is shown by a rule."""
    kinds = ("text", "integer", "date", "select", "bool", "textarea", "money", "multiselect", "phone", "month")
    fields = []
    for number in range(size):
        kind = kinds[number % len(kinds)]
        field: dict[str, Any] = {
            "key": f"field_{number}",
            "type": kind,
            "label": {"zh": f"第{number}项指标", "en": f"Figure {number}"},
            "class": "internal",
            "help": {"zh": "按实际情况填写", "en": "As it is"},
        }
        if kind in {"select", "multiselect"}:
            field["options"] = [
                {"code": str(code), "zh": f"选项{code}", "en": f"Option {code}"} for code in range(1, 7)
            ]
        if number % 5 == 4:
            field["visible_when"] = f"field_{number // 10 * 10 + 1} > {number}"
        fields.append(field)
    parts = [fields[start : start + 30] for start in range(0, size, 30)]
    return {
        "key": f"canvas_{size}",
        "title": {"zh": f"{size} 项统计表", "en": f"Statistics of {size} figures"},
        "resource": "labor_demand",
        "fill_roles": ["ent_admin"],
        "list": {"columns": ["field_0"]},
        "sections": [
            {
                "key": f"part_{number}",
                "title": {"zh": f"第{number + 1}部分", "en": f"Part {number + 1}"},
                "fields": part,
            }
            for number, part in enumerate(parts)
        ],
    }


def percentile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def measure(browser: Browser, address: str, size: int, rounds: int) -> Result:
    """Open the canvas of *size* fields several times and work it for *rounds* rounds of gestures."""
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    page.goto(f"{address}/login/")
    page.fill("[name=username]", "city_admin")
    page.fill("[name=password]", PASSWORD)
    page.click("form [type=submit]")
    page.wait_for_url(f"{address}/")
    canvas = f"{address}/forms/canvas_{size}/canvas"
    first = opened(page, canvas)
    opening = [opened(page, canvas) for _ in range(max(10, rounds // 2))]
    page.locator(".card-main").nth(size // 2).click()
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for gesture in GESTURES:
            times.setdefault(gesture, []).append(page.evaluate(TIMED, gesture))
    page.context.close()
    return Result(first, percentile(opening), {name: percentile(values) for name, values in times.items()})


def opened(page: Page, address: str) -> float:
    """Return milliseconds from asking for the page until a card takes the focus and a key."""
    page.goto(address, wait_until="commit")
    page.wait_for_selector(".card-main")
    page.locator(".card-main").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('[data-prop=label]')", polling=10)
    found: float = page.evaluate("performance.now()")
    return found


def serve(folder: Path) -> tuple[str, Any]:
    """Serve a new application with both forms; return its address and what shuts it down."""
    app = create_app(
        {
            "DEMO_MODE": True,
            "DATA_DIR": folder,
            "SECRET_KEY": "a-benchmark-on-this-machine-alone",
            "JWT_SECRET_KEY": "a-benchmark-on-this-machine-alone",
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'canvas.db'}",
        }
    )
    with app.app_context():
        db.metadata.create_all(db.engine)
        load_reference()
        load_accounts()
        actor = actor_for(find_user("city_admin").id)
        with acting_as(actor), unit_of_work():
            for size in SIZES:
                service.create_form(actor, definition(size))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", server.shutdown


def report(results: dict[int, Result]) -> list[str]:
    """Return the lines of the table."""
    small, large = (results[size] for size in SIZES)
    lines = [f"| ms, 95th percentile | {SIZES[0]} fields | {SIZES[1]} fields | ratio |", "|---|---|---|---|"]
    rows = [("first opening, nothing cached (one sample)", small.first, large.first)]
    rows += [("opening to first input", small.opening, large.opening)]
    rows += [(f"click to paint: {name}", small.gestures[name], large.gestures[name]) for name in small.gestures]
    lines += [f"| {name} | {one:.0f} | {other:.0f} | {other / one:.1f} |" for name, one, other in rows]
    lines.append(
        f"aims: opening {large.opening:.0f} of 2000 ms, click to paint {large.slowest:.0f} of 200 ms, "
        f"ratio {large.slowest / small.slowest:.1f} of 3"
    )
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        address, stop = serve(Path(folder))
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        results = {size: measure(browser, address, size, rounds) for size in SIZES}
        browser.close()
        stop()
    sys.stdout.write("\n".join(report(results)) + "\n")


if __name__ == "__main__":
    main()
