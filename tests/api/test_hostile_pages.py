"""Hostile posts and addresses of pages: nobody gets a 500 or a trace, and whoever filled something in keeps it."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import csrf_token
from tests.samples import demand, teacher

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
DEMANDS, TEACHERS = "labor_demand_survey", "pt_teacher_register"
LIST, ADD = f"/records/{DEMANDS}/list", f"/records/{DEMANDS}/add"
#: What is typed into every entry post here, and must never be lost.
TYPED = "本人填写的说明甲"
URLENCODED = "application/x-www-form-urlencoded"
TRACES = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3|SELECT |INSERT |site-packages|File \"")
#: Texts as bytes of an address or a post: what no text holds among them.
TEXTS = {
    "nul": b"a\0b",
    "no utf-8": b"\xff\xfe\xed\xa0\x80",
    "signs": b"\"><script>'; DROP TABLE record; --{{7*7}}%(x)s\x01\x1b[31m\xe2\x80\xae\r\nX: y",
    "long": "长".encode() * 3000,
    "huge number": b"9" * 5000,
    "ten digits": b"9999999999",
    "beyond 64 bits": b"99999999999999999999",
    "negative": b"-1",
    "other digits": "٣²٣".encode(),
    "void": b"void",
}
texts = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())

Pairs = list[tuple[str, str | bytes]]


def encoded(pairs: Pairs) -> bytes:
    """Return a form as a browser, or nobody's browser, would post it."""
    return "&".join(
        f"{quote_from_bytes(name.encode())}={quote_from_bytes(value if isinstance(value, bytes) else value.encode())}"
        for name, value in pairs
    ).encode()


def fine(response: TestResponse, *where: object) -> str:
    """Return the page of an answer that is none of our own faults."""
    page = response.get_data(as_text=True)
    assert response.status_code < 500, (where, response.status_code, page[:600])
    assert not TRACES.search(page), (where, page[:600])
    return page


class Web(NamedTuple):
    """A signed-in client with the token of its session."""

    client: FlaskClient
    token: str

    def get(self, path: str, **arguments: Any) -> TestResponse:
        return self.client.get(path, **arguments)

    def send(self, path: str, data: Any, kind: str = "multipart/form-data") -> TestResponse:
        """Post *data*; the token goes along in a header."""
        return self.client.post(path, data=data, content_type=kind, headers={"X-CSRFToken": self.token})


def post(client: Web, path: str, pairs: Pairs) -> TestResponse:
    """Post a form with the client's own token."""
    return client.send(path, encoded([("csrf_token", client.token), *pairs]), URLENCODED)


@pytest.fixture(scope="module")
def clients(app) -> dict[str, Web]:
    """Return who is signed in already: nothing here is about signing in."""
    return {}


@pytest.fixture
def web(sign_in, clients) -> Callable[[str], Web]:
    """Return a signed-in client."""

    def get(username: str) -> Web:
        if username not in clients:
            client = sign_in(username)
            clients[username] = Web(client, csrf_token(client.get("/account/password").get_data(as_text=True)))
        return clients[username]

    return get


@pytest.fixture(scope="module")
def kept(app) -> dict[str, dict[str, object]]:
    """Return what this module has written already."""
    return {}


@pytest.fixture
def draft(api, kept):
    """Return a draft of a demand whose rows are known."""
    if "draft" not in kept:
        client = api("ent_a")
        saved = client.post(f"/forms/{DEMANDS}/records", json={"answers": demand("怪页", positions=2)}).get_json()
        kept["draft"] = client.get(f"/forms/{DEMANDS}/records/{saved['id']}").get_json()
    return kept["draft"]


def shown_again(page: str) -> bool:
    """Tell whether the entry page stands there with what was typed."""
    return TYPED in page and 'name="_do"' in page


# Lists.


@texts
def test_addresses_of_lists(web, text):
    """Every argument of a list and of what begins from one, once and several times."""
    value = quote_from_bytes(text)
    client = web("county_a")
    for name in ("size", "page", "page_size", "cursor", "from", "order", "q", "ff", "fo", "fv", "version", "unknown"):
        for path in (LIST, f"/records/{DEMANDS}/export", "/work/", "/jobs/", "/messages/", "/"):
            fine(client.get(f"{path}?{name}={value}&{name}={value}"), path, name)
    fine(web("city_voc").get(f"/accounts/?q={value}"), "accounts")
    for name in ("order=-", "order=--", "order=_updated_at&cursor=", "size=25&cursor="):
        fine(client.get(f"{LIST}?{name}{value}"), name)


@texts
def test_filter_rows(web, text):
    """Every kind of column with every operator takes any value; what it cannot mean is said on the page."""
    client = web("county_a")
    names = ("period_start", "staff_now", "has_demand", "ent_id", "positions", "positions.need_count", "filler_mobile",
             "_state", "_updated_at", "_serial", "_organization_name", "_organization", "_lock", "unknown")  # fmt: skip
    for name in names:
        for operator in ("eq", "in", "gte", "contains"):
            response = client.get(f"{LIST}?ff={name}&fo={operator}&fv={quote_from_bytes(text)}")
            page = fine(response, name, operator)
            assert response.status_code in {200, 400}, (name, operator)
            assert 'name="fv"' in page or "row" in page, (name, operator)
    value = quote_from_bytes(text)
    fine(client.get(f"{LIST}?" + "&".join(f"ff=staff_now&fo=eq&fv={value[:200]}" for _ in range(60))), "many")
    fine(client.get(f"{LIST}?ff=staff_now&fv=1"), "no operator")
    fine(client.get(f"{LIST}?ff={value}&fo={value}&fv={value}"), "all three")


@texts
def test_records_of_addresses(web, text):
    """An id that cannot be one is nobody's record; a verb that is none is not found."""
    value = quote_from_bytes(text.replace(b"/", b"%2f")) or "%20"
    client = web("county_a")
    for page in ("show", "history", "print", "edit", "file"):
        assert client.get(f"/records/{DEMANDS}/{page}/{value}").status_code in {400, 403, 404}, page
    for path in (f"/work/{DEMANDS}/{value}", f"/work/{value}/{NOWHERE}", f"/records/{value}/list",
                 f"/jobs/{value}", f"/imports/{value}", f"/exports/{value}/file", f"/forms/{value}",
                 f"/forms/{DEMANDS}/definition.{value}", f"/forms/{DEMANDS}?version={value}"):  # fmt: skip
        fine(web("city_admin").get(path), path)
        fine(client.get(path), path)
    fine(client.get(f"/records/{DEMANDS}/lookup/{value}?q={value}"), "lookup")
    fine(client.get(f"/records/{DEMANDS}/lookup/ent_id?q={value}"), "lookup")


# Entry.


def entry_pairs(record: dict | None = None) -> Pairs:
    """Return what the entry page of a demand posts: rows 0 and 1, the explanation typed anew."""
    pairs: Pairs = [("f-period_type", "1"), ("f-period_start", "2031-01"), ("f-period_end", "2031-01"),
                    ("f-has_demand", "true"), ("f-staff_now", "12"), ("f-no_demand_note", TYPED),
                    ("f-filler_name", TYPED), ("f-positions", "")]  # fmt: skip
    for index in (0, 1):
        row = record["answers"]["positions"][index]["_row"] if record else ""
        pairs += [(f"f-positions-{index}-_row", str(row)), (f"f-positions-{index}-position_name", f"{TYPED}{index}"),
                  (f"f-positions-{index}-need_count", "3")]  # fmt: skip
    return pairs


@texts
def test_values_of_an_entry_post(web, text):
    """Any value of any field is kept as it was typed, or said to be wrong; everything else is saved."""
    client = web("ent_a")
    for names in (
        ("f-period_type", "f-period_start", "f-has_demand", "f-staff_now", "f-positions-0-need_count",
         "f-positions-0-position_name", "f-filler_mobile", "f-positions-0-reason", "f-positions-0-arrive_by"),
        ("f-positions", "f-positions-0-_row"),
        ("f-ent_id", "f-ent_id-label"),
        ("f-positions-0-order_school", "f-positions-0-order_school-label"),
    ):  # fmt: skip
        known = entry_pairs()
        pairs = [(key, text if key in names else old) for key, old in known]
        pairs += [(name, text) for name in names if all(key != name for key, _ in known)]
        for verb in ("save", "submit", "add-row:positions"):
            response = post(client, ADD, [*pairs, ("_do", verb)])
            page = fine(response, names, verb)
            if response.status_code == 302:
                page = fine(client.get(response.headers["Location"]), names, verb)
            else:
                assert response.status_code in {200, 422}, (names, verb)
            assert TYPED in page, (names, verb, response.status_code)
    assert client.get(LIST).status_code == 200


@texts
def test_buttons_of_an_entry_post(web, draft, text):
    """A button that is none, a row that is far away: the page stands there with what was typed."""
    client = web("ent_a")
    edit = f"/records/{DEMANDS}/edit/{draft['id']}"
    for before, after in (
        (b"", b""),
        (b"add-row:", b""),
        (b"remove-row:positions:", b""),
        (b"copy-row:positions:", b""),
    ):
        for path, pairs in ((ADD, entry_pairs()), (edit, [("lock_version", "1"), *entry_pairs(draft)])):
            response = post(client, path, [*pairs, ("_do", before + text + after)])
            page = fine(response, before, path)
            if response.status_code == 302:
                page = fine(client.get(response.headers["Location"]), before)
            assert shown_again(page), (before, text[:20], path, response.status_code, page[:300])


@texts
def test_lock_versions(web, draft, text):
    """A lock version that is none counts as an old one: both values are shown, nothing typed is lost."""
    client = web("ent_a")
    edit = f"/records/{DEMANDS}/edit/{draft['id']}"
    for pairs in ([("lock_version", text)], [("lock_version", text)] * 2, []):
        response = post(client, edit, [*pairs, *entry_pairs(draft), ("_do", "submit")])
        page = fine(response, pairs)
        assert response.status_code == 409, pairs
        assert shown_again(page), pairs
    for path, more in (
        (f"/records/{DEMANDS}/void/{draft['id']}", [("reason", "x")]),
        (f"/records/{DEMANDS}/action/{draft['id']}/submit", []),
        (f"/work/{DEMANDS}/{draft['id']}/submit", [("comment", "x")]),
    ):
        for pairs in ([("lock_version", text)], []):
            assert post(client, path, [*pairs, *more]).status_code in {400, 403, 409}, path
            fine(post(client, path, [*pairs, *more]), path)


@pytest.mark.parametrize(
    "indexes",
    [
        ["999999999999"],
        ["-1", "0"],
        ["0", "0"],
        ["00", "0"],
        ["9" * 5000],
        [""],
        ["x", "１"],
        ["0-_row", "0"],
        [str(number) for number in range(150)],
    ],
    ids=lambda found: f"{len(found)}-{found[0][:14]}",
)
def test_rows_of_an_entry_post(web, draft, indexes):
    """Rows are those that the post names, in its order, whatever they are called."""
    client = web("ent_a")
    pairs: Pairs = [("f-filler_name", TYPED), ("f-positions", "")]
    for index in indexes:
        pairs += [(f"f-positions-{index}-_row", draft["answers"]["positions"][0]["_row"]),
                  (f"f-positions-{index}-position_name", TYPED), (f"f-positions-{index}-need_count", "x")]  # fmt: skip
    for path in (ADD, f"/records/{DEMANDS}/edit/{draft['id']}"):
        for verb in ("submit", "remove-row:positions:77"):
            response = post(client, path, [("lock_version", "1"), *pairs, ("_do", verb)])
            page = fine(response, path, verb)
            if response.status_code == 302:
                page = fine(client.get(response.headers["Location"]), verb)
            assert shown_again(page), (path, verb, response.status_code)


def test_missing_and_double_names(web, draft):
    client = web("ent_a")
    edit = f"/records/{DEMANDS}/edit/{draft['id']}"
    twice = [pair for pair in entry_pairs(draft) for _ in (1, 2)]
    for pairs in (twice, [("f-filler_name", TYPED)], [("f-filler_name", TYPED), ("_do", "submit")],
                  [("f-filler_name", TYPED), ("f-", "x"), ("f--", "x"), ("f-positions-", "x"), ("f-positions-0", "y"),
                   ("f-positions--_row", ""), ("f-data", "x"), ("f-errors", "x"), ("f-_id", "x"), ("f-unknown", "x")],
                  [("f-filler_name", TYPED), *[(f"f-x{number}", "x") for number in range(900)]]):  # fmt: skip
        for path in (ADD, edit):
            response = post(client, path, [("lock_version", "1"), *pairs])
            page = fine(response, path)
            if response.status_code == 302:
                page = fine(client.get(response.headers["Location"]))
            assert shown_again(page), (path, pairs[:3], response.status_code)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"{}",
        b'{"form": null}', b'{"form": "f-x=1"}', b'{"form": {}}', b'{"form": 7, "lock_version": 1}',
        b'{"form": [null, 1, "ab", [], ["f-staff_now"], ["a","b","c"], [["f-staff_now"], {}]], "lock_version": 1}',
        b'{"form": [["f-staff_now", null], ["f-period_start", ["x"]], ["f-filler_name", {"a": 1}]], "lock_version": 1}',
        b'{"form": [["f-filler_name", "\\u0000a"]], "lock_version": 1}',
        b'{"form": [["f-filler_name", "\\ud800"]], "lock_version": 1}',
        b'{"form": [["f-filler_name", "a"]], "lock_version": "1"}',
        b'{"form": [["f-filler_name", "a"]], "lock_version": null}',
        b'{"form": [["f-filler_name", "a"]], "lock_version": true}',
        b'{"form": [["f-filler_name", "a"]], "lock_version": -1}',
        b'{"form": [["f-filler_name", "a"]], "lock_version": 99999999999999999999999999}',
        b'{"form": [["f-filler_name", "a"]], "lock_version": 9223372036854775807}',
        b'{"form": [["f-positions", ""], ["f-positions-9999999999-_row", "9999999999"]], "lock_version": 1}',
        b'{"form": [["f-ent_id", "99999999999999999999"], ["f-positions", ""]], "lock_version": 1}',
        b'{"form": [["f-staff_now", "' + b"9" * 5000 + b'"]], "lock_version": 1}',
        b'{"form": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
    ids=range(25),
)  # fmt: skip
def test_autosaves(web, draft, body):
    client = web("ent_a")
    for record in (draft["id"], "new", NOWHERE):
        for kind in ("application/json", "text/plain"):
            path = f"/records/{DEMANDS}/draft/{record}"
            response = client.send(path, body, kind)
            fine(response, record, kind)
            assert response.status_code in {200, 400, 404, 409, 422}, (record, kind, response.status_code)


# Files.


@pytest.mark.parametrize("index", ["9" * 5000, "99999", "-1", "x", "٣", "²", "7"])
def test_files_in_rows_far_away(web, index):
    """A file comes into the row under whose name it was sent, or is told to be nowhere; a number is only a name."""
    client = web("school_a")
    data = {"f-dept_post": TYPED, "f-certs": "", f"f-certs-{index}-_row": "",
            f"f-certs-{index}-cert_name": TYPED, "_do": "save",
            f"f-certs-{index}-cert_file-upload": (io.BytesIO(b"%PDF-1.4 x"), "scan.pdf")}  # fmt: skip
    response = client.send(f"/records/{TEACHERS}/add", data)
    fine(response, index)
    assert response.status_code == 302, index
    page = fine(client.get(response.headers["Location"]), index)
    assert TYPED in page
    assert "scan.pdf" in page, index


@texts
def test_names_and_fields_of_files(web, text):
    client = web("school_a")
    name, field = text.decode("utf-8", "replace"), text.decode("utf-8", "replace")
    for kind, content in (("photo", b"\x89PNG\r\n\x1a\n"), (field, b"x"), ("certs.cert_file", b"%PDF-1.4")):
        data = {"field": kind, "file": (io.BytesIO(content), f"{name}.png")}
        fine(client.send(f"/records/{TEACHERS}/files", data), kind)
    data = {"f-dept_post": TYPED, "f-photo-upload": (io.BytesIO(b"\x89PNG\r\n\x1a\n"), f"{name}.png")}
    response = client.send(f"/records/{TEACHERS}/add", data)
    page = fine(response, "entry")
    if response.status_code == 302:
        page = fine(client.get(response.headers["Location"]), "entry")
    assert TYPED in page
    for missing in ({}, {"file": "no file"}, {"field": "photo"}):
        assert client.send(f"/records/{TEACHERS}/files", missing).status_code == 400


# Wrong content types.


@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data", "multipart/form-data; boundary=x", f"{URLENCODED}; charset=utf-7", ""],
)
def test_kinds_of_content(app, web, draft, kind):
    """Every form of every page is posted as something else; none is taken, none breaks."""
    # Wrong passwords lock an account: one that nobody else needs here.
    accounts = {"work": "county_a", "forms": "city_admin", "accounts": "city_voc", "account": "auditor"}
    body = encoded([("lock_version", "1"), *entry_pairs()])
    for rule in app.url_map.iter_rules():
        if "POST" not in rule.methods or rule.rule.startswith(("/api", "/logout")):
            continue
        path = re.sub(r"<int:\w+>", "9999999999", rule.rule).replace("<form>", DEMANDS).replace("<form_key>", DEMANDS)
        path = path.replace("<verb>", "submit").replace("<ending>", "yaml")
        path = re.sub(r"<(?:\w+:)?\w+>", str(draft["id"]), path)
        client = web(accounts.get(path.split("/")[1], "ent_a"))
        for sent in (body, b"--x\r\n\r\n"):
            fine(client.send(path, sent, kind), path, kind)


# Review.


@pytest.fixture
def submitted(api, kept):
    """Return a demand that waits for the county."""
    if "submitted" not in kept:
        sent = {"answers": demand("待审"), "submit": True}
        kept["submitted"] = api("ent_a").post(f"/forms/{DEMANDS}/records", json=sent).get_json()
    return kept["submitted"]


@texts
def test_review_posts(web, submitted, text):
    """A note about a place that is none is refused, and what the reviewer wrote stands there still."""
    client = web("county_a")
    path = f"/work/{DEMANDS}/{submitted['id']}"
    lock = ("lock_version", str(submitted["lock_version"]))
    places = (text, b"positions@" + text, text + b"@1", b"positions.need_count@9999999999", b"@", b"positions@-1")
    for place in places:
        response = post(client, f"{path}/return", [lock, ("comment", b""), ("note-field", place), ("note-text", b"")])
        page = fine(response, place)
        assert response.status_code == 422, place
    bad = [lock, ("comment", TYPED), ("note-field", b"no_such_field"), ("note-text", TYPED.encode() + text[:900])]
    response = post(client, f"{path}/return", bad)
    page = fine(response, "note")
    assert (response.status_code, TYPED in page) == (422, True)
    long = post(
        client, f"{path}/return", [lock, ("comment", TYPED), ("note-field", b"positions"), ("note-text", b"x" * 9000)]
    )
    assert long.status_code == 422
    verb = quote_from_bytes(text.replace(b"/", b"")) or "%20"
    for where in (f"{path}/{verb}", f"/records/{DEMANDS}/action/{submitted['id']}/{verb}"):
        assert post(client, where, [lock, ("comment", text)]).status_code in {302, 400, 403, 404}, where
    for where in (f"/work/{DEMANDS}/{verb}/return", f"/work/{verb}/{submitted['id']}/return"):
        assert post(client, where, [lock, ("comment", "x")]).status_code in {400, 403, 404}, where
    reveal = post(client, f"/records/{DEMANDS}/reveal/{submitted['id']}", [("field", text), ("reason", text)])
    assert reveal.status_code in {302, 403, 422}
    reason = post(client, f"/records/{DEMANDS}/void/{submitted['id']}", [lock, ("reason", text * 20)])
    fine(reason, "void")


def test_words_with_what_no_database_holds(web, api):
    """A comment, a reason or a note with a NUL is kept without it."""
    sent = {"answers": demand("零字符"), "submit": True}
    saved = api("ent_a").post(f"/forms/{DEMANDS}/records", json=sent).get_json()
    client = web("county_a")
    pairs = [("lock_version", str(saved["lock_version"])), ("comment", b"a\0b"), ("note-field", b"positions"),
             ("note-text", b"c\0d\xed\xa0\x80")]  # fmt: skip
    assert post(client, f"/work/{DEMANDS}/{saved['id']}/return", pairs).status_code == 302
    notes = api("ent_a").get(f"/forms/{DEMANDS}/records/{saved['id']}").get_json()["notes"]
    assert notes[0]["text"].startswith("cd")
    assert "\0" not in notes[0]["text"]


# Export and import.


@texts
def test_export_posts(web, text):
    client = web("county_a")
    value = quote_from_bytes(text)
    for name in ("format", "subtables", "column", "purpose"):
        pairs = [("format", "xlsx"), ("subtables", "sheets"), ("purpose", "存档"), ("column", "period_start")]
        sent = [pair for pair in pairs if pair[0] != name] + [(name, text)] * 2
        response = post(client, f"/records/{DEMANDS}/export", sent)
        fine(response, name)
        assert response.status_code in {302, 400, 422}, name
    for query in (
        f"q={value}",
        f"ff=staff_now&fo=eq&fv={value}",
        f"ff={value}&fo={value}&fv={value}",
        f"order={value}",
    ):
        response = post(client, f"/records/{DEMANDS}/export?{query}", [("format", "csv"), ("purpose", "存档")])
        fine(response, query)
        assert response.status_code in {302, 400, 422}, query
    assert client.get(f"/records/{DEMANDS}/export").status_code == 200


@texts
def test_import_posts(web, api, text):
    client = web("school_a")
    path = f"/records/{TEACHERS}/import"
    for content, name in ((text, "book.xlsx"), (b"PK\x03\x04" + text, text.decode("utf-8", "replace") + ".xlsx")):
        data = {"file": (io.BytesIO(content), name)}
        response = client.send(path, data)
        fine(response, name)
        assert response.status_code in {302, 400, 413, 422}, name
    assert post(client, path, [("file", text)]).status_code == 302
    value = quote_from_bytes(text.replace(b"/", b"")) or "%20"
    for where in (f"{path}/{value}", f"{path}/{NOWHERE}"):
        assert post(client, where, [("only_valid", text), ("submit", text)]).status_code == 404, where
        assert client.get(f"{where}/errors.xlsx").status_code == 404, where
    for where in (f"/jobs/{value}/cancel", "/messages/read"):
        fine(post(client, where, [("id", text)]), where)


# Forms and accounts.


@texts
def test_form_and_account_posts(web, text):
    admin = web("city_admin")
    name = text.decode("utf-8", "replace")
    for content in (text, b"key: " + text, b'{"key": "x", "title": ' + text + b"}"):
        data = {"file": (io.BytesIO(content), f"{name}.yaml")}
        response = admin.send("/forms/upload", data)
        fine(response, content[:40])
        assert response.status_code == 302
    value = quote_from_bytes(text.replace(b"/", b"")) or "%20"
    for where, pairs in (
        (f"/forms/{DEMANDS}/publish", [("lock_version", text), ("note", text)]),
        (f"/forms/{value}/publish", [("lock_version", text)]),
        ("/accounts/add", [(key, text) for key in ("username", "name", "mobile", "organization_id", "role")]),
        ("/accounts/add", [("username", text), ("name", "甲"), ("organization_id", "1"), ("role", text)]),
        ("/accounts/9999999999/posts", [("role", text), ("organization_id", text)]),
        ("/accounts/99999999999999999999/lock", [("active", text)]),
        (f"/accounts/{value}/password", []),
        ("/account/identity", [("post_id", text)]),
        ("/account/password", [("current", text), ("new", text), ("again", text)]),
    ):
        fine(post(web("city_voc"), where, pairs), where, "city_voc")
        fine(post(admin, where, pairs), where, "city_admin")
    assert admin.get("/forms/").status_code == 200


@texts
def test_signing_in(app, text):
    client = app.test_client()
    token = csrf_token(client.get("/login/").get_data(as_text=True))
    for pairs in ([("username", text), ("password", text)], [("username", "ent_a")] * 2, []):
        response = client.post("/login/", data=encoded([("csrf_token", token), *pairs]), content_type=URLENCODED)
        fine(response, pairs)
        assert response.status_code in {200, 302, 401, 422}
    fine(client.get(f"/login/?next={quote_from_bytes(text)}"), "next")
    fine(client.get(f"/lang/{quote_from_bytes(text.replace(b'/', b'')) or 'x'}"), "language")


def test_teachers_stay_readable(web, api):
    """After all this every list, and every record in it, still opens."""
    api("school_a").post(f"/forms/{TEACHERS}/records", json={"answers": teacher(1)})
    for account, form in (("ent_a", DEMANDS), ("county_a", DEMANDS), ("school_a", TEACHERS), ("city_voc", TEACHERS)):
        client = web(account)
        page = fine(client.get(f"/records/{form}/list?{urlencode({'size': 100})}"), account)
        found = re.findall(rf"/records/{form}/show/(\w+)", page)
        assert found, (account, form)
        for record in dict.fromkeys(found[:12]):
            for kind in ("show", "history", "print"):
                assert client.get(f"/records/{form}/{kind}/{record}").status_code == 200, (kind, record)


def bomb(levels: int) -> str:
    """Return a definition whose aliases would make 9 ** levels texts of one."""
    lines = ["key: bomb", "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text", [bomb(12), "key: &k {a: *k}", "a: &a\n  <<: *a", "key: x\ntitle: &t " + "长" * 9000 + "\nb: [" + "*t, " * 9000 + "]"],
    ids=["bomb", "holds itself", "merges itself", "one long text"],
)  # fmt: skip
def test_a_form_that_its_aliases_blow_up_is_refused(app, web, text, tmp_path):
    admin = web("city_admin")
    # In time of this process: others may be at work beside it.
    began = time.process_time()
    response = admin.send("/forms/upload", {"file": (io.BytesIO(text.encode()), "form.yaml")})
    assert response.status_code == 302
    page = fine(admin.get(response.headers["Location"]))
    assert "YAML" in page
    file = tmp_path / "form.yaml"
    file.write_text(text, encoding="utf-8")
    for command in (["publish", str(file)], ["check", str(file)], ["import", str(file)]):
        found = app.test_cli_runner().invoke(args=["forms", *command])
        assert found.exit_code == 1, found.output
        assert "YAML" in found.output
        assert not TRACES.search(found.output)
    assert time.process_time() - began < 10


def test_definitions_hold_what_can_be_kept(web):
    """NUL, half of a pair, infinity, a date: said to be wrong, or kept; nothing breaks."""
    admin = web("city_admin")
    for value in (r'"a\0b"', r'"\ud800"', ".nan", "-.inf", "9" * 40, "2026-03-01", "2026-03-01T10:00:00Z", "!!binary YQ==",
                  "!!set {a, b}", "{1: 2}", "{null: 2}", "{2026-03-01: 2}", "[[[]]]"):  # fmt: skip
        for text in (
            f"key: zz_{{}}\ntitle: {value}\nresource: pt_teacher\nkind: register\nsections: []",
            f"key: {value}\ntitle: 甲\nresource: pt_teacher\nkind: register\nsections: []",
            (f"key: zz_a\ntitle: 甲\nresource: pt_teacher\nkind: register\nhelp: {value}\nsections:\n- {{key: s, title: 甲, "
            f"fields: [{{key: d, type: date, label: 甲, default: {value}}}]}}"),
            f"key: zz_a\ntitle: 甲\nresource: {value}\nkind: {value}\nworkflow: {value}\nfill_roles: {value}\nsections: {value}",
        ):  # fmt: skip
            response = admin.send("/forms/upload", {"file": (io.BytesIO(text.encode()), "form.yaml")})
            fine(response, text)
            fine(admin.get(response.headers["Location"]), text)
    assert admin.get("/forms/").status_code == 200
