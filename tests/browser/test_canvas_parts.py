"""The parts of the canvas that know no page: reducer, history, merge, conditions, references; run in a real engine."""

from __future__ import annotations

import copy
import random

import pytest

from forms.expressions import parse
from tests.conftest import sign_in_page

SEED = 20_261_126


@pytest.fixture(scope="module")
def run(browser, live):
    """Return a function that evaluates an expression over a module's exports, called ``m``, and its arguments."""
    page = browser.new_context().new_page()
    sign_in_page(page, live, "city_admin")

    def call(module, body, *arguments):
        return page.evaluate(
            f"async ([module, args]) => {{ const m = await import(`/static/js/builder/${{module}}.js`); return ({body})(...args); }}",
            [module, list(arguments)],
        )

    yield call
    page.context.close()


def field(key, **values):
    return {"key": key, "type": "integer", "label": {"zh": key}, "class": "internal", **values}


def form(*sections):
    return {
        "key": "f",
        "title": {"zh": "表"},
        "sections": [
            {"key": f"s{n}", "title": {"zh": f"组{n}"}, "fields": list(fields)} for n, fields in enumerate(sections)
        ],
    }


APPLY = "(d, ...actions) => actions.reduce((found, action) => m.apply(found, action).definition, d)"


def test_the_reducer_changes_a_copy_and_shares_what_stays(run):
    start = form([field("a"), field("b")], [field("c")])
    kept, same = run(
        "reducer",
        """d => { const text = JSON.stringify(d);
                  const after = m.apply(d, {type: "patch", at: [0, 1], values: {required: true}}).definition;
                  return [JSON.stringify(d) === text, after.sections[1] === d.sections[1] && after.sections[0].fields[0] === d.sections[0].fields[0]]; }""",
        start,
    )
    assert kept
    assert same


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"type": "move", "from": [0, 0], "to": [0, 1]}, [["b", "a"], ["c"]]),
        ({"type": "move", "from": [0, 0], "to": [1, 1]}, [["b"], ["c", "a"]]),
        ({"type": "move", "from": [1], "to": [0]}, [["c"], ["a", "b"]]),
        ({"type": "remove", "at": [0, 1]}, [["a"], ["c"]]),
        ({"type": "copy", "at": [0, 0]}, [["a", "a_2", "b"], ["c"]]),
        ({"type": "copy", "at": [0]}, [["a", "b"], ["a_2", "b_2"], ["c"]]),
        ({"type": "add", "at": [1, 0], "node": field("x")}, [["a", "b"], ["x", "c"]]),
        ({"type": "remove", "at": [5, 1]}, [["a", "b"], ["c"]]),
        ({"type": "add", "at": [1, 7], "node": field("x")}, [["a", "b"], ["c"]]),
    ],
)
def test_actions(run, action, expected):
    after = run("reducer", APPLY, form([field("a"), field("b")], [field("c")]), action)
    assert [[item["key"] for item in section["fields"]] for section in after["sections"]] == expected


def test_a_new_key_goes_into_rules_of_the_row_of_tables_and_of_the_form(run):
    table = {
        "key": "t",
        "type": "subtable",
        "label": "t",
        "fields": [field("n"), field("m", checks=[{"expression": "n < parent.n + m", "message": "x"}])],
        "totals": ["n"],
        "fixed_rows": "n",
    }
    start = form([field("n"), table, field("z", compute="sum(t.n where m > n) + n + year('n')")])
    column = run("reducer", APPLY, start, {"type": "rekey", "at": [0, 1, 0], "key": "count"})
    fields = column["sections"][0]["fields"]
    assert fields[1]["fields"][1]["checks"][0]["expression"] == "count < parent.n + m"
    assert fields[1]["totals"] == ["count"]
    assert fields[1]["fixed_rows"] == "count"
    assert fields[2]["compute"] == "sum(t.count where m > count) + n + year('n')"
    top = run("reducer", APPLY, start, {"type": "rekey", "at": [0, 0], "key": "people"})["sections"][0]["fields"]
    assert top[1]["fields"][1]["checks"][0]["expression"] == "n < parent.people + m"
    assert top[2]["compute"] == "sum(t.n where m > n) + people + year('n')"


TEXTS = [
    "a > 3",
    "a > 3 and b = '1'",
    "a > 3 or (b = '1' and c <= 2.5)",
    "(a > 3 or b = '1') and filled(c)",
    "b in ['1', '2'] and b not in ['3']",
    "contains(d, 'x') and not contains(d, 'it''s')",
    "starts(e, 'A') or empty(e)",
    "f = true and g = false",
    "a >= c",
    "h <= _today",
]


@pytest.mark.parametrize("text", TEXTS)
def test_conditions_are_read_and_written_back_with_the_same_meaning(run, text):
    kinds = {
        "a": "integer",
        "b": "select",
        "c": "decimal",
        "d": "multiselect",
        "e": "text",
        "f": "bool",
        "g": "bool",
        "h": "date",
    }
    again = run("conditions", "(text, kinds) => m.textOf(m.read(text), name => kinds[name])", text, kinds)
    assert parse(again) == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "a + 1 > 2",
        "sum(t.x) > 3",
        "a > 1 and (b > 1 or (c > 1 and d > 1))",
        "if(a > 1, 2, 3)",
        "a >",
        "not (a > 1)",
        "-a > 1",
        "'x'",
    ],
)
def test_what_says_more_than_rows_stays_a_formula(run, text):
    assert run("conditions", "text => m.read(text)", text) is None


def test_tokens_are_those_of_the_server(run):
    for text in ["a≥1 and b≠“x”", "ａ", "a（b，1）", "‘it’ = c", "a.b.c where d"]:
        mine = run(
            "references",
            "text => { const found = m.tokens(text); return found && found.map(word => [word.kind, word.value, word.start]); }",
            text,
        )
        assert mine == tokens_of(text), text


def tokens_of(text):
    from forms.expressions import ExpressionError
    from forms.expressions.lexer import tokens

    try:
        return [[word.kind, word.value, word.position] for word in tokens(text) if word.kind != "end"]
    except ExpressionError:
        return None


MERGE = "(base, mine, theirs, side) => m.merge(base, mine, theirs, side ? () => side : undefined)"


def test_different_fields_and_attributes_of_one_field_merge_without_asking(run):
    base = form([field("a"), field("b")], [field("c")])
    mine, theirs = copy.deepcopy(base), copy.deepcopy(base)
    mine["sections"][0]["fields"][0]["required"] = True
    mine["sections"][0]["fields"].append(field("mine"))
    theirs["sections"][0]["fields"][0]["label"] = {"zh": "甲"}
    theirs["sections"][0]["fields"].append(field("theirs"))
    theirs["sections"][1]["fields"] = []
    theirs["sections"][0]["fields"].insert(0, base["sections"][1]["fields"][0])
    found = run("merge", MERGE, base, mine, theirs, None)
    assert found["conflicts"] == []
    sections = found["definition"]["sections"]
    assert [item["key"] for item in sections[0]["fields"]] == ["c", "a", "b", "mine", "theirs"]
    assert sections[0]["fields"][1] == field("a", required=True, label={"zh": "甲"})
    assert sections[1]["fields"] == []


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_the_same_attribute_is_asked_and_deleting_what_the_other_changed_too(run, side):
    base = form([field("a"), field("b")])
    mine, theirs = copy.deepcopy(base), copy.deepcopy(base)
    mine["sections"][0]["fields"][0]["label"] = {"zh": "我"}
    theirs["sections"][0]["fields"][0]["label"] = {"zh": "他"}
    del mine["sections"][0]["fields"][1]
    theirs["sections"][0]["fields"][1]["required"] = True
    found = run("merge", MERGE, base, mine, theirs, side)
    assert {(item["path"], item["name"]) for item in found["conflicts"]} == {("a", "label"), ("b", None)}
    wanted = mine if side == "mine" else theirs
    assert found["definition"] == wanted


def test_added_fields_survive_the_section_that_the_other_took_away(run):
    base = form([field("a")], [field("b")])
    mine, theirs = copy.deepcopy(base), copy.deepcopy(base)
    mine["sections"][1]["fields"].append(field("new"))
    del theirs["sections"][1]
    found = run("merge", MERGE, base, mine, theirs, None)["definition"]
    assert "new" in [item["key"] for section in found["sections"] for item in section["fields"]]


def test_random_merges_of_disjoint_changes_keep_both(run):
    """Each changes attributes of his own half of the fields and adds and removes there: both are in the result."""
    chance = random.Random(SEED)
    for _ in range(40):
        base = form([field(f"a{n}") for n in range(6)], [field(f"b{n}") for n in range(6)])
        mine, theirs = copy.deepcopy(base), copy.deepcopy(base)
        expected = {}
        for side, who, half in ((mine, "m", 0), (theirs, "t", 1)):
            fields = side["sections"][half]["fields"]
            for item in chance.sample(fields, 2):
                item["label"] = {"zh": who}
            del fields[chance.randrange(6)]
            fields.insert(chance.randrange(5), field(f"{who}new"))
            chance.shuffle(fields)
            expected[half] = fields
        found = run("merge", MERGE, base, mine, theirs, None)
        assert found["conflicts"] == []
        for half, fields in expected.items():
            got = found["definition"]["sections"][half]["fields"]
            assert {item["key"]: item for item in got} == {item["key"]: item for item in fields}


def test_history_joins_typing_and_forgets_the_oldest(run):
    steps = run(
        "history",
        """() => { let h = m.start({n: 0});
              for (let n = 1; n <= 3; n += 1) { h = m.record(h, {definition: {n}, at: []}, "typing"); }
              h = m.record(h, {definition: {n: 9}, at: []}, null);
              const one = m.undo(h).present.definition.n;
              const two = m.undo(m.undo(h)).present.definition.n;
              for (let n = 10; n < 10 + m.STEPS + 5; n += 1) { h = m.record(h, {definition: {n}, at: []}, null); }
              return [one, two, h.past.length, m.STEPS]; }""",
    )
    assert steps[:2] == [3, 0]
    assert steps[2] == steps[3] >= 100
