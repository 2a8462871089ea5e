"""The template of a form is what the form says: keys, labels, notes, drop-downs, a sheet for each sub-table."""

from __future__ import annotations

import pytest

from app.exchange.layout import sheet_names
from tests.exchange.books import FIRST_ROW, keys, opened
from tests.exchange.conftest import DEMANDS, TEACHERS


@pytest.fixture(scope="session")
def backend_name():
    """Nothing here asks a database what it cannot ask another."""
    return "sqlite"


def column(sheet, key):
    return keys(sheet)[key]


def test_rows_of_the_head(desk, form_of):
    book = opened(desk("school_a").template())
    form = form_of(TEACHERS)
    assert [name for name in book.sheetnames if name != "_options"] == list(sheet_names(form.definition, "zh").values())
    main, certs = book.worksheets[:2]
    assert book["_options"].sheet_state == "veryHidden"
    assert main.row_dimensions[1].hidden
    assert main.freeze_panes == f"B{FIRST_ROW}"
    assert (main.max_row, certs.max_row) == (FIRST_ROW - 1, FIRST_ROW - 1)
    assert main.cell(2, column(main, "full_name")).value == "姓名 *"
    assert main.cell(2, column(main, "political_status")).value == "政治面貌"
    assert "必填" in main.cell(3, column(main, "full_name")).value
    assert "18 位" in main.cell(3, column(main, "id_no")).value
    assert {"_record", "_row", "cert_kind", "cert_no"} <= set(keys(certs))
    # Identifiers are text, whatever somebody types below.
    assert main.column_dimensions[main.cell(1, column(main, "id_no")).column_letter].number_format == "@"
    english = opened(desk("school_a", "en").template())
    assert english.worksheets[0].cell(2, column(main, "full_name")).value == "Name *"


def test_nobody_is_asked_for_what_he_cannot_give(desk):
    main = opened(desk("school_a").template()).worksheets[0]
    assert not {"age", "photo", "sign", "employer_consent_file"} & set(keys(main))
    certs = opened(desk("school_a").template()).worksheets[1]
    assert "cert_file" not in keys(certs)
    # An enterprise does not say which enterprise it is; a county that fills for one does.
    assert "ent_id" not in keys(opened(desk("ent_a").template(DEMANDS)).worksheets[0])
    assert "ent_id" in keys(opened(desk("county_a").template(DEMANDS)).worksheets[0])


def test_drop_downs_offer_the_labels(desk, form_of):
    book = opened(desk("school_a").template())
    main, form = book.worksheets[0], form_of(TEACHERS)
    lists = {}
    for rule in main.data_validations.dataValidation:
        cell = str(rule.sqref).partition(":")[0]
        lists[main[cell].column] = rule
    assert rule_texts(book, lists[column(main, "gender")]) == ["男", "女", "未说明"]
    assert rule_texts(book, lists[column(main, "is_retired")]) == ["是", "否"]
    regions = rule_texts(book, lists[column(main, "home_region")])
    assert any(text.startswith("230203 ") for text in regions)
    assert column(main, "person_kind") not in lists, "several may be chosen"
    assert lists[column(main, "gender")].errorStyle == "warning", "codes and aliases are as good"
    assert len(form.by_path) > len(lists)


def rule_texts(book, rule):
    """Return what a drop-down offers."""
    area = rule.formula1.lstrip("=").partition("!")[2].replace("$", "")
    return [row[0].value for row in book["_options"][area]]
