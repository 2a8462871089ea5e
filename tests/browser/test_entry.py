"""The entry page while somebody types: saving by itself, and what happens when that fails or somebody else was there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.access.actor import acting_as, actor_for
from app.database import unit_of_work
from app.identity.service import find_user
from app.records import service
from tests.browser.conftest import FORM
from tests.browser.plain_forms import read_form
from tests.conftest import sign_in_client, sign_in_page
from tests.samples import demand


@pytest.fixture(scope="module")
def page(browser, live):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    sign_in_page(page, live, "ent_a")
    yield page
    context.close()


@pytest.fixture
def draft(worlds, live, request):
    """Return a new draft of enterprise A, and what its clerk changes in it meanwhile."""
    app = worlds("sqlite").app

    def as_account(name, act):
        with app.app_context():
            actor = actor_for(find_user(name).id)
            with acting_as(actor), unit_of_work():
                return act(actor)

    saved = as_account("ent_a", lambda actor: service.create(actor, FORM, demand(request.node.name)))

    class Draft:
        id = saved.id
        path = f"/records/{FORM}/edit/{saved.id}"

        @staticmethod
        def change(**answers):
            return as_account(
                "ent_a_clerk", lambda actor: service.update(actor, FORM, saved.id, saved.lock_version, answers)
            )

        @staticmethod
        def read():
            return as_account("ent_a", lambda actor: service.read(actor, FORM, saved.id))

    return Draft()


def state(page):
    return page.locator("[data-save-state]")


def test_somebody_else_was_there_and_his_answer_is_taken(page, live, draft):
    page.goto(live + draft.path)
    draft.change(staff_now=77)
    page.fill("#f-staff_now", "88")
    panel = page.locator("[data-conflict]")
    expect(panel).to_be_focused()
    assert [cell.strip() for cell in panel.locator("tbody tr").first.locator("th, td").all_inner_texts()] == [
        "当前在岗人数",
        "88",
        "77",
    ]
    panel.locator("text=采用对方填的").click()
    expect(page.locator("#f-staff_now")).to_have_value("77")
    assert draft.read().answers["staff_now"] == 77


def test_somebody_else_was_there_and_ones_own_answer_is_kept(page, live, draft):
    page.goto(live + draft.path)
    draft.change(staff_now=77)
    page.fill("#f-staff_now", "88")
    page.locator("[data-conflict] >> text=保留我填的").click()
    expect(state(page)).to_contain_text("已自动保存")
    assert draft.read().answers["staff_now"] == 88


def test_saved_is_only_said_when_nothing_was_typed_meanwhile(page, live, draft):
    page.goto(live + draft.path)
    held = []
    page.route("**/draft/**", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/draft/**"):
        page.fill("#f-expect_leave", "3")
    page.fill("#f-staff_now", "88")
    held[0].continue_()
    expect(state(page)).to_contain_text("已自动保存")
    assert draft.read().answers["staff_now"] == 88
    page.unroute("**/draft/**")


def test_what_was_typed_before_the_scripts_were_there_is_saved_too(page, live, draft):
    held = []
    page.route("**/js/entry_save.js*", lambda route: held.append(route))  # noqa: PLW0108 - it sets attributes on its handler
    with page.expect_request("**/js/entry_save.js*"):
        page.goto(live + draft.path, wait_until="commit")
    page.fill("#f-expect_leave", "3")
    held[0].continue_()
    page.wait_for_load_state()
    page.unroute("**/js/entry_save.js*")
    page.press("#f-expect_leave", "Tab")
    expect(state(page)).to_contain_text("已自动保存")
    assert draft.read().answers["expect_leave"] == 3


def test_what_was_typed_without_a_connection_is_saved_later(page, live, draft):
    page.goto(live + draft.path)
    page.context.set_offline(True)
    page.fill("#f-expect_leave", "3")
    expect(state(page)).to_contain_text("网络断开")
    page.context.set_offline(False)
    expect(state(page)).to_contain_text("已自动保存", timeout=60_000)
    assert draft.read().answers["expect_leave"] == 3


def test_a_session_that_ended_is_told_and_after_signing_in_elsewhere_it_goes_on(browser, live, draft):
    context = browser.new_context()
    page = context.new_page()
    sign_in_page(page, live, "ent_a")
    page.goto(live + draft.path)
    context.clear_cookies()
    page.fill("#f-expect_leave", "3")
    expect(state(page)).to_contain_text("登录已过期")
    expect(page.locator("#f-expect_leave")).to_have_value("3")
    sign_in_page(context.new_page(), live, "ent_a")
    expect(state(page)).to_contain_text("已自动保存", timeout=60_000)
    assert draft.read().answers["expect_leave"] == 3
    context.close()


def test_what_is_wrong_is_told_when_the_button_below_has_been_pressed(page, live, draft):
    page.goto(live + draft.path)
    page.fill("#f-positions-1-salary_max", "1000")
    add, wrong = page.locator("[data-add-row]"), page.locator("[data-live]", has_text="月薪上限不能低于月薪下限")
    by_its_clock = "() => new Promise(done => setTimeout(done, 400))"
    page.evaluate(by_its_clock)
    add.scroll_into_view_if_needed()
    before = add.bounding_box()
    page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    page.mouse.down()
    page.evaluate(by_its_clock)
    assert wrong.count() == 0
    assert add.bounding_box() == before
    page.mouse.up()
    expect(wrong).to_have_count(1)
    expect(page.locator("[id$='-position_name']:visible")).to_have_count(3)


def test_rows_are_pasted_from_a_spreadsheet_removed_and_brought_back(page, live, draft):
    page.goto(live + draft.path)
    page.focus("#f-positions-1-position_name")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "车工\\n铣工\\n钳工");
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }"""
    )
    names = page.locator("[id$='-position_name']:visible")
    assert [name.input_value() for name in names.all()][1:] == ["车工", "铣工", "钳工"]
    expect(page.locator("[data-computed=total_need]")).to_have_text("10")
    page.locator("[data-remove-row]").nth(0).click()
    expect(names).to_have_count(3)
    expect(page.locator("[data-computed=total_need]")).to_have_text("5")
    page.click(".entry-notice button")
    expect(names).to_have_count(4)
    expect(page.locator("[data-computed=total_need]")).to_have_text("10")


def test_an_attachment_is_uploaded_beside_typing(page, live, draft, tmp_path):
    scan = tmp_path / "盖章.pdf"
    scan.write_bytes(b"%PDF-1.4\n%test\n")
    page.goto(live + draft.path)
    page.set_input_files("#f-seal_file-upload", scan)
    expect(page.locator("[data-field=seal_file] .form-check-label")).to_have_text("盖章.pdf")
    expect(state(page)).to_contain_text("已自动保存")
    page.reload()
    expect(page.locator("[data-field=seal_file] .form-check-label")).to_contain_text("盖章.pdf")


def test_without_scripts_both_answers_are_shown_and_saving_again_keeps_ones_own(worlds, draft):
    client = worlds("sqlite").app.test_client()
    sign_in_client(client, "ent_a")
    form = read_form(client.get(draft.path).get_data(as_text=True))
    draft.change(staff_now=77)
    form.fill(staff_now="88")
    answer = client.post(draft.path, data=form.data(_do="save"))
    assert answer.status_code == 409
    html = answer.get_data(as_text=True)
    assert "<td>88</td><td>77</td>" in html
    again = read_form(html)
    assert again.get("staff_now") == ["88"]
    assert client.post(draft.path, data=again.data(_do="save")).status_code == 302
    assert draft.read().answers["staff_now"] == 88


def test_a_draft_that_saves_itself_is_theirs_for_whom_it_was_begun(worlds, browser, live):
    app = worlds("sqlite").app
    with app.app_context():
        college = actor_for(find_user("school_a").id).organization_id
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    sign_in_page(page, live, "county_a")
    page.goto(f"{live}/records/pt_teacher_register/add")
    page.click("text=为其他单位填报")
    page.click(f"a[href$='for={college}']")
    page.fill("[name=f-full_name]", "代填教师")
    page.press("[name=f-full_name]", "Tab")
    expect(state(page)).to_contain_text("已自动保存")
    record = page.url.rpartition("/")[2]
    with app.app_context(), acting_as(actor_for(find_user("school_a").id)) as clerk:
        assert service.read(clerk, "pt_teacher_register", record).organization["id"] == college
    page.context.close()
