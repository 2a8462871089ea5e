"""A new field type is one class in one file: defined here, it works from the definition to the exported file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from pyxform.xls2xform import convert

from app.access.actor import acting_as, system_actor
from app.builder import service as builder
from app.builder.publishing import publish as publishing
from app.database import db, unit_of_work
from app.jobs import running
from forms import field_types
from forms.answers.difference import definition_changes
from forms.answers.problems import Invalid
from forms.checking import check_definition
from forms.columns import project, projection
from forms.field_types import ExcelColumn, FieldType, Setting
from forms.field_types.base import EQUALITY, ORDER, TEXT, narrow_text
from forms.field_types.computed import Computed
from forms.field_types.file import File
from forms.field_types.reference import Reference
from forms.files.loading import parse_definition
from forms.labels import Label
from forms.rule_types import rule_type
from forms.xlsform.reader import read
from forms.xlsform.workbook import workbook
from forms.xlsform.writer import write
from tests.forms.sample_form import CONTEXT, LISTS, errors, field, form, raw


class Plate(FieldType):
    """A licence plate."""

    name = "plate"
    label = Label("车牌号", "Licence plate")
    operators = (*EQUALITY, *TEXT)
    searchable = True
    settings = (Setting("province", "text", Label("省份简称", "Province"), choices=("黑", "吉", "辽")),)

    def compile(self, field: Any, code_list: Any) -> Any:
        province = field.setting("province", "黑")

        def check(raw: Any) -> str:
            text = narrow_text(raw).upper().replace("·", "")
            if not re.fullmatch(f"{province}[A-Z][A-Z0-9]{{5}}", text):
                raise Invalid("not_plate", Label(f"车牌号如 {province}B12345", f"A plate looks like {province}B12345"))
            return text

        return check

    def masked(self, field: Any, value: Any) -> Any:
        return f"{str(value)[:2]}*****"

    def sort_key(self, field: Any, value: Any, code_list: Any) -> str:
        return str(value)

    def note(self, field: Any, language: str) -> str:
        return Label("如 黑B12345", "Such as 黑B12345").get(language)


class Celsius(FieldType):
    """A temperature."""

    name = "celsius"
    label = Label("温度", "Temperature")
    operators = (*EQUALITY, *ORDER)
    column_kind = "numeric"
    places = 1

    def compile(self, field: Any, code_list: Any) -> Any:
        def check(raw: Any) -> str:
            try:
                value = Decimal(narrow_text(raw).removesuffix("℃"))
            except InvalidOperation:
                raise Invalid("not_celsius", Label("温度如 21.5", "A temperature looks like 21.5")) from None
            if not Decimal(-90) < value < Decimal(90):
                raise Invalid("not_celsius", Label("没有这样的温度", "There is no such temperature"))
            return format(value.quantize(Decimal("0.1")), "f")

        return check

    def column_value(self, field: Any, value: Any) -> Any:
        return Decimal(value)

    def display(self, field: Any, value: Any, language: str, code_list: Any) -> str:
        return f"{value} ℃"

    def excel(self, field: Any, code_list: Any, language: str) -> ExcelColumn:
        return ExcelColumn(width=8, number_format="0.0", note=self.note(field, language))

    def to_excel(self, field: Any, value: Any, language: str, code_list: Any) -> Any:
        return float(value)


@pytest.fixture(autouse=True)
def _types() -> Iterator[None]:
    """Have the types for as long as a test runs."""
    field_types.register(Plate())
    field_types.register(Celsius())
    yield
    del field_types.FIELD_TYPES["plate"], field_types.FIELD_TYPES["celsius"]


FIELDS = [
    {**field("car", "plate", required=True), "label": {"zh": "车牌", "en": "Plate"}},
    {**field("again", "plate", visible_when="starts(car, '黑B')"), "class": "personal"},
    {**field("warm", "celsius"), "label": {"zh": "室温", "en": "Room"}},
    field("warning", "computed_text", compute="if(warm > 30, 'hot', 'fine')"),
    field("half", "computed", compute="warm / 2", places=2),
    field(
        "rooms",
        "subtable",
        fields=[
            field("warm", "celsius", checks=[{"expression": "warm < 40", "message": {"zh": "过热", "en": "Too hot"}}])
        ],
    ),
]


def test_a_type_of_ones_own_works_in_the_whole_engine():
    definition = raw(
        *FIELDS, unique=[{"fields": ["car"]}], list={"columns": ["car", "warm"], "order": "-warm", "search": ["car"]}
    )
    assert errors(definition) == set()
    compiled = form(*FIELDS)
    assert compiled.types["warm"] == "decimal"
    answers, problems = compiled.clean(
        {"car": " 黑b·１２３４５ ", "warm": "31.52℃", "rooms": [{"_row": "x", "warm": 45}]}
    )
    assert problems == []
    assert answers == {"car": "黑B12345", "warm": "31.5", "rooms": [{"_row": "x", "warm": "45.0"}]}
    state = compiled.evaluate(answers, context=CONTEXT)
    assert "again" in state.visible
    assert (state.answers["warning"], state.answers["half"]) == ("hot", "15.75")
    assert [(p.field, p.row, p.code) for p in compiled.validate(answers, context=CONTEXT)] == [
        ("rooms.warm", 1, "check")
    ]
    assert [p.code for p in compiled.clean({"car": "X", "warm": "hot"})[1]] == ["not_plate", "not_celsius"]
    assert [c.name for c in projection(compiled.definition).main.columns][:5] == [
        "car",
        "car__sort",
        "again",
        "again__sort",
        "warm",
    ]
    main, children = project(compiled, answers)
    assert (main["car"], main["warm"], children["rooms"][0]["warm"]) == ("黑B12345", Decimal("31.5"), Decimal("45.0"))
    car, warm = compiled.columns["car"], compiled.columns["warm"]
    assert warm.type.from_column(warm.field, main["warm"]) == "31.5"
    assert car.type.masked(car.field, "黑B12345") == "黑B*****"
    assert car.type.difference(car.field, "黑B12345", "黑B54321", "zh", None) == "黑B12345 → 黑B54321"
    assert (
        warm.check(warm.type.from_excel(warm.field, warm.type.to_excel(warm.field, "31.5", "zh", None), None)) == "31.5"
    )
    assert compiled.clean({"car": "黑B12345"})[1] == []
    (wrong,) = compiled.clean({"car": "X"})[1]
    assert wrong.message.en == "A plate looks like 黑B12345"


def test_it_travels_as_an_xlsform_without_a_word_of_its_own():
    definition = parse_definition(raw(*FIELDS), LISTS)
    content = workbook(write(definition))
    convert(content, warnings=[])
    book = openpyxl.load_workbook(BytesIO(content))
    sheets = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}
    found = parse_definition(read(sheets, LISTS).definition, LISTS)
    types = {path: item.type for path, item in definition.walk()}
    assert {path: item.type for path, item in found.walk()} == types
    assert {"plate", "celsius"} <= set(types.values())


def test_its_settings_are_checked_like_any_others():
    assert "settings" in {code for code, _ in errors(raw(field("a", "plate", province="京")))}
    assert "unknown_key" in {code for code, _ in errors(raw(field("a", "plate", colour="京")))}
    assert "default" in {code for code, _ in errors(raw(field("a", "plate", default="X")))}
    assert form(field("a", "plate", province="吉")).clean({"a": "吉A12345"})[1] == []
    old, new = (parse_definition(raw(field("a", kind)), LISTS) for kind in ("text", "plate"))
    assert [change.kind for change in definition_changes(old, new)] == ["type_changed"]


def test_kinds_of_what_there_is_follow_from_their_class(monkeypatch):
    """What chooses a record, carries attachments or is computed need not be called so."""

    class Employer(Reference):
        name = "employer"

    class Scan(File):
        name = "scan"

    class Sum(Computed):
        name = "sum_of_tests"

    for type_ in (Employer(), Scan(), Sum()):
        monkeypatch.setitem(field_types.FIELD_TYPES, type_.name, type_)
    compiled = form(
        field("e", "employer", form="organization"),
        field("s", "scan", required=True),
        field("n", "sum_of_tests", compute="2 + 2"),
    )
    assert (rule_type("employer"), rule_type("scan"), rule_type("sum_of_tests")) == ("reference", "file", "decimal")
    assert [c.name for c in projection(compiled.definition).main.columns] == ["e", "e__label", "e__sort", "s", "n"]
    assert project(compiled, {"e": {"id": "1", "label": "甲"}})[0]["e__label"] == "甲"
    assert [p.code for p in compiled.validate({}, context=CONTEXT)] == ["attachment_due"]
    assert compiled.clean({"n": 5})[0] == {}
    assert compiled.submitted({"s": ["a"]}, context=CONTEXT) == {"s": ["a"], "n": 4}
    assert ("no_form", "e") in {(i.code, i.path) for i in check_definition(raw(field("e", "employer")), LISTS)}
    assert ("no_formula", "n") in {(i.code, i.path) for i in check_definition(raw(field("n", "sum_of_tests")), LISTS)}


FORM = "garage_of_tests"


@pytest.fixture
def garage(app, api) -> Any:
    """Return a client of a college that fills the form, which is published."""
    definition = raw(
        *FIELDS,
        key=FORM,
        title={"zh": "车库", "en": "Garage"},
        resource="pt_teacher",
        fill_roles=["school_admin"],
        unique=[{"fields": ["car"]}],
        list={"columns": ["car", "again", "warm", "half"], "order": "warm", "search": ["car"]},
    )
    with app.app_context(), acting_as(system_actor("seeds")) as actor, unit_of_work():
        draft = builder.create_form(actor, definition)
        publishing.publish(actor, FORM, lock_version=draft.lock_version)
    return api("school_a")


def get(client, path):
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)[:800]
    return response.get_json()


def create(client, **answers):
    response = client.post(f"/forms/{FORM}/records", json={"answers": answers})
    assert response.status_code == 201, response.get_data(as_text=True)[:800]
    return response.get_json()


def cars(client, **query):
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return [record["answers"]["car"] for record in get(client, f"/forms/{FORM}/records?{text}")["records"]]


def work(app):
    with app.app_context():
        running.run_all()
        db.session.remove()


def test_a_type_of_ones_own_works_in_the_running_application(app, garage, api, sign_in):
    for car, warm in (("黑b·００００１", "35"), ("黑A00002", "-4.25"), ("黑C00003", 21)):
        create(garage, car=car, again="黑B99999", warm=warm)
    # written, listed, sorted, filtered, searched
    bureau = api("city_voc")
    assert cars(bureau) == ["黑A00002", "黑C00003", "黑B00001"]
    assert cars(bureau, order="-car") == ["黑C00003", "黑B00001", "黑A00002"]
    assert cars(bureau, filter=json.dumps([{"field": "warm", "op": "gt", "value": 20}])) == ["黑C00003", "黑B00001"]
    assert cars(garage, filter=json.dumps([{"field": "car", "op": "starts", "value": "黑B"}])) == ["黑B00001"]
    assert cars(garage, q="黑B00001") == ["黑B00001"]
    assert (
        garage.get(
            f"/forms/{FORM}/records?filter=" + quote(json.dumps([{"field": "car", "op": "lt", "value": "x"}]))
        ).status_code
        == 400
    )
    found = get(garage, f"/forms/{FORM}/records?q={quote('黑A00002')}")["records"][0]
    # Half to even is the type's own affair.
    assert (found["answers"]["warm"], found["answers"]["half"]) == ("-4.2", "-2.10")
    # masked for the bureau, by the type's own mask
    read = get(bureau, f"/forms/{FORM}/records/{found['id']}")
    assert "again" in read["masked"]
    assert read["answers"]["again"] == "黑B*****"
    # changed, with its history
    changed = garage.put(
        f"/forms/{FORM}/records/{found['id']}", json={"lock_version": found["lock_version"], "answers": {"warm": "12"}}
    )
    assert changed.status_code == 200, changed.get_data(as_text=True)
    revisions = get(garage, f"/forms/{FORM}/records/{found['id']}/revisions")
    assert any(
        (change["field"], change["old"], change["new"]) == ("warm", "-4.2", "12.0")
        for one in revisions
        for change in one["changes"]
    )
    # offered to whoever designs, with its settings
    (plate,) = [item for item in get(api("city_admin"), "/field-types")["types"] if item["name"] == "plate"]
    assert (plate["label"]["zh"], [item["name"] for item in plate["settings"]]) == ("车牌号", ["province"])
    designer = sign_in("city_admin")
    assert 'value="plate"' in designer.get(f"/forms/{FORM}/design/add").get_data(as_text=True)
    assert 'name="province"' in designer.get(f"/forms/{FORM}/design/fields/car").get_data(as_text=True)
    # drawn
    desk = sign_in("school_a")
    assert 'name="f-car"' in desk.get(f"/records/{FORM}/add").get_data(as_text=True)
    assert "12.0 ℃" in desk.get(f"/records/{FORM}/list").get_data(as_text=True)
    # template and import
    book = openpyxl.load_workbook(BytesIO(garage.get(f"/forms/{FORM}/template.xlsx").data))
    sheet = book.worksheets[0]
    places = {str(cell.value): cell.column for cell in sheet[1] if cell.value}
    assert "车牌" in sheet.cell(2, places["car"]).value
    assert "黑B12345" in str(sheet.cell(3, places["car"]).value)
    for row, (number, car, warm) in enumerate((("1", "黑d00004", 18.5), ("2", "京A00005", "cold")), 4):
        for key, value in (("_record", number), ("car", car), ("warm", warm)):
            sheet.cell(row, places[key]).value = value
    content = BytesIO()
    book.save(content)
    content.seek(0)
    response = garage.post(
        f"/forms/{FORM}/imports", data={"file": (content, "book.xlsx")}, content_type="multipart/form-data"
    )
    assert response.status_code == 202, response.get_data(as_text=True)
    work(app)
    preview = get(garage, f"/imports/{response.get_json()['import']}")
    assert (preview["counts"]["new"], preview["counts"]["errors"]) == (1, 1)
    assert {(error["field"], error["code"]) for error in preview["errors"]} == {
        ("car", "not_plate"),
        ("warm", "not_celsius"),
    }
    assert garage.post(f"/imports/{response.get_json()['import']}/commit", json={"only_valid": True}).status_code == 202
    work(app)
    assert "黑D00004" in cars(garage)
    # export
    asked = garage.post(f"/forms/{FORM}/exports", json={"format": "csv", "columns": ["car", "warm"]}).get_json()
    work(app)
    file = garage.get(f"/exports/{asked['export']}/file")
    lines = file.get_data(as_text=True)
    file.close()
    assert "黑D00004,18.5" in lines
    assert "黑A00002,12.0" in lines
