"""An import confirms no guess: what a mask hides is compared with nothing but one's own words, or the look is logged."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.database import db
from tests.exchange.books import FIRST_ROW, keys, opened, saved
from tests.records.zoo import definition, of, publish_form

FORM = "guess_zoo"
#: The administrator sees what is personal by a logged look, the clerk never.
LOOKS, MASKED = "school_a", "school_a_clerk"
WRONG = "13800009999"


@pytest.fixture(scope="module", autouse=True)
def form(app):
    fields = [
        of("name", "text"),
        of("owner_phone", "phone", "personal", mask="phone_m"),
        of("owner_name", "text", "personal", mask="name_m"),
        of("meals", "subtable", fields=[of("food", "text"), of("cook", "text", "personal", mask="name_m")]),
    ]
    with app.app_context():
        publish_form(
            definition(
                key=FORM,
                serial="GZ",
                resource="pt_engagement",
                fill_roles=["school_admin", "school_clerk"],
                published_when=None,
                list={"columns": ["name", "_state"], "order": "-_updated_at", "search": ["name"]},
                unique=[{"fields": ["owner_phone"]}],
                sections=[{"key": "all", "title": {"zh": "全部", "en": "All"}, "fields": fields}],
            )
        )


def animal(number, **changes):
    return {
        "name": f"兽{number}",
        "owner_phone": f"1380000{number:04d}",
        "owner_name": f"主人{number}",
        "meals": [{"food": "草", "cook": f"厨师{number}"}],
        **changes,
    }


def kept(desk, account, row):
    """Have an account enter a record; return its id."""
    made = desk(account).client.post(f"/forms/{FORM}/records", json={"answers": row})
    assert made.status_code == 201, made.get_data(as_text=True)
    return made.get_json()["id"]


def looks(app, import_id):
    """Return what an import has told of records, as the trail has it."""
    with app.app_context():
        found = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.event == "reveal")).all()
        return {event.object_id: event.detail["fields"] for event in found if event.detail.get("import") == import_id}


def told(desk, account, row):
    """Return the id of an import of one row and what its preview says, without what was typed."""
    import_id, found = desk(account).check(desk(account).filled([row], FORM), FORM)
    shown = {key: found[key] for key in ("state", "counts", "errors", "preview")}
    for item in shown["preview"]:
        item.pop("values")
        for change in item["changes"]:
            change.pop("new")
    return import_id, shown


def test_a_masked_key_does_not_tell_who_is_among_the_records(app, desk):
    record = kept(desk, LOOKS, animal(1))
    right, wrong = told(desk, MASKED, animal(1)), told(desk, MASKED, animal(1, owner_phone=WRONG))
    assert right[1] == wrong[1]
    assert right[1]["counts"]["new"] == 1
    assert looks(app, right[0]) == {}
    # The twin: her own words she knows, and the same file brings nothing twice.
    own = kept(desk, MASKED, animal(2))
    import_id, found = told(desk, MASKED, animal(2))
    assert (found["counts"]["unchanged"], found["preview"][0]["record"]) == (1, own)
    assert looks(app, import_id) == {}
    assert record != own


def test_a_key_open_to_a_logged_look_is_matched_and_the_look_is_logged(app, desk):
    record = kept(desk, MASKED, animal(3))
    import_id, found = told(desk, LOOKS, animal(3, owner_name="别人"))
    assert (found["counts"]["changed"], found["preview"][0]["record"]) == (1, record)
    assert looks(app, import_id) == {record: ["meals.cook", "owner_phone"]}
    import_id, found = told(desk, LOOKS, animal(3, owner_phone=WRONG))
    assert (found["counts"]["new"], looks(app, import_id)) == (1, {})
    own = kept(desk, LOOKS, animal(4))
    import_id, found = told(desk, LOOKS, animal(4))
    assert (found["counts"]["unchanged"], found["preview"][0]["record"], looks(app, import_id)) == (1, own, {})


@pytest.mark.parametrize("field", ["owner_phone", "owner_name"])
def test_a_masked_cell_of_a_record_is_a_change_right_or_wrong(app, desk, field):
    row = animal(5 if field == "owner_phone" else 6)
    record = kept(desk, LOOKS, row)
    wrong = WRONG if field == "owner_phone" else "别人"

    def named(account, value):
        book = opened(desk(account).filled([{"_record": record, "name": row["name"], field: value}], FORM))
        sheet = book.worksheets[0]
        for key, column in keys(sheet).items():
            if key not in {"_record", "name", field}:
                sheet.cell(1, column).value = None
        book.remove(book.worksheets[1])
        import_id, found = desk(account).check(saved(book), FORM)
        assert found["counts"]["errors"] == 0, found["errors"]
        return import_id, found["preview"][0]["action"]

    assert [named(MASKED, value)[1] for value in (row[field], wrong)] == ["changed", "changed"]
    import_id, action = named(LOOKS, row[field])
    # What the administrator wrote herself she knows.
    assert (action, looks(app, import_id)) == ("unchanged", {})
    sent = {"lock_version": 1, "answers": {field: "13800008888" if field == "owner_phone" else "新主人"}}
    changed = desk(MASKED).client.put(f"/forms/{FORM}/records/{record}", json=sent)
    assert changed.status_code == 200
    assert named(MASKED, sent["answers"][field])[1] == "unchanged"
    import_id, action = named(LOOKS, sent["answers"][field])
    assert (action, looks(app, import_id)) == ("unchanged", {record: [field]})
    import_id, action = named(LOOKS, wrong)
    assert (action, looks(app, import_id)) == ("changed", {})


def test_two_rows_of_one_file_tell_nothing_either(desk):
    record = kept(desk, LOOKS, animal(7))

    def found(account, phone, **changes):
        book = opened(desk(account).filled([{"_record": record, "name": "改名"}, animal(8, owner_phone=phone)], FORM))
        main = book.worksheets[0]
        for key in ("owner_phone", "owner_name"):
            # As an export shows it to her.
            main.cell(FIRST_ROW, keys(main)[key]).value = changes.get(
                key, desk(account).record(record, FORM)["answers"][key]
            )
        return desk(account).check(saved(book), FORM)[1]

    right, wrong = found(MASKED, animal(7)["owner_phone"]), found(MASKED, WRONG)
    assert right["counts"] == wrong["counts"]
    assert (right["counts"]["changed"], right["counts"]["new"], right["errors"]) == (1, 1, [])
    # The twin: what stands in the file itself, twice, is told.
    twice = found(MASKED, WRONG, owner_phone=WRONG)
    assert [item["code"] for item in twice["errors"]] == ["repeated"]


def test_the_file_of_a_colleague_is_not_imported_twice(desk):
    content = desk(LOOKS).filled([animal(9), animal(10)], FORM)
    import_id, _ = desk(LOOKS).check(content, FORM)
    assert desk(LOOKS).commit(import_id)["counts"]["new"] == 2
    _, found = desk(MASKED).check(content, FORM)
    assert (found["counts"]["new"], found["counts"]["errors"]) == (0, 2)
    assert {item["code"] for item in found["errors"]} == {"imported_before"}
    _, found = desk(LOOKS).check(content, FORM)
    assert (found["counts"]["unchanged"], found["counts"]["errors"]) == (2, 0)


def test_what_collides_behind_a_mask_is_refused_when_it_is_handed_in_as_on_the_page(desk):
    handed_in = desk(LOOKS).client.post(f"/forms/{FORM}/records", json={"answers": animal(11), "submit": True})
    assert handed_in.status_code == 201, handed_in.get_data(as_text=True)
    clerk = desk(MASKED)
    done = clerk.bring([animal(11), animal(12)], FORM, submit=True)
    assert (done["counts"]["new"], done["counts"]["submitted"]) == (2, 1)
    refused = clerk.client.post(f"/forms/{FORM}/records", json={"answers": animal(11), "submit": True})
    assert refused.status_code == 422
    text = refused.get_json()["errors"][0]["message"]
    assert [item["message"] for item in done["errors"]] == [f"已存为草稿，未提交：{text}"]


def test_a_record_that_appears_after_the_check_is_a_logged_look_too(app, desk):
    admin = desk(LOOKS)
    import_id, found = admin.check(admin.filled([animal(13)], FORM), FORM)
    assert found["counts"]["new"] == 1
    record = kept(desk, MASKED, animal(13))
    assert admin.commit(import_id)["state"] == "failed"
    assert looks(app, import_id) == {record: ["owner_phone"]}
    # The twin: nothing has appeared.
    import_id, _ = admin.check(admin.filled([animal(14)], FORM), FORM)
    assert admin.commit(import_id)["state"] == "done"
    assert looks(app, import_id) == {}
