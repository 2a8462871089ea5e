"""A college imports a thousand part-time teachers from the form's own template; thirty are wrong in ten ways."""

from __future__ import annotations

import pytest

from tests.exchange.books import FIRST_ROW, keys, opened, saved
from tests.samples import id_number, teacher

TOTAL, WRONG = 1_000, 30


def with_cert(row, **changes):
    return {**row, "certs": [{**row["certs"][0], **changes}]}


#: What can be wrong with a row, and the code and the field under which the check tells it.
WAYS = (
    ("required", "full_name", lambda row: {**row, "full_name": None}),
    (
        "check_digit",
        "id_no",
        lambda row: {**row, "id_no": row["id_no"][:17] + ("1" if row["id_no"][17] != "1" else "2")},
    ),
    ("check", "gender", lambda row: {**row, "gender": "2" if row["gender"] == "1" else "1"}),
    ("unknown_option", "edu_level", lambda row: {**row, "edu_level": "小学肄业"}),
    ("not_phone", "mobile", lambda row: {**row, "mobile": "12345"}),
    ("not_integer", "field_years", lambda row: {**row, "field_years": "十八年"}),
    ("too_large", "field_years", lambda row: {**row, "field_years": 99}),
    ("too_few_rows", "certs", lambda row: {**row, "certs": []}),
    ("check", "certs.cert_no", lambda row: with_cert(row, cert_kind="1", skill_level="K4", cert_no="123")),
    ("unknown_option", "certs.cert_kind", lambda row: with_cert(row, cert_kind="驾驶证")),
)


@pytest.fixture(scope="module")
def rows():
    """Return the rows of the file, and for the wrong ones what is wrong."""
    found = [teacher(number) for number in range(TOTAL)]
    wrong = {}
    for number in range(WRONG):
        place = number * 33 + 5
        code, field, spoil = WAYS[number % len(WAYS)]
        found[place] = spoil(found[place])
        wrong[place] = (code, field)
    return found, wrong


def test_a_thousand_teachers_come_in_and_thirty_go_back(desk, rows, form_of):
    listed, wrong = rows
    school = desk("school_a")
    content = school.filled(listed)
    import_id, found = school.check(content)
    assert found["state"] == "ready"
    assert found["counts"] == {
        "rows": TOTAL, "new": TOTAL - WRONG, "changed": 0, "unchanged": 0, "errors": WRONG,
        "warnings": 0, "attachments": TOTAL - WRONG, "removed": 0,
    }  # fmt: skip
    assert len(found["preview"]) == 10
    told = {(item["code"], item["field"]) for item in found["errors"]}
    assert told >= {(code, field) for code, field, _ in WAYS}
    assert all(item["sheet"] and item["row"] >= FIRST_ROW and item["message"] for item in found["errors"])
    # Checking writes nothing.
    assert school.records()["count"] == 0

    assert school.client.post(f"/imports/{import_id}/commit", json={}).status_code == 422
    done = school.commit(import_id, only_valid=True)
    assert (done["state"], done["counts"]["new"], done["counts"]["errors"]) == ("done", TOTAL - WRONG, WRONG)
    listing = school.records()
    assert listing["count"] == TOTAL - WRONG
    assert {item["state"] for item in listing["records"]} == {"draft"}

    # Each is marked where an attachment is still due.
    record = school.record(listing["records"][0]["id"])
    assert [(note["field"], note["row"], note["text"]) for note in record["notes"]] == [
        ("certs.cert_file", 1, "待补附件：证书扫描件")
    ]
    assert len(record["answers"]["certs"]) == 1

    # The wrong ones come back in the same workbook, with the reason in the row.
    book = opened(school.errors(import_id))
    main = book.worksheets[0]
    column = keys(main)["_errors"]
    assert main.cell(2, column).value == "错误说明"
    texts = {row - FIRST_ROW: main.cell(row, column).value for row in range(FIRST_ROW, main.max_row + 1)}
    assert {row for row, text in texts.items() if text} == set(wrong)
    form = form_of("pt_teacher_register")
    certs = book.worksheets[1]
    below = " ".join(
        str(cell.value)
        for cell in certs.cell(1, keys(certs)["_errors"]).parent[certs.cell(1, keys(certs)["_errors"]).column_letter]
        if cell.value
    )
    for place, (_, field) in wrong.items():
        label = form.by_path[field].field.label.zh
        if "." in field:
            assert "明细表中有错误" in texts[place]
            assert label in below
        else:
            assert label in texts[place]

    # The same file again adds nothing.
    again, found = school.check(content)
    assert (found["counts"]["new"], found["counts"]["unchanged"], found["counts"]["errors"]) == (
        0,
        TOTAL - WRONG,
        WRONG,
    )
    school.commit(again, only_valid=True)
    assert school.records()["count"] == TOTAL - WRONG
    assert school.record(record["id"])["lock_version"] == record["lock_version"]

    # Mended in the workbook that came back, they come in.
    for place in wrong:
        good = teacher(place)
        for key, number in keys(main).items():
            if not key.startswith("_") and key in wrong[place]:
                value = form.by_path[key]
                main.cell(place + FIRST_ROW, number, value.type.to_excel(value.field, good[key], "zh", value.code_list))
    # Certificates: whatever stood there is replaced by good ones.
    heads = keys(certs)
    mended = {place for place, (_, field) in wrong.items() if field.startswith("certs")}
    by_number = {str(place + 1): place for place in mended}
    for row in range(certs.max_row, FIRST_ROW - 1, -1):
        if str(certs.cell(row, heads["_record"]).value) in by_number:
            certs.delete_rows(row)
    for number, place in by_number.items():
        cert = teacher(place)["certs"][0]
        row = certs.max_row + 1
        certs.cell(row, heads["_record"], number)
        for key, value in cert.items():
            cell = form.by_path[f"certs.{key}"]
            certs.cell(row, heads[key], cell.type.to_excel(cell.field, value, "zh", cell.code_list))
    last, found = school.check(saved(book))
    assert found["counts"]["errors"] == 0, found["errors"][:5]
    assert (found["counts"]["new"], found["counts"]["unchanged"]) == (WRONG, TOTAL - WRONG)
    school.commit(last)
    assert school.records()["count"] == TOTAL


def test_the_numbers_of_wrong_rows_are_no_ones(rows):
    assert len({row["id_no"] for row in rows[0]}) == TOTAL
    assert all(number.startswith("239900") for number in (id_number(0), id_number(999)))
