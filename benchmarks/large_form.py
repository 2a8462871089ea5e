"""A form of 500 fields beside a page written by hand for the same fields: ``python -m benchmarks.large_form``.

The page by hand is what a programmer would write on the same stack: a WTForms class, a template with a line for every
field, an INSERT into a table with a column for every field; an account that is signed in, a CSRF token, and nothing
else. The product does the same with sign-in, grants, drafts, ledger, projection, search, steps and audit. Both run in
this process on a SQLite file each, with the same settings, in turn; what is told is CPU.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
import flask_wtf
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from app import create_app, migration
from app.access.actor import acting_as, system_actor
from app.database import unit_of_work
from benchmarks import world
from benchmarks.validation import CODES, KINDS
from seeds.load import load_form

AIM = 3.0
ROUNDS = 30
#: How often the kinds of :mod:`benchmarks.validation` are repeated to make 500 fields.
FIELDS = 500
WRONG = "不是数字"


def fields() -> list[tuple[str, str, dict[str, Any], Callable[[], Any], str]]:
    """Return key, type, settings, WTForms field and answer of each field."""
    kinds = [kind for kind in KINDS for _ in range(kind[0])]
    return [(f"field_{number}", *kinds[number % len(kinds)][1:]) for number in range(1, FIELDS + 1)]


def definition() -> dict[str, Any]:
    """Return the form as the product takes it, ten sections of fifty."""
    raw = [
        {
            "key": key,
            "type": type_,
            "class": "public",
            "required": True,
            "label": {"zh": f"第 {number} 项", "en": f"Item {number}"},
            **settings,
            **(
                {"options": [{"code": code, "label": {"zh": code, "en": code}} for code in CODES]}
                if "select" in type_
                else {}
            ),
        }
        for number, (key, type_, settings, _, _) in enumerate(fields(), 1)
    ]
    sections = [
        {
            "key": f"part_{start}",
            "title": {"zh": f"第 {start} 部分", "en": f"Part {start}"},
            "fields": raw[start : start + 50],
        }
        for start in range(0, FIELDS, 50)
    ]
    return {
        "key": "large",
        "title": {"zh": "五百项", "en": "Five hundred"},
        "resource": "demand",
        "workflow": "wf_demand",
        "fill_roles": ["bench_city"],
        "list": {"columns": ["field_1", "field_16"]},
        "sections": sections,
    }


def answers() -> list[tuple[str, str]]:
    """Return an answer that fits."""
    return [(key, text) for key, _, _, _, text in fields()]


class Product:
    """The product with the form published and an account signed in."""

    def __init__(self, folder: Path) -> None:
        self.app = create_app({"DATA_DIR": folder, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'product.db'}"})
        with self.app.app_context(), acting_as(system_actor("seeds")):
            migration.upgrade()
            world.build([("430329", "汉田区")])
            with unit_of_work():
                load_form(system_actor("seeds"), "large", definition())
        self.client = self.app.test_client()
        page = self.client.get("/login/").text
        signed = {"username": "admin", "password": "admin-Pass1", "csrf_token": token(page)}
        self.client.post("/login/", data=signed)
        self.token = token(self.opened())

    def opened(self) -> str:
        """Open the page."""
        return self.client.get("/records/large/add").text

    def sent(self, values: list[tuple[str, str]]) -> int:
        """Submit it; return the status."""
        data = MultiDict([*((f"f-{key}", text) for key, text in values), ("_do", "submit"), ("csrf_token", self.token)])
        return self.client.post("/records/large/add", data=data).status_code


class ByHand:
    """A page written for these fields alone."""

    def __init__(self, folder: Path) -> None:
        members = {key: make() for key, _, _, make, _ in fields()}
        form_class: Any = type("Large", (flask_wtf.FlaskForm,), members)
        lines = "".join(
            f'<div class="mb-3">{{{{ form.{key}.label }}}}{{{{ form.{key}(class_="form-control") }}}}'
            f"{{% for error in form.{key}.errors %}}<p class=invalid>{{{{ error }}}}</p>{{% endfor %}}</div>"
            for key in members
        )
        page = f"<!doctype html><title>500</title><form method=post>{{{{ form.csrf_token }}}}{lines}<button>OK</button>"
        app = flask.Flask(__name__)
        app.config.update(SECRET_KEY="by hand", MAX_FORM_PARTS=20_000)
        template = app.jinja_env.from_string(page)
        engine = sa.create_engine(f"sqlite:///{folder / 'hand.db'}")
        sa.event.listen(engine, "connect", _settings)
        kinds = {"integer": sa.Integer, "decimal": sa.Numeric, "date": sa.Date, "multiselect": sa.JSON}
        table = sa.Table(
            "large",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            *(sa.Column(key, kinds.get(type_, sa.Text)()) for key, type_, _, _, _ in fields()),
        )
        table.create(engine)

        @app.route("/large", methods=["GET", "POST"])
        def large() -> Any:
            form = form_class()
            if form.validate_on_submit():
                with engine.begin() as connection:
                    connection.execute(sa.insert(table), {key: form[key].data for key in members})
                return flask.redirect("/large")
            return template.render(form=form), 422 if flask.request.method == "POST" else 200

        self.client = app.test_client()
        self.token = token(self.opened())

    def opened(self) -> str:
        """Open the page."""
        return self.client.get("/large").text

    def sent(self, values: list[tuple[str, str]]) -> int:
        """Send it; return the status."""
        return self.client.post("/large", data=MultiDict([*values, ("csrf_token", self.token)])).status_code


def _settings(connection: Any, _record: Any) -> None:
    """Set SQLite as the product sets it."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def token(page: str) -> str:
    """Return the CSRF token of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None, page[:500]  # noqa: S101 - a benchmark that measures something else is worse than none
    return found[1]


def clock(step: Callable[[Any], Any], one: Any) -> float:
    """Return the milliseconds of CPU that a step takes."""
    started = time.process_time()
    step(one)
    return (time.process_time() - started) * 1000


def main() -> None:
    """Measure opening, sending with mistakes and saving, in turn; print medians and ratios."""
    fitting = answers()
    mistaken = [(key, WRONG if number % 100 == 16 else text) for number, (key, text) in enumerate(fitting, 1)]
    folder = Path(tempfile.mkdtemp(prefix="xqt-large-"))
    both: list[Product | ByHand] = [Product(folder), ByHand(folder)]
    steps: dict[str, tuple[Callable[[Any], Any], Any]] = {
        "opens": (lambda one: "field_500" in one.opened(), True),
        "validates": (lambda one: one.sent(mistaken), 422),
        "saves": (lambda one: one.sent(fitting), 302),
    }
    print("| | product, ms | by hand, ms | ratio | aim | |", "|---|---|---|---|---|---|", sep="\n")
    for name, (step, expected) in steps.items():
        for one in both:
            if (found := step(one)) != expected:
                raise ValueError(name, type(one).__name__, found)
        turns = [[clock(step, one) for one in both] for _ in range(ROUNDS)]
        ours, theirs = (statistics.median(column) for column in zip(*turns, strict=True))
        verdict = "kept" if ours <= AIM * theirs else "MISSED"
        print(f"| {name} | {ours:.0f} | {theirs:.0f} | {ours / theirs:.2f} | ≤ {AIM:.0f} | {verdict} |")


if __name__ == "__main__":
    os.environ.pop("DATABASE_URL", None)
    main()
