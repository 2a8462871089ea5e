"""What a mask leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers.masks import MASKS, mask

#: How many characters a rule may show of a text, at most.
SHOWN = {"name_m": 1, "idcard_m": 10, "phone_m": 7, "bank_m": 4, "hide": 0, "other": 0}


@pytest.mark.parametrize(
    ("rule", "text", "shown"),
    [
        ("name_m", "张三丰", "张**"),
        ("name_m", "张三", "张*"),
        ("name_m", "张", "*"),
        ("idcard_m", "230203198503120012", "230203********0012"),
        ("idcard_m", "E12345678", "E********"),
        ("idcard_m", "E12", "***"),
        ("phone_m", "13812341234", "138****1234"),
        ("phone_m", "1", "***"),
        ("bank_m", "6222000000001234", "************1234"),
        ("bank_m", "12345678", "***"),
        ("addr_m", "建华区新明大街街道1号", "建华区新明大街街道***"),
        ("addr_m", "齐齐哈尔市建华区安居小区3号楼201", "齐齐哈尔市建华区***"),
        ("addr_m", "富拉尔基区红岸大街7号", "富拉尔基区***"),
        ("addr_m", "龙江县龙江镇通齐路5号", "龙江县龙江镇***"),
        ("addr_m", "建华区景德镇路5号", "建华区***"),
        # A town that is named behind the number of the house opens nothing.
        ("addr_m", "新明大街88号3单元501室（中华街道）", "***"),
        ("addr_m", "黑龙江省齐齐哈尔的某处", "黑龙江***"),
        ("addr_m", "无门牌", "***"),
        ("addr_m", "建华区", "***"),
        ("email_m", "zhang@example.cn", "z***@example.cn"),
        ("email_m", "z@example.cn", "***@example.cn"),
        ("email_m", "@example.cn", "***"),
        ("email_m", "zhang", "***"),
        ("hide", "x", "***"),
        (None, "x", "***"),
        ("unknown", "x", "***"),
    ],
)
def test_masks(rule, text, shown):
    assert mask(rule, text) == shown


@pytest.mark.parametrize("rule", [*MASKS, None, "unknown"])
@given(text=st.text(st.characters(exclude_characters="*", exclude_categories=["C"]), min_size=1, max_size=40))
def test_a_mask_never_shows_the_whole(rule, text):
    assert text not in mask(rule, text)


@pytest.mark.parametrize("rule", sorted(SHOWN))
@given(text=st.text("一二三四五六七八九0123456789ABC@", min_size=1, max_size=40))
def test_a_mask_shows_no_more_than_it_allows(rule, text):
    assert len(mask(rule, text).replace("*", "")) <= SHOWN[rule]


@given(st.text("建华区新明大街乡镇县市0123456789号", min_size=1, max_size=30))
def test_an_address_never_shows_the_number_of_a_house(text):
    assert not set(mask("addr_m", text)) & set("0123456789")
