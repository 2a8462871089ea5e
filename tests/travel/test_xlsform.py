"""XLSForm: what goes out comes in again, pyxform takes it, and what cannot be said is listed."""

import random
from io import BytesIO

import openpyxl
import pytest
from pyxform.xls2xform import convert

from forms.checking import check_definition
from forms.files.loading import parse_definition
from forms.xlsform.reader import read
from forms.xlsform.workbook import workbook
from forms.xlsform.writer import write
from seeds.reading import code_lists, definitions
from tests.forms.sample_form import LISTS, field, raw
from tests.travel.both_sides import sayable
from tests.travel.synthetic import random_form

PACK = definitions()


def sheets(content):
    """Return the rows of a workbook, as a reader in another process would."""
    book = openpyxl.load_workbook(BytesIO(content))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def convert_strictly(content):
    """Return the XForm that pyxform makes of a workbook; a warning about more than the size of pictures fails."""
    warnings = []
    found = convert(content, warnings=warnings).xform
    assert [text for text in warnings if "max-pixels" not in text] == []
    return found


def back(definition, lists):
    result = read(sheets(workbook(write(definition))), lists)
    found = parse_definition(result.definition, {**lists})
    return found, result


@pytest.mark.parametrize("key", PACK)
def test_every_form_of_the_pack_goes_round(key):
    found, result = back(PACK[key], code_lists())
    assert sayable(found) == sayable(PACK[key])
    assert result.code_lists == {}
    codes = {issue.code for issue in check_definition(result.definition, code_lists()) if issue.level == "error"}
    # What only a person can decide stands open, and the formulas that XLSForm cannot say.
    lost = any(remark.place.endswith(".compute") and remark.level == "lost" for remark in write(PACK[key]).remarks)
    assert codes == ({"class", "no_formula"} if lost else {"class"})


@pytest.mark.parametrize("key", PACK)
def test_pyxform_takes_every_form_of_the_pack(key):
    xform = convert_strictly(workbook(write(PACK[key])))
    for path, item in PACK[key].walk():
        assert f"{item.key}" in xform, path
    assert ("xqt-phone" in xform) == any(item.type == "phone" for _, item in PACK[key].walk())


@pytest.mark.parametrize("seed", range(60))
def test_random_forms_go_round(seed):
    definition = parse_definition(random_form(random.Random(seed)), LISTS)
    found, _ = back(definition, LISTS)
    assert sayable(found) == sayable(definition)


@pytest.mark.parametrize("seed", range(100, 115))
def test_pyxform_takes_random_forms(seed):
    convert_strictly(workbook(write(parse_definition(random_form(random.Random(seed)), LISTS))))


def test_what_cannot_be_said_is_listed_with_its_place_and_never_dropped():
    """Every part of a form is in what comes back, or in the remarks of the writer."""
    for seed in range(200, 230):
        definition = parse_definition(random_form(random.Random(seed)), LISTS)
        remarks = write(definition).remarks
        found, _ = back(definition, LISTS)
        told = {(remark.code, remark.place) for remark in remarks}
        for path, item in definition.walk():
            other = found.field(path)
            for name in ("visible_when", "required_when", "compute", "option_filter", "prefill"):
                here, there = getattr(item, name), getattr(other, name)
                if here is not None and there is None and not (name == "required_when" and other.required):
                    assert {("expression", f"{path}.{name}"), (name, path)} & told, (path, name)
            for number, check in enumerate(item.checks):
                kept = any(check.message.zh == kept.message.zh for kept in other.checks)
                assert (
                    kept
                    or {
                        ("expression", f"{path}.checks[{number}]"),
                        ("warning", f"{path}.checks[{number}]"),
                        ("checks", path),
                    }
                    & told
                )
            for name, value in item.settings.items():
                assert (
                    other.settings.get(name) == value or ("setting", path) in told or (name, value) == ("places", 0)
                ), (path, name)


def test_forms_that_say_everything_have_few_remarks():
    definition = parse_definition(raw(field("a", "integer", min=1), field("b", "text", visible_when="a > 3")), LISTS)
    assert {remark.code for remark in write(definition).remarks} == {"title", "class", "form"}
