"""XLSForms and sheets by command and by the API."""

from io import BytesIO

import yaml
from jsonschema import Draft202012Validator
from pyxform.xls2xform import convert

from app.builder.models import Form, FormDraft
from app.database import db
from forms.xlsform.workbook import workbook
from forms.xlsform.writer import write
from seeds.reading import code_lists, definitions
from tests.travel import sheets
from tests.travel.test_commands import run  # noqa: F401 - a fixture
from tests.travel.test_foreign_xlsforms import BOOK


def send(client, content):
    return client.post("/forms/read", data={"file": (BytesIO(content), "a.xlsx")}, content_type="multipart/form-data")


def foreign_book():
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in BOOK.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return sheets.save(book)


def test_a_form_goes_out_as_an_xlsform_and_comes_in_as_a_draft(run, tmp_path):  # noqa: F811
    told = run("export", "pt_teacher_register", tmp_path / "a.xlsx", "--lang", "en")
    assert "lost: gender.checks[0]" in told
    assert convert((tmp_path / "a.xlsx").read_bytes()).xform
    told = run("read", tmp_path / "a.xlsx", tmp_path / "a.yaml", "--lang", "en")
    assert "ask: survey | Choose the class of each field" in told
    content = yaml.safe_load((tmp_path / "a.yaml").read_text("utf-8"))
    content["form"]["key"] = "travelled"
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    run("import", tmp_path / "a.yaml")
    assert db.session.get(Form, "travelled").current_no == 0
    assert len(db.session.get(FormDraft, "travelled").definition["sections"]) == 5
    # What people have to decide keeps it from being published.
    run("publish", tmp_path / "a.yaml", code=1)


def test_a_sheet_becomes_a_draft(run, tmp_path):  # noqa: F811
    (tmp_path / "a.xlsx").write_bytes(sheets.demand())
    told = run("read", tmp_path / "a.xlsx", tmp_path / "a.json")
    assert "sure: 需求调查表!H6" in told
    run("import", tmp_path / "a.json")
    run("read", tmp_path / "a.xlsx", tmp_path / "a.docx", code=2)
    (tmp_path / "b.xlsx").write_bytes(b"nothing")
    run("read", tmp_path / "b.xlsx", tmp_path / "b.json", code=1)


def test_who_designs_may_have_a_workbook_read(api):
    for content, kind in (
        (sheets.base(), "sheet"),
        (foreign_book(), "xlsform"),
        (workbook(write(definitions()["school_profile"])), "xlsform"),
    ):
        found = send(api("city_admin"), content)
        assert found.status_code == 200, found.get_data(as_text=True)[:600]
        answer = found.get_json()
        assert answer["kind"] == kind
        assert answer["definition"]["sections"]
        assert {"code", "place", "message"} <= set(answer["report"][0])
    fields = [field for section in answer["definition"]["sections"] for field in section["fields"]]
    assert {field["codelist"] for field in fields if "codelist" in field} <= set(code_lists())


def test_nobody_else_may(api):
    for account in ("ent_a", "county_a", "leader"):
        assert send(api(account), sheets.base()).status_code == 403, account


def test_what_is_no_form_is_refused_with_a_reason(api):
    import openpyxl

    for content in (b"", b"PK\x03\x04", sheets.save(openpyxl.Workbook())):
        answer = send(api("city_admin"), content)
        assert answer.status_code in {400, 422}
        assert answer.get_json()["title"]
    assert api("city_admin").post("/forms/read").status_code == 400


def test_the_schema_is_served_and_fits_the_forms(api):
    schema = api("ent_a").get("/definition.schema.json").get_json()
    definition = api("city_admin").get("/forms/labor_demand_survey").get_json()["definition"]
    assert Draft202012Validator(schema).is_valid(definition)
    assert not Draft202012Validator(schema).is_valid({**definition, "surprise": 1})
