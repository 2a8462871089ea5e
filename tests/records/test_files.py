"""Attachments: what is taken, who sees it, and when it goes."""

from __future__ import annotations

import errno
import io
import re
from datetime import timedelta

import pytest

from app.access.actor import acting_as, system_actor
from app.database import unit_of_work
from app.records import files
from tests.records.doors import NOWHERE, TEACHER, change, codes, create, ok, places, read
from tests.records.zoo import ZOO, definition, publish_form
from tests.samples import teacher

PDF = b"%PDF-1.7\n" + b"x" * 200
PNG = b"\x89PNG\r\n\x1a\n" + b"y" * 100


@pytest.fixture(scope="module", autouse=True)
def zoo(app):
    with app.app_context():
        publish_form(definition())


def send(client, form, field, content=PDF, name="合同.pdf"):
    data = {"field": field, "file": (io.BytesIO(content), name)}
    response = client.post(f"/forms/{form}/files", data=data, content_type="multipart/form-data")
    # The test client keeps a large body in a file that nobody else closes.
    response.request.environ["wsgi.input"].close()
    return response


def upload(client, form, field, content=PDF, name="合同.pdf"):
    return ok(send(client, form, field, content, name), 201)["id"]


def fetch(client, file_id):
    response = client.get(f"/files/{file_id}")
    response.get_data()
    response.close()
    return response


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (PDF, "a.exe", "file_kind"),
        (PDF, "a", "file_kind"),
        (PDF, ".pdf", None),
        (PNG, "a.pdf", "file_content"),
        (b"MZ" + PDF, "a.pdf", "file_content"),
        (b"<html>", "a.png", "file_content"),
        (b"", "a.pdf", "file_empty"),
        (b"%PDF-" + b"x" * (11 * 1024 * 1024), "a.pdf", "file_size"),
        (b"PK\x03\x04" + b"x" * 9, "a.xlsx", None),
        (b"\xff\xd8\xff\xe0", "a.JPG", None),
        (PNG, "a.png", None),
        (PDF, "../../etc/pass\x07wd.pdf", None),
        (PDF, "C:\\文件\\合<同>.pdf", None),
        (PDF, "长" * 300 + ".pdf", None),
    ],
)
def test_what_is_taken(api, content, name, code):
    response = send(api("ent_a"), ZOO, "paper", content, name)
    if code is None:
        kept = ok(response, 201)
        assert kept["size"] == len(content)
        assert len(kept["sha256"]) == 64
        assert not set('<>:"|?*/\\\x07') & set(kept["name"])
        assert len(kept["name"]) <= 120
        return
    problem = ok(response, 422)
    assert (places(problem), codes(problem)) == ({("paper", None)}, {code})


def test_only_for_fields_that_take_files_by_who_fills(api):
    for field in ("name", "no_such", "meals"):
        assert send(api("ent_a"), ZOO, field).status_code == 404
    assert send(api("ent_a"), "no_such", "paper").status_code == 404
    assert send(api("leader"), ZOO, "paper").status_code == 403
    assert api("ent_a").post(f"/forms/{ZOO}/files", data={"field": "paper"}).status_code == 400
    image = send(api("school_a"), TEACHER, "photo", PDF, "a.pdf")
    assert codes(ok(image, 422)) == {"file_kind"}
    assert ok(send(api("school_a"), TEACHER, "photo", PNG, "a.png"), 201)


def test_any_number_of_files_that_are_none_is_refused_at_the_field(api):
    wanted = [f"id{number}" for number in range(70_000)]
    assert codes(create(api("ent_a"), ZOO, {"paper": wanted}, status=422)) == {"not_file"}


def test_until_it_is_named_it_is_its_uploaders_alone(api):
    ent, colleague = api("ent_a"), api("ent_a_clerk")
    file_id = upload(ent, ZOO, "paper")
    response = fetch(ent, file_id)
    assert (response.status_code, response.data) == (200, PDF)
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"
    for other in (colleague, api("county_a"), api("city_voc"), api("ent_b")):
        assert fetch(other, file_id).get_json() == fetch(other, NOWHERE).get_json()
        assert fetch(other, file_id).status_code == 404
    problem = create(colleague, ZOO, {"paper": [file_id]}, status=422)
    assert (places(problem), codes(problem)) == ({("paper", None)}, {"not_file"})
    assert create(api("ent_b"), ZOO, {"paper": [NOWHERE]}, status=422)["errors"] == problem["errors"]


def test_a_record_shares_its_files_by_its_law(api):
    ent, county = api("ent_a"), api("county_a")
    file_id = upload(ent, ZOO, "paper")
    saved = create(ent, ZOO, {"paper": [file_id]})
    assert read(ent, ZOO, saved)["answers"]["paper"] == [
        {"id": file_id, "name": "合同.pdf", "size": len(PDF), "type": "application/pdf"}
    ]
    for reader in (ent, api("ent_a_clerk"), county, api("city_voc")):
        assert fetch(reader, file_id).data == PDF
    for stranger in (api("ent_b"), api("county_b"), api("school_a")):
        assert fetch(stranger, file_id).get_json() == fetch(stranger, NOWHERE).get_json()
    # What is in one record cannot be named by another, not even by its uploader.
    problem = create(ent, ZOO, {"paper": [file_id]}, status=422)
    assert codes(problem) == {"not_file"}
    # Nor for another field.
    other = upload(ent, ZOO, "scan")
    assert codes(create(ent, ZOO, {"paper": [other]}, status=422)) == {"not_file"}
    assert change(ent, ZOO, saved, {"name": "无关", "paper": [file_id]})["lock_version"] == 2
    assert fetch(county, file_id).status_code == 200


def test_what_is_no_longer_named_is_no_longer_shown(api):
    ent = api("ent_a")
    first, second = upload(ent, ZOO, "paper"), upload(ent, ZOO, "paper", PNG, "二.png")
    saved = create(ent, ZOO, {"paper": [first]})
    change(ent, ZOO, saved, {"paper": [second]})
    assert [fetch(ent, one).status_code for one in (first, second)] == [404, 200]
    # It is still the record's own: taking it back needs no new upload.
    change(ent, ZOO, saved, {"paper": [first]})
    assert [fetch(ent, one).status_code for one in (first, second)] == [200, 404]
    change(ent, ZOO, saved, {"paper": None})
    assert fetch(ent, first).status_code == 404


def test_a_masked_field_keeps_its_files(api):
    ent, city = api("ent_a"), api("city_voc")
    file_id = upload(ent, ZOO, "scan")
    saved = create(ent, ZOO, {"scan": [file_id]})
    assert fetch(ent, file_id).data == PDF
    view = read(city, ZOO, saved)
    assert (view["answers"]["scan"], "scan" in view["masked"]) == ("***", True)
    assert file_id not in str(view)
    assert fetch(city, file_id).get_json() == fetch(city, NOWHERE).get_json()
    # Write-only: sending the mask back leaves the file there.
    assert change(city, ZOO, saved, {"scan": "***", "name": "改"})["lock_version"] == 2
    assert fetch(ent, file_id).data == PDF


def test_files_in_rows(api):
    ent, county = api("ent_a"), api("county_a")
    one, two = upload(ent, ZOO, "meals.label"), upload(ent, ZOO, "meals.label", PNG, "标签.png")
    saved = create(ent, ZOO, {"meals": [{"food": "草", "label": [one]}, {"food": "肉"}]})
    rows = read(county, ZOO, saved)["answers"]["meals"]
    assert rows[0]["label"][0]["name"] == "合同.pdf"
    assert fetch(county, one).data == PDF
    change(ent, ZOO, saved, {"meals": [{"_row": rows[0]["_row"]}, {"_row": rows[1]["_row"], "label": [two]}]})
    assert [fetch(county, file).status_code for file in (one, two)] == [200, 200]
    change(ent, ZOO, saved, {"meals": [{"_row": rows[1]["_row"]}]})
    assert [fetch(county, file).status_code for file in (one, two)] == [404, 200]
    problem = create(ent, ZOO, {"meals": [{}, {"label": [NOWHERE]}]}, status=422)
    assert places(problem) == {("meals.label", 2)}


def test_an_attachment_due_is_named_and_then_there(api):
    school = api("school_a")
    answers = teacher(41)
    problem = create(school, TEACHER, answers, submit=True, status=422)
    assert ("certs.cert_file", 1) in places(problem)
    answers["certs"][0]["cert_file"] = [upload(school, TEACHER, "certs.cert_file")]
    saved = create(school, TEACHER, answers, submit=True, status=422)
    assert ("certs.cert_file", 1) not in places(saved)
    # Who sees it because it is published sees no file of it.
    assert fetch(api("school_b"), answers["certs"][0]["cert_file"][0]).status_code == 404


def test_stale_uploads_are_cleared_away(app, api):
    ent = api("ent_a")
    pending, held = upload(ent, ZOO, "paper"), upload(ent, ZOO, "paper")
    saved = create(ent, ZOO, {"paper": [held]})
    for age, removed in ((timedelta(days=1), False), (timedelta(seconds=-5), True)):
        with app.app_context(), acting_as(system_actor("schedule")):
            stored = len(list(files.folder().rglob("*")))
            with unit_of_work():
                assert bool(files.drop_pending(age)) is removed
            assert (len(list(files.folder().rglob("*"))) < stored) is removed
        assert (fetch(ent, pending).status_code == 404) is removed
    assert fetch(ent, held).status_code == 200
    assert read(ent, ZOO, saved)["answers"]["paper"][0]["id"] == held


def test_bytes_that_are_gone_are_not_found(app, api):
    ent = api("ent_a")
    file_id = upload(ent, ZOO, "paper")
    with app.app_context():
        for place in files.folder().rglob("*"):
            if place.is_file():
                place.unlink()
    assert fetch(ent, file_id).status_code == 404


def test_a_full_disk_keeps_nothing_by_halves_and_is_told(app, api, monkeypatch):
    def full(_number):
        raise OSError(errno.ENOSPC, "No space left on device")

    client = api("ent_a", "en")
    folder = app.config["DATA_DIR"] / "files"
    before = {path for path in folder.rglob("*") if path.is_file()}
    with monkeypatch.context() as patched:
        patched.setattr("app.records.files.os.fsync", full)
        refused = ok(send(client, ZOO, "paper"), 507)
    assert (refused["code"], "nothing was saved" in refused["detail"]) == ("no_room", True)
    assert re.fullmatch(r"[0-9a-f]{12}", refused["id"])
    assert {path for path in folder.rglob("*") if path.is_file()} == before
    # The positive twin: there is room again.
    assert upload(client, ZOO, "paper")


def test_a_refused_upload_leaves_no_bytes(app, api):
    with app.app_context():
        before = {place for place in files.folder().rglob("*") if place.is_file()}
    assert send(api("ent_a"), ZOO, "paper", PNG, "a.pdf").status_code == 422
    with app.app_context():
        assert {place for place in files.folder().rglob("*") if place.is_file()} == before
        assert oct(files.folder().stat().st_mode & 0o777) == "0o700"
