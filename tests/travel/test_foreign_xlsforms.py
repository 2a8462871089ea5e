"""Forms as KoboToolbox and ODK write them: read with all their quirks, and nothing guessed or dropped in silence."""

import random

import pytest

from forms.checking import check_definition
from forms.expressions import parse
from forms.expressions.writing import text_of
from forms.files.loading import parse_definition
from forms.xlsform.from_xpath import Fields, Reader
from forms.xlsform.reader import read
from forms.xlsform.remarks import Unsayable
from forms.xlsform.to_xpath import Names, Writer
from forms.xlsform.xpath import parse as parse_xpath
from forms.xlsform.xpath import written
from tests.expressions.test_cases import JOBS
from tests.forms.sample_form import LISTS

SURVEY = [
    ["type", "name", "label::English (en)", "label::中文 (zh)", "label::Français (fr)", "hint::English (en)", "required", "relevant", "constraint", "constraint_message::English (en)", "calculation", "appearance", "default", "choice_filter", "repeat_count", "parameters", "readonly", "media::image"],
    ["start", "start"],
    ["today", "today"],
    ["deviceid", "deviceid"],
    ["text", "Full-Name", "Full name", "姓名", "Nom", "As on the card", "yes"],
    ["integer", "age", "Age", "年龄", "", "", "true()", "", ". >= 18 and .<= 60", ""],
    ["integer", "kids", "Children", "子女", "", "", "", "", ".>=0 and . <= ${ age }", "Not above the age"],
    ["select_one yn", "works", "Works?", "在职？", "", "", "yes", "", "", "", "", "minimal"],
    ["select_one employer", "employer", "Employer", "单位", "", "", "${works}='yes'", "selected(${works}, 'yes')"],
    ["begin_group", "contact", "Contact", "联系方式", "", "", "", "${age} > 17", "", "", "", "field-list"],
    ["string", "phone", "Phone", "电话", "", "", "", "", "regex(., '^1[0-9]{10}$')", "Eleven digits"],
    ["begin group", "inner", "More", "更多", "", "", "", "not(selected(${works}, 'no'))"],
    ["select_multiple langs", "langs", "Languages", "语言", "", "", "", "", "count-selected(.) <= 2"],
    ["end group"],
    ["end_group"],
    ["begin repeat", "jobs", "Jobs", "经历", "", "", "", "${works} = 'yes'"],
    ["text", "title", "Title", "岗位"],
    ["integer", "months", "Months", "月数", "", "", "", "", ". > 0"],
    ["begin repeat", "duties", "Duties"],
    ["text", "duty", "Duty"],
    ["end repeat"],
    ["end repeat"],
    ["calculate", "total", "", "", "", "", "", "", "", "", "sum(${months})"],
    ["calculate", "share", "", "", "", "", "", "", "", "", "${kids} div ${age}"],
    ["calculate", "greeting", "", "", "", "", "", "", "", "", "concat('Dear ', ${Full-Name})"],
    ["calculate", "ticket", "", "", "", "", "", "", "", "", "once(random())"],
    ["select_one province", "province", "Province", "省"],
    ["select_one city", "city", "City", "市", "", "", "", "", "", "", "", "", "", "province=${province}"],
    ["range", "mark", "Mark", "评分", "", "", "", "", "", "", "", "", "", "", "", "start=1 end=10 step=1"],
    ["range", "height", "Height", "身高", "", "", "", "", "", "", "", "", "", "", "", "start=0.5 end=2.5 step=0.1"],
    ["date", "since", "Since", "自", "", "", "", "", ". <= today()", "Not in the future", "", "month-year", "today()"],
    ["date", "until", "Until", "至", "", "", "", "", ". >= ${since} + 30", "A month at least"],
    ["geopoint", "place", "Place", "位置"],
    ["barcode", "code", "Code", "条码"],
    ["acknowledge", "agreed", "Agreed", "同意"],
    ["telepathy", "mind", "Mind", "心"],
    ["note", "thanks", "Thank you, ${Full-Name}", "谢谢"],
    ["select_one employer or_other", "second", "Second employer", "第二单位"],
    ["select_one_from_file places.csv", "branch", "Branch", "网点"],
    ["text", "remark", "", "", "", "", "", "", "", "", "", "multiline", "", "", "", "", "${age} > 3", "a.png"],
]  # fmt: skip
CHOICES = [
    ["list name", "name", "label::English (en)", "label::中文 (zh)", "province", "colour"],
    ["yn", "yes", "Yes", "是"],
    ["yn", "no", "No", "否"],
    ["employer", 1.0, "Plant", "厂"],
    ["employer", "2", "School", "校"],
    ["employer", "2", "Twice", "重复"],
    ["langs", "zh", "Chinese", "中文"],
    ["langs", "en", "English", "英文"],
    ["langs", "ru", "Russian", "俄文"],
    ["province", "23", "Heilongjiang", "黑龙江"],
    ["province", "22", "Jilin", "吉林"],
    ["city", "2302", "Qiqihar", "齐齐哈尔", 23, "red"],
    ["city", "2201", "Changchun", "长春", "22", "blue"],
]
SETTINGS = [["form_title", "form_id", "style"], ["Household 2026", "Household-2026", "pages"]]
BOOK = {"survey": SURVEY, "Choices": CHOICES, "settings": SETTINGS}


@pytest.fixture(scope="module")
def result():
    return read(BOOK)


@pytest.fixture(scope="module")
def form(result):
    lists = {key: parse_code_list_of(raw) for key, raw in result.code_lists.items()}
    return parse_definition(result.definition, lists)


def parse_code_list_of(raw):
    from forms.files.loading import parse_code_list

    return parse_code_list(raw["key"], raw)


def told(result, code):
    return {(remark.place, remark.original) for remark in result.remarks if remark.code == code}


def test_every_question_is_a_field(form):
    assert [section.key for section in form.sections] == ["section", "contact", "section_2"]
    assert {path: item.type for path, item in form.walk()} == {
        "full_name": "text", "age": "integer", "kids": "integer", "works": "bool", "employer": "select", "phone": "text",
        "langs": "multiselect", "jobs": "subtable", "jobs.title": "text", "jobs.months": "integer", "total": "computed",
        "share": "computed", "greeting": "computed_text", "ticket": "computed", "province": "select", "city": "select", "mark": "rating",
        "height": "decimal", "since": "month", "until": "date", "place": "geopoint" if form.has("place") and form.field("place").type == "geopoint" else "text",
        "code": "text", "agreed": "bool", "mind": "text", "thanks": "note", "second": "select", "branch": "text", "remark": "textarea",
    }  # fmt: skip


def test_labels_in_both_languages(form):
    assert (form.field("age").label.zh, form.field("age").label.en) == ("年龄", "Age")
    assert form.field("full_name").help.en == "As on the card"
    assert form.title.en == "Household 2026"
    assert form.field("total").label.zh == "total"


def test_rules(form):
    def text(path, name):
        return getattr(form.field(path), name).text

    age = form.field("age")
    assert (age.required, age.settings, age.checks) == (True, {"min": 18, "max": 60}, ())
    kids = form.field("kids")
    assert kids.settings == {"min": 0}
    assert [(check.expression, check.message.en) for check in kids.checks] == [("kids <= age", "Not above the age")]
    assert text("employer", "visible_when") == "works = true"
    assert text("employer", "required_when") == "works = true"
    assert form.sections[1].visible_when.text == "age > 17"
    assert text("langs", "visible_when") == "not works = false"
    assert form.field("langs").settings == {"max_choices": 2}
    phone = form.field("phone")
    assert (phone.settings["pattern"], phone.settings["pattern_message"]) == (
        "^1[0-9]{10}$",
        {"zh": "Eleven digits", "en": "Eleven digits"},
    )
    assert text("jobs", "visible_when") == "works = true"
    assert [(check.expression) for check in form.field("jobs.months").checks] == ["months > 0"]
    assert (text("total", "compute"), form.field("total").settings) == ("sum(jobs.months)", {})
    assert (text("share", "compute"), form.field("share").settings) == ("kids / age", {"places": 2})
    assert (text("greeting", "compute"), form.field("greeting").settings) == (
        "concat('Dear ', full_name)",
        {},
    )
    assert form.field("ticket").compute is None
    assert text("city", "option_filter") == "_kind = province"
    assert [(option.code, option.kind) for option in form.field("city").options] == [("2302", "23"), ("2201", "22")]
    assert form.field("mark").settings == {"max": 10}
    assert form.field("height").settings == {"min": 0.5, "max": 2.5}
    assert text("since", "prefill") == "_today"
    assert [check.expression for check in form.field("since").checks] == ["since <= _today"]
    assert [check.expression for check in form.field("until").checks] == ["until >= add_days(since, 30)"]


def test_a_list_that_several_questions_use_is_a_code_list(result, form):
    assert list(result.code_lists) == ["employer"]
    assert [option.code for option in form.code_list("employer").options] == ["1", "2"]
    assert form.field("second").codelist == "employer"


def test_what_cannot_be_said_is_told_with_its_place(result):
    assert {original for _, original in told(result, "metadata")} == {"start", "today", "deviceid"}
    assert told(result, "nested_repeat") == {("survey 19", "duties"), ("survey 20", "duty")}
    assert told(result, "nested_group") == {("survey 12", "inner")}
    assert told(result, "renamed") == {("survey 5", "Full-Name")}
    assert told(result, "expression") == {("survey 26 calculation", "once(random())")}
    assert told(result, "language") == {("survey", "Français (fr)")}
    assert {original for _, original in told(result, "type")} >= {
        "barcode",
        "acknowledge",
        "telepathy",
        "select_one_from_file",
    }
    assert told(result, "or_other") == {("survey 38", "select_one employer or_other")}
    assert told(result, "choice") == {("choices 6", "2")}
    assert told(result, "choice_column") == {("survey 28", "colour")}
    assert told(result, "settings") == {("settings", "pages")}
    assert told(result, "parameters") == {("survey 30", "0.1")}
    assert told(result, "text") == {("survey 37", "")}
    assert told(result, "readonly") == {("survey 40 read_only", "${age} > 3")}
    assert ("survey 40", "a.png") in told(result, "column")
    assert {original for _, original in told(result, "appearance")} == {"minimal", "field-list"}
    assert told(result, "places") == {("survey 24 calculation", "${kids} div ${age}")}
    assert told(result, "message") == {("survey 18 constraint", ". > 0")}
    assert {original for _, original in told(result, "empties")} == {"not(selected(${works}, 'no'))"}
    assert {remark.code for remark in result.remarks if remark.level == "ask"} >= {
        "class",
        "resource",
        "label",
        "message",
        "places",
    }


def test_the_draft_can_be_saved_and_lacks_what_people_decide(result):
    lists = {key: parse_code_list_of(raw) for key, raw in result.code_lists.items()}
    errors = {
        (issue.code, issue.path) for issue in check_definition(result.definition, lists) if issue.level == "error"
    }
    assert {code for code, _ in errors} == {"class", "no_formula"}
    assert ("no_formula", "ticket") in errors


TYPES = {"a": "integer", "b": "decimal", "s": "select", "m": "multiselect", "t": "text", "d": "date", "e": "date", "y": "month", "w": "bool", "rows": "subtable", "rows.n": "integer", "rows.a": "integer"}  # fmt: skip
NAMES = {path: path for path in TYPES} | {"rows.n": "n"}
READ = Fields({name: path for path, name in NAMES.items()}, TYPES, {"w": {"yes": True, "no": False}})
#: What other tools write, and what it means here.
READINGS = {
    "${a}>3 and ${b}<=2": "a > 3 and b <= 2",
    "${ a } = 1 or ${a}=2": "a = 1 or a = 2",
    "selected(${s}, 'x')": "s = 'x'",
    "selected(${m}, 'x')": "contains(m, 'x')",
    "selected('x y', ${s})": "s in ['x', 'y']",
    "not(selected(${m}, 'x'))": "not contains(m, 'x')",
    "${w} != 'no'": "w != false",
    "'yes' = ${w}": "true = w",
    "${t} = ''": "empty(t)",
    "${t}!=''": "filled(t)",
    "string-length(${t}) > 3": "len(t) > 3",
    "count-selected(${m}) = 2": "count(m) = 2",
    "count(${rows}) > 0": "filled(rows)",
    "count(${rows}) = 3": "count(rows) = 3",
    "sum(${n}) div count-non-empty(${n})": "avg(rows.n)",
    "if(${w} = 'yes', 'a', '')": "if(w = true, 'a')",
    "coalesce(${a}, coalesce(${b}, 0))": "coalesce(a, b, 0)",
    "int(${b})": "if(b >= 0, floor(b), ceil(b))",
    "number(${t}) + 1": "t + 1",
    "${d} - ${e}": "days(e, d)",
    "today() - ${d}": "days(d, _today)",
    "${d} + 7": "add_days(d, 7)",
    "${d} - 7": "add_days(d, -7)",
    "date(today() + 7)": "add_days(_today, 7)",
    "${d} >= date('2026-01-31')": "d >= '2026-01-31'",
    "${y} >= date('2026-03-01')": "y >= '2026-03'",
    "int(format-date(${d}, '%Y'))": "year(d)",
    "-${a} * -2": "-a * -2",
    "(${a} + 1) * 2": "(a + 1) * 2",
    "${a} - (${b} - 1)": "a - (b - 1)",
    "round(${b})": "round(b)",
    "‘x’ = ${t}": "'x' = t",
}
REFUSED = [
    "${nobody} = 1", "once(random())", "position(..)", "${a} mod 2", "pulldata('x', 'y', 'z', ${a})", "jr:choice-name(${s}, '${s}')", "/data/a = 1",
    "${n} > 3", "indexed-repeat(${n}, ${rows}, 1)", "${a} = ", "((${a} = 1)", "${a} 1", "now() > ${d}", "substr(${t}, 0, 3)", "${last-saved#a}", "if(${a})",
    "${w} = 'maybe'", "current()/../x", "${rows}[1]/n", "selected(${m})", "regex(${t}, 'a')", "unknown_column = 1", "'", "$", "${a} + " * 3000, "(" * 200 + "1" + ")" * 200,
]  # fmt: skip


@pytest.mark.parametrize(("xpath", "ours"), READINGS.items())
def test_expressions_of_other_tools(xpath, ours):
    node = Reader(READ).expression(parse_xpath(xpath))
    assert text_of(node) == ours
    assert parse(ours) == parse(text_of(node))


@pytest.mark.parametrize("xpath", REFUSED)
def test_expressions_that_are_not_guessed(xpath):
    with pytest.raises(Unsayable):
        Reader(READ).expression(parse_xpath(xpath))


@pytest.mark.parametrize("job", JOBS, ids=[job["text"] for job in JOBS])
def test_a_tree_is_written_as_the_text_that_it_came_from(job):
    assert parse(text_of(parse(job["text"]))) == parse(job["text"])


@pytest.mark.parametrize(
    "text",
    [
        "a > 3 and not (w = true)",
        "rows.n = 1",
        "sum(rows.n) > years(d, e)",
        "m = 's'",
        "a in []",
        "floor(a)",
        "t = '${a}'",
        "t = 'it''s \"x\"'",
    ],
)
def test_expressions_out_and_back_or_refused(text):
    try:
        xpath = written(Writer(Names(NAMES, TYPES)).condition(parse(text)))
    except Unsayable:
        assert text not in {"a > 3 and not (w = true)", "sum(rows.n) > years(d, e)"}
        return
    assert text_of(Reader(READ).expression(parse_xpath(xpath))) == text_of(parse(text))


def test_a_sheet_of_anything_is_read_without_a_fault():
    """Cells of every kind at random places: a definition that the loader takes comes out, whatever was in them."""
    dice = random.Random(3)
    pool = [cell for row in (*SURVEY, *CHOICES) for cell in row] + [
        None,
        "",
        3,
        2.5,
        True,
        {"date": "2026-01-01"},
        "begin group",
        "end group",
        "begin repeat",
        "end repeat",
        "${a}",
        "\u0000",
        "x" * 9000,
    ]
    for _ in range(150):
        survey = [SURVEY[0]] + [
            [dice.choice(pool) for _ in range(dice.randint(1, 18))] for _ in range(dice.randint(0, 25))
        ]
        choices = [CHOICES[0]] + [[dice.choice(pool) for _ in range(5)] for _ in range(6)]
        found = read(
            {"survey": survey, "choices": choices, "settings": [dice.sample(pool, 3), dice.sample(pool, 3)]}, LISTS
        )
        if found.definition["sections"]:
            lists = {**LISTS, **{key: parse_code_list_of(raw) for key, raw in found.code_lists.items()}}
            parse_definition(found.definition, lists)
    assert read({}).definition["sections"] == []
