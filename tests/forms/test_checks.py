"""What the check finds before a form is published, and that it leaves sound forms alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms.checking import check_definition
from forms.definition import Definition
from forms.files.loading import load_yaml, parse_code_list, parse_definition
from forms.labels import Label
from forms.workflow import parse_workflow
from tests.forms.sample_form import FULL, ITEMS, LISTS, changed, errors, field, raw, warnings

YES_NO = [{"code": "1", "zh": "甲", "en": "A"}, {"code": "2", "zh": "乙", "en": "B"}]
DRAWER = field("a", "subtable", fields=[field("b", "text"), field("n", "integer")])


@pytest.mark.parametrize(
    ("fields", "more", "code"),
    [
        # keys
        ([field("a", "text"), field("a", "text")], {}, "duplicate_key"),
        ([field("a", "subtable", fields=[field("b", "text"), field("b", "text")])], {}, "duplicate_key"),
        ([field("_a", "text")], {}, "field_key"),
        ([field("a" * 49, "text")], {}, "field_key"),
        ([field("名", "text")], {}, "field_key"),
        ([field("a__b", "text")], {}, "field_key"),
        ([field("in", "text")], {}, "field_key"),
        ([field("parent", "text")], {}, "field_key"),
        ([field("id", "text")], {}, "field_key"),
        ([field("a", "text")], {"key": "No"}, "form_key"),
        ([field("a", "text")], {"key": "a__b"}, "form_key"),
        ([field("a", "text")], {"key": "a" * 41}, "form_key"),
        ([field("a", "text")], {"serial": "xq-1"}, "serial"),
        ([{**DRAWER, "key": "a" * 40}], {}, "long_names"),
        ([], {"sections": [{"key": "s", "title": "甲", "fields": [field(key, "text")]} for key in "ab"]}, "duplicate_section"),
        # the form
        ([], {}, "no_fields"),
        ([field("a", "text")], {"kind": "odd"}, "kind"),
        ([field("a", "text")], {"cycle": "weekly"}, "cycle"),
        ([field("a", "text")], {"unique": [{"fields": ["b"]}]}, "unique"),
        ([field("a", "text")], {"unique": [{"fields": []}]}, "unique"),
        ([field("a", "text")], {"unique": [{"fields": ["a", "a"]}]}, "unique"),
        ([ITEMS], {"unique": [{"fields": ["items"]}]}, "unique"),
        ([field("a", "file")], {"unique": [{"fields": ["a"]}]}, "unique"),
        ([field("a", "textarea")], {"unique": [{"fields": ["a"]}]}, "unique"),
        ([field("a", "text")], {"list": {"columns": ["b"]}}, "list"),
        ([DRAWER], {"list": {"columns": ["a"]}}, "list"),
        ([field("a", "file")], {"list": {"columns": ["a"], "order": "-a"}}, "list"),
        ([field("a", "text")], {"list": {"columns": ["a"], "order": "_password"}}, "list"),
        ([field("a", "date")], {"list": {"columns": ["a"], "search": ["a"]}}, "search"),
        ([field("a", "text")], {"organization": {"kind": "college", "name": "x", "code": "a", "region": "a"}}, "organization"),
        ([field("a", "text")], {"published_when": {"rows": {"a": "a = 'x'"}}}, "published"),
        ([field("a", "text")], {"published_when": {"fields": ["b"]}}, "published"),
        ([field("a", "text")], {"published_when": "_role = 'x'"}, "published"),
        ([field("a", "text")], {"published_when": "previous.a = 'x'"}, "published"),
        ([field("a", "reference", form="organization")], {"published_when": "a.kind = 'x'"}, "published"),
        ([field("a", "text")], {"published_when": "b = 'x'"}, "expression"),
        ([DRAWER], {"published_when": {"rows": {"a": "c = 'x'"}}}, "expression"),
        ([field("a", "text")], {"published_when": {"record": "a = 'x'", "until": {"record": "a"}}}, "published"),
        ([DRAWER], {"published_when": {"rows": {"a": "b = 'x'"}, "until": {"a": "b"}}}, "published"),
        ([field("t", "subtable", fields=[field("d", "date")])], {"published_when": {"until": {"t": "d"}}}, "published"),
        # rules
        ([field("a", "text", visible_when="zz = 1")], {}, "expression"),
        ([field("a", "select", options=YES_NO, option_filter="zz = 1")], {}, "expression"),
        ([field("a", "text", prefill="zz")], {}, "expression"),
        ([field("a", "bool", checks=[{"expression": "a = '是'", "message": "x"}])], {}, "expression"),
        ([field("a", "computed", compute="b + 1"), field("b", "computed", compute="a + 1")], {}, "cycle"),
        ([field("a", "bool", visible_when="b = true"), field("b", "bool", visible_when="a = true")], {}, "cycle"),
        ([field("a", "integer", visible_when="a > 1")], {}, "cycle"),
        # What is hidden is not summed, and the sum decides what is hidden.
        ([field("a", "integer", visible_when="s < 5"), field("s", "computed", compute="sum(a)")], {}, "cycle"),
        (
            [field("s", "computed", compute="sum(t.n)"), field("t", "subtable", visible_when="s > 1", fields=[field("n", "integer")])],
            {},
            "cycle",
        ),
        ([field("a", "computed", compute="'x'")], {}, "result"),
        ([field("a", "date"), field("b", "computed", compute="add_days(a, 1)")], {}, "result"),
        ([field("a", "computed_text", compute="1 = 1")], {}, "result"),
        ([field("a", "computed", compute="[1, 2]")], {}, "result"),
        # options
        ([field("a", "select")], {}, "options"),
        ([field("a", "select", options=YES_NO[:1])], {}, "options"),
        ([field("a", "select", options=YES_NO, codelist="colour")], {}, "options"),
        ([field("a", "select", options=[*YES_NO, YES_NO[0]])], {}, "duplicate_option"),
        ([field("k", "select", options=YES_NO), field("a", "text", visible_when="k = '3'")], {}, "option_in_rule"),
        ([field("k", "select", options=YES_NO), field("a", "text", required_when="k in ['1', '3']")], {}, "option_in_rule"),
        ([field("k", "multiselect", codelist="colour"), field("a", "text", visible_when="contains(k, 'x')")], {}, "option_in_rule"),
        (
            [field("t", "subtable", fields=[field("k", "select", options=YES_NO), field("b", "text", visible_when="k = '3'")])],
            {},
            "option_in_rule",
        ),
        (
            [field("t", "subtable", fields=[field("k", "select", options=YES_NO)]), field("n", "computed", compute="count(t where k = '3')")],
            {},
            "option_in_rule",
        ),
        # fields
        ([{"key": "a", "type": "text", "label": "甲"}], {}, "class"),
        ([field("a", "text", mask="odd")], {}, "mask"),
        ([field("a", "text", label="")], {}, "label"),
        ([field("a", "subtable")], {}, "no_columns"),
        ([field("a", "text", fields=[field("b", "text")])], {}, "columns"),
        ([field("a", "computed")], {}, "no_formula"),
        ([field("a", "reference")], {}, "no_form"),
        ([{**DRAWER, "totals": ["x"]}], {}, "totals"),
        ([{**DRAWER, "totals": ["b"]}], {}, "totals"),
        ([{**DRAWER, "unique_columns": ["x"]}], {}, "unique_columns"),
        ([field("a", "subtable", fields=[field("b", "subtable", fields=[field("c", "text")])])], {}, "nested"),
        ([field("a", "text", compute="1 + 1")], {}, "not_used"),
        ([field("a", "text", options=YES_NO)], {}, "not_used"),
        ([field("a", "text", option_filter="_code = '1'")], {}, "not_used"),
        ([field("a", "text", form="organization")], {}, "not_used"),
        ([field("a", "computed", compute="1", required=True)], {}, "not_used"),
        ([field("a", "computed", compute="1", default=1)], {}, "not_used"),
        ([field("a", "file", prefill="_org_id")], {}, "not_used"),
        ([field("a", "note", required_when="true")], {}, "not_used"),
        ([field("a", "text", visible_when="false", required=True)], {}, "never_visible"),
        ([field("a", "text", visible_when="1 > 2", required_when="true")], {}, "never_visible"),
        ([field("a", "subtable", visible_when="false", fields=[field("b", "text", required=True)])], {}, "never_visible"),
        ([], {"sections": [{"title": "甲", "visible_when": "false", "fields": [field("a", "text", required=True)]}]}, "never_visible"),
        ([field("a", "text", readonly=True, required=True)], {}, "nobody_fills"),
        ([field("a", "text", readonly_for=["x"], required=True)], {"fill_roles": ["x"]}, "nobody_fills"),
        ([field("a", "date", default="soon")], {}, "default"),
        ([field("a", "select", options=YES_NO, default="3")], {}, "default"),
        ([field("a", "select", codelist="colour", default="o")], {}, "default"),
        ([field("a", "multiselect", codelist="colour", default=["r", "x"])], {}, "default"),
        # settings of types
        ([field("a", "text", pattern="(?=x)")], {}, "settings"),
        ([field("a", "text", min_length=3, max_length=1)], {}, "settings"),
        ([field("a", "text", max_length=-1)], {}, "settings"),
        ([field("a", "text", normalise="odd")], {}, "settings"),
        ([field("a", "integer", min=3, max=1)], {}, "settings"),
        ([field("a", "rating", min=9)], {}, "settings"),
        ([field("a", "money", places=9)], {}, "settings"),
        ([field("a", "money", min=3, max=1)], {}, "settings"),
        ([field("a", "computed", compute="1", places=10**9)], {}, "settings"),
        ([field("a", "multiselect", codelist="colour", max_choices=0)], {}, "settings"),
        ([{**DRAWER, "min_rows": 5, "max_rows": 2}], {}, "settings"),
        ([{**DRAWER, "max_rows": 10**9}], {}, "settings"),
        ([field("a", "file", min_files=2)], {}, "settings"),
        ([field("a", "file", multiple=True, min_files=3, max_files=2)], {}, "settings"),
        ([field("a", "file", accept=[".PDF"])], {}, "settings"),
    ],
)  # fmt: skip
def test_the_check_finds(fields, more, code):
    assert code in {found for found, _ in errors(raw(*fields, **more))}


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ([field("k", "select", options=YES_NO), field("a", "text", visible_when="k = '1' or k in ['2']")], {}),
        ([field("k", "multiselect", codelist="colour"), field("a", "text", visible_when="not contains(k, 'r')")], {}),
        ([field("k", "select", codelist="colour", option_filter="_code != 'o' and _kind != 'x'")], {}),
        ([field("a", "text"), field("b", "text", checks=[{"expression": "a != 'x'", "message": "y"}])], {}),
        ([field("a", "text", readonly=True, required=True, prefill="_org_name")], {}),
        ([field("a", "text", readonly_for=["x"], required=True)], {"fill_roles": ["x", "y"]}),
        ([field("a", "text", visible_when="1 < 2", required=True)], {}),
        ([field("d", "date")], {"published_when": {"record": "filled(d)", "until": {"record": "d"}}}),
        ([DRAWER], {"published_when": {"rows": {"a": "n > 1 and parent.a != null"}}}),
        ([field("a", "computed_text", compute="add_days(_today, 1)")], {}),
        (
            [field("a", "integer"), field("s", "computed", compute="a * 2"), field("b", "text", visible_when="s > 1")],
            {},
        ),
        (
            [
                field(
                    "t",
                    "subtable",
                    fields=[field("a", "integer"), field("b", "text", visible_when="count(t) > 1 and a > 1")],
                )
            ],
            {},
        ),
        ([field("a", "reference", form="organization"), field("b", "text", visible_when="filled(a.id)")], {}),
        ([field("a", "date", default="2026-03-01"), field("b", "bool", default=True)], {}),
        ([field("n", "note")], {}),
    ],
)
def test_the_check_leaves_sound_forms_alone(fields, more):
    assert errors(raw(*fields, **more)) == set()


def test_everything_at_once_is_sound():
    assert errors(FULL) == set()


@pytest.mark.parametrize(
    ("fields", "more", "code"),
    [
        ([field("a", "text", label="甲")], {}, "english"),
        ([field("a", "text", help="说明")], {}, "english"),
        ([field("a", "text", checks=[{"expression": "a != 'x'", "message": "不"}])], {}, "english"),
        ([field("a", "select", options=[{"code": "1", "zh": "甲"}, YES_NO[1]])], {}, "english"),
        ([field("a", "text")], {"title": "样表"}, "english"),
        ([field("a", "text", label={"zh": "长" * 41, "en": "long"})], {}, "long_label"),
        ([field(f"a{n}", "text") for n in range(61)], {}, "crowded"),
        ([field("a", "integer", mask="name_m")], {}, "mask_unused"),
        ([{"key": "t", "type": "subtable", "label": "表", "fields": [field("a", "text")]}], {}, "class"),
        ([field("a", "money"), field("b", "computed", compute="a * 12")], {}, "places"),
        ([field("a", "integer"), field("b", "computed", compute="a / 3")], {}, "places"),
        (
            [
                field("a", "computed", compute="avg(b)", places=1),
                field("b", "integer"),
                field("c", "computed", compute="a + b"),
            ],
            {},
            "places",
        ),
    ],
)
def test_the_check_warns(fields, more, code):
    assert code in {found for found, _ in warnings(raw(*fields, **more))}
    assert errors(raw(*fields, **more)) == set()


def test_whole_numbers_need_no_decimal_places():
    sums = [
        field("a", "integer"),
        field("b", "computed", compute="a + 1"),
        field("c", "computed", compute="round(a / 3)"),
    ]
    assert "places" not in {code for code, _ in warnings(raw(*sums))}


def test_the_check_knows_forms_states_and_roles():
    known = {"roles": ["a", "clerk"]}
    assert errors(FULL, forms={}) == {("reference", "r")}
    other = Definition(key="other", title=Label("其他"), resource="x", sections=())
    assert errors(FULL, forms={"other": other}) == errors(FULL, forms={"other": None}) == set()
    assert errors(FULL, states=["draft"]) == {("state", "published_when.states")}
    assert errors(FULL, states=["open"]) == set()
    assert errors(FULL, roles=["other"]) == {("role", "fill_roles"), ("role", "t.readonly_for")}
    assert errors(FULL, **known, may_create=[]) == {("contradiction", "fill_roles")}
    assert errors(FULL, **known, may_create=["clerk"]) == set()


def test_fields_of_referenced_forms_must_exist_and_keep_their_class():
    other = parse_definition(
        {
            **raw({**field("name", "text"), "class": "public"}, {**field("phone", "phone"), "class": "personal"}),
            "key": "other",
        },
        LISTS,
    )

    def found(rule, **more):
        return errors(
            raw(field("r", "reference", form="other"), field("a", "text", **rule), **more), forms={"other": other}
        )

    assert found({"prefill": "r.name"}) == set()
    assert found({"visible_when": "r.phone = '1'"}) == set()
    assert found({"prefill": "r.label"}) == set()
    assert found({"prefill": "r.nothing"}) == {("reference_field", "a.prefill")}
    assert found({"prefill": "r.phone"}) == {("class_of_source", "a")}
    organization = raw(field("r", "reference", form="organization"), field("a", "text", prefill="r.code"))
    assert errors(organization, forms={}) == {("reference_field", "a.prefill")}
    row = field("t", "subtable", fields=[field("r", "reference", form="other"), field("a", "text", prefill="r.phone")])
    assert errors(raw(row), forms={"other": other}) == {("class_of_source", "t.a")}


FLOW = {
    "title": "流程",
    "states": {
        "draft": {"label": "草稿", "editable_by": ["clerk"]},
        "open": {"label": "公开"},
        "lost": {"label": "失"},
    },
    "verbs": [
        {
            "key": "submit",
            "label": "提交",
            "from": "draft",
            "to": "open",
            "by": ["clerk"],
            "action": "S",
            "kind": "submit",
            "guard": "k = '1'",
        },
        {
            "key": "move",
            "label": "改派",
            "from": ["open"],
            "to": "draft",
            "by": [],
            "action": "A",
            "effects": [{"reassign": "d"}],
        },
    ],
}


def test_a_form_and_its_workflow_must_fit():
    def found(flow, definition=FULL):
        return errors(definition, workflow=parse_workflow("wf", flow))

    assert found(FLOW) == set()
    assert ("unreachable", "workflow.lost") in warnings(FULL, workflow=parse_workflow("wf", FLOW))
    submit, move = FLOW["verbs"]
    assert found({**FLOW, "verbs": [{**submit, "guard": "nothing = 1"}, move]}) == {
        ("expression", "workflow.submit.guard")
    }
    assert found({**FLOW, "verbs": [submit, {**move, "effects": [{"reassign": "x"}]}]}) == {("effect", "workflow.move")}
    assert found(FLOW, changed(("fill_roles",), ["boss"])) == {("contradiction", "fill_roles")}
    assert found(FLOW, changed(("published_when", "states"), ["x"])) == {("state", "published_when.states")}


def test_a_field_without_class_under_a_table_takes_that_of_the_table():
    column = {"key": "a", "type": "text", "label": {"zh": "甲", "en": "A"}}
    assert ("class", "s.a") in warnings(raw(field("s", "subtable", fields=[column])))


SEEDS = Path(__file__).parents[2] / "seeds" / "qiqihar"


@pytest.mark.parametrize("path", sorted((SEEDS / "forms").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_forms_of_the_city_are_sound(path):
    lists = {file.stem: parse_code_list(file.stem, load_yaml(file)) for file in (SEEDS / "code_lists").glob("*.yaml")}
    forms = {file.stem: parse_definition(load_yaml(file), lists) for file in (SEEDS / "forms").glob("*.yaml")}
    definition = load_yaml(path)
    flow = parse_workflow(definition["workflow"], load_yaml(SEEDS / "workflows" / f"{definition['workflow']}.yaml"))
    found = check_definition(definition, lists, forms, workflow=flow)
    assert [issue for issue in found if issue.level == "error" or issue.code == "english"] == []
