"""Check an answer of 30 fields as an import does, beside WTForms: ``python -m benchmarks.validation``.

The same answer, as text, in turn through the compiled checks of the form engine (all errors kept, values brought
into their canonical form) and through a WTForms class of the same fields with the stock validators that say the same:
made once and used for every answer, which spares WTForms its dearest part.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import wtforms
from werkzeug.datastructures import MultiDict
from wtforms import validators

from forms.compiled import CompiledForm, compile_form
from forms.files.loading import parse_definition

AIM = 0.05
ROUNDS, TIMES = 40, 50
CODES = ("a", "b", "c", "d", "e")
#: Type of the engine, its settings, the WTForms field with its validators, an answer that fits; thirty in all.
KINDS: list[tuple[int, str, dict[str, Any], Callable[[], Any], str]] = [
    (
        12,
        "text",
        {"max_length": 60},
        lambda: wtforms.StringField(validators=_given(validators.Length(max=60))),
        "操作工",
    ),
    (3, "text", {"pattern": r"1\d{10}"}, lambda: wtforms.StringField(validators=_given(_eleven())), "13900000000"),
    (6, "integer", {"min": 0, "max": 100000}, lambda: wtforms.IntegerField(validators=_given(_up_to(100000))), "125"),
    (3, "decimal", {"min": 0}, lambda: wtforms.DecimalField(validators=_given(_up_to(None))), "12.50"),
    (3, "select", {}, lambda: wtforms.SelectField(choices=_choices(), validators=_given()), "c"),
    (2, "date", {}, lambda: wtforms.DateField(validators=_given()), "2026-03-01"),
    (1, "multiselect", {}, lambda: wtforms.SelectMultipleField(choices=_choices(), validators=_given()), "b"),
]


def _choices() -> list[tuple[str, str]]:
    return [(code, code) for code in CODES]


def _eleven() -> Any:
    return validators.Regexp(r"^1\d{10}$")


def _up_to(most: int | None) -> Any:
    return validators.NumberRange(0, most)


def _given(*more: Any) -> list[Any]:
    return [validators.InputRequired(), *more]


def fields() -> list[tuple[str, str, dict[str, Any], Callable[[], Any], str]]:
    """Return key, type, settings, WTForms field and answer of each of the thirty."""
    found = [(kind, number) for kind in KINDS for number in range(kind[0])]
    return [(f"field_{index}", *kind[1:]) for index, (kind, _) in enumerate(found, 1)]


def engine_form() -> CompiledForm:
    """Return the form as the engine has it."""
    options = [{"code": code, "label": {"zh": code, "en": code}} for code in CODES]
    raw = [
        {
            "key": key,
            "type": type_,
            "class": "public",
            "required": True,
            "label": {"zh": key, "en": key},
            **settings,
            **({"options": options} if "select" in type_ else {}),
        }
        for key, type_, settings, _, _ in fields()
    ]
    section = {"key": "all", "title": {"zh": "全部", "en": "All"}, "fields": raw}
    form = {"key": "thirty", "title": {"zh": "三十项", "en": "Thirty"}, "resource": "thirty", "sections": [section]}
    return compile_form(parse_definition(form, {}))


def wtforms_class() -> type[wtforms.Form]:
    """Return the same as a WTForms class."""
    return type("Thirty", (wtforms.Form,), {key: make() for key, _, _, make, _ in fields()})


def clock(work: Callable[[], object]) -> float:
    """Return the microseconds of CPU that *work* takes."""
    started = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - started) / TIMES * 1e6


def measure() -> tuple[float, float]:
    """Return the microseconds of one answer: by the engine, by WTForms; taken in turn, the medians."""
    form, stock = engine_form(), wtforms_class()
    answer = {key: [text] if type_ == "multiselect" else text for key, type_, _, _, text in fields()}
    posted = MultiDict(answer)
    if form.clean(answer)[1] or not stock(posted).validate():
        raise ValueError(form.clean(answer)[1], stock(posted).errors)
    turns = [(clock(lambda: form.clean(answer)), clock(lambda: stock(posted).validate())) for _ in range(ROUNDS)]
    ours, theirs = zip(*turns, strict=True)
    return statistics.median(ours), statistics.median(theirs)


def main() -> None:
    """Print both and their ratio."""
    ours, theirs = measure()
    kept = "kept" if ours <= AIM * theirs else "MISSED"
    print(f"30 fields: engine {ours:.1f} µs, WTForms {theirs:.0f} µs, ratio {ours / theirs:.1%}, aim {AIM:.0%}: {kept}")


if __name__ == "__main__":
    main()
