"""``flask forms``: out, in, compare, check."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from app.access.actor import acting_as, system_actor
from app.builder.models import CodeListRow, Form, FormDraft
from app.builder.publishing.publish import publish
from app.builder.service import create_form, save_draft
from app.database import db, unit_of_work
from forms.files.bundle import code_lists_of
from seeds.reading import PACK, raw_files
from tests.forms.sample_form import field, raw

FORMS = sorted(raw_files("forms"))


@pytest.fixture
def run(context):
    runner = context.test_cli_runner()

    def go(*arguments, code=0):
        done = runner.invoke(args=["forms", *map(str, arguments)])
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    return go


def make(key, *fields, **more):
    """Publish a form; return its definition."""
    content = {**raw(*fields, **more), "key": key}
    with acting_as(system_actor("publish")) as actor, unit_of_work():
        found = create_form(actor, content)
        publish(actor, key, lock_version=found.lock_version)
    return content


def change(key, content):
    with acting_as(system_actor("publish")) as actor, unit_of_work():
        save_draft(actor, key, db.session.get(FormDraft, key).lock_version, content)


@pytest.mark.parametrize("key", FORMS)
def test_a_form_comes_in_and_goes_out_with_its_code_lists(run, tmp_path, key):
    run("import", PACK / "forms" / f"{key}.yaml")
    for ending in ("yaml", "json"):
        first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
        run("export", key, first, "--draft")
        run("export", key, second, "--draft")
        assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")
    content = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert content == yaml.safe_load((tmp_path / "a.yaml").read_text("utf-8"))
    assert content["form"] == raw_files("forms")[key]
    assert list(content["form"])[:3] == ["key", "title", "resource"]
    for name, items in content["code_lists"].items():
        assert items == raw_files("code_lists")[name]
    assert set(content["code_lists"]) == set(code_lists_of(content["form"]))
    # What comes in again changes nothing.
    before = db.session.get(FormDraft, key).lock_version
    run("import", tmp_path / "a.json")
    db.session.expire_all()
    assert db.session.get(FormDraft, key).lock_version == before
    assert "没有不同" in run("diff", f"{key}@draft", tmp_path / "a.yaml")


def test_forms_may_refer_to_those_checked_with_them(run, tmp_path):
    files = []
    for key, one in (("travel_e", field("a", "reference", form="travel_f")), ("travel_f", field("a", "text"))):
        files.append(tmp_path / f"{key}.json")
        files[-1].write_text(json.dumps({**raw(one), "key": key}), "utf-8")
    run("check", *files)
    assert "travel_f" in run("check", files[0], code=1)


def test_the_forms_of_the_pack_pass_together(run):
    told = run("check", *sorted((PACK / "forms").glob("*.yaml")))
    assert ": error: " not in told
    assert told.splitlines()[-1].startswith(f"{len(FORMS)} 张表单：0 处错误，")


def test_a_database_that_nobody_has_prepared_is_told_as_such(tmp_path):
    program = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "app",
        "forms",
        "check",
        str(PACK / "forms" / f"{FORMS[0]}.yaml"),
    ]
    place = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "XQT_DEMO": ""}
    done = subprocess.run(program, env={**os.environ, **place}, capture_output=True, text=True, check=False)
    assert (done.returncode, "flask init" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_a_draft_and_a_version_go_out(run, tmp_path):
    content = make("travel_a", field("a", "text"))
    content["sections"][0]["fields"].append(field("b", "integer"))
    change("travel_a", content)
    run("export", "travel_a", tmp_path / "now.yaml")
    run("export", "travel_a", tmp_path / "one.yaml", "--version", 1)
    run("export", "travel_a", tmp_path / "draft.yaml", "--draft")
    assert (tmp_path / "now.yaml").read_text("utf-8") == (tmp_path / "one.yaml").read_text("utf-8")
    assert "key: b" in (tmp_path / "draft.yaml").read_text("utf-8")
    assert "key: b" not in (tmp_path / "one.yaml").read_text("utf-8")
    run("export", "travel_a", tmp_path / "nine.yaml", "--version", 9, code=1)
    run("export", "travel_a", tmp_path / "a.docx", code=2)
    run("export", "never_there", tmp_path / "x.yaml", code=1)


def test_what_comes_in_is_a_draft_and_brings_its_code_lists(run, tmp_path):
    content = {**raw(field("a", "select", codelist="travel_words")), "key": "travel_b"}
    lists = {
        "travel_words": {
            "key": "travel_words",
            "title": "词",
            "items": [{"code": "1", "zh": "甲"}, {"code": "2", "zh": "乙"}],
        }
    }
    file = tmp_path / "b.yaml"
    file.write_text(yaml.safe_dump({"format": 1, "form": content, "code_lists": lists}, allow_unicode=True), "utf-8")
    run("import", file)
    form = db.session.get(Form, "travel_b")
    assert form.current_no == 0
    assert form.state == "new"
    assert db.session.get(CodeListRow, "travel_words").items == lists["travel_words"]
    # A list that is here and differs is live in other forms: it stays, and that is said.
    lists["travel_words"]["items"].append({"code": "3", "zh": "丙"})
    file.write_text(yaml.safe_dump({"form": content, "code_lists": lists}, allow_unicode=True), "utf-8")
    assert "travel_words" in run("import", file)
    db.session.expire_all()
    assert len(db.session.get(CodeListRow, "travel_words").items["items"]) == 2
    run("import", file, "--replace-code-lists")
    db.session.expire_all()
    assert len(db.session.get(CodeListRow, "travel_words").items["items"]) == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bundle: bundle.update(colour="red"),
        lambda bundle: bundle["form"].update(colour="red"),
        lambda bundle: bundle["form"]["sections"][0]["fields"][0].update(colour="red"),
        lambda bundle: bundle["code_lists"]["travel_c"].update(colour="red"),
        lambda bundle: bundle["code_lists"]["travel_c"]["items"][0].update(colour="red"),
        lambda bundle: bundle.update(format=2),
        lambda bundle: bundle["form"].pop("sections"),
    ],
)
def test_unknown_keys_are_refused_everywhere(run, tmp_path, spoil):
    content = {**raw(field("a", "select", codelist="travel_c")), "key": "travel_c"}
    bundle = {"form": content, "code_lists": {"travel_c": {"title": "词", "items": [{"code": "1", "zh": "甲"}]}}}
    spoil(bundle)
    file = tmp_path / "c.json"
    file.write_text(json.dumps(bundle), "utf-8")
    run("import", file, code=1)
    run("check", file, code=1)
    run("diff", file, file, code=1)
    assert db.session.get(Form, "travel_c") is None
    assert db.session.get(CodeListRow, "travel_c") is None


def test_a_file_that_is_none(run, tmp_path):
    file = tmp_path / "x.yaml"
    for content in (b"a: [", b"- 1", b"\xff\xfe\x00", b"&a [*a]"):
        file.write_bytes(content)
        run("import", file, code=1)


def test_changes_are_told_in_words_of_both_languages(run, tmp_path):
    content = make(
        "travel_d",
        field("a", "integer", max=100),
        field("b", "text"),
        field("c", "select", options=[{"code": "1", "zh": "甲", "en": "A"}, {"code": "2", "zh": "乙", "en": "B"}]),
        field("d", "text"),
    )
    first, second, third, _fourth = content["sections"][0]["fields"]
    first["max"], first["required"] = 50, True
    second["label"] = {"zh": "新名", "en": "b"}
    third["options"].append({"code": "3", "zh": "丙", "en": "C"})
    content["sections"][0]["fields"] = [first, second, third, field("e", "date")]
    change("travel_d", content)
    told = run("diff", "travel_d").splitlines()
    assert told == [
        "[结构变化] d d：停用（单行文本）",
        "[收紧要求] a a：选填 → 必填",
        "[收紧要求] a a：最大值 100 → 50",
        "[文字调整] b 新名：名称 b → 新名",
        "[新增内容] c c：新增选项 3 丙",
        "[新增内容] e e：新增（日期）",
    ]
    told = run("diff", "travel_d", "--lang", "en").splitlines()
    assert told[0] == "[structural] d d: retired (Text)"
    assert told[2] == "[tightening] a a: Maximum 100 → 50"
    assert told[3] == "[cosmetic] b b: label b → 新名"
    assert told[4] == "[additive] c c: options added 3 C"
    run("export", "travel_d", tmp_path / "old.json")
    run("export", "travel_d", tmp_path / "new.yaml", "--draft")
    assert run("diff", tmp_path / "old.json", tmp_path / "new.yaml", "--lang", "en").splitlines() == told
    assert run("diff", "travel_d@1", "travel_d@draft", "--lang", "en").splitlines() == told
    assert run("diff", "travel_d@1", "travel_d", "--lang", "en").splitlines() == ["No difference"]


def test_the_schema_is_written(run, tmp_path):
    run("schema", "--output", tmp_path / "schema.json")
    assert json.loads((tmp_path / "schema.json").read_text("utf-8")) == json.loads(run("schema"))
