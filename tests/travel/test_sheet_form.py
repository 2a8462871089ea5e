"""An Excel sheet that people fill in becomes a draft: every field is found, and the rest is asked about."""

import json
from datetime import date

import openpyxl
import pytest

from app.exchange import isolation
from forms.checking import check_definition
from forms.files.loading import parse_definition
from forms.sheet_form.cells import Sheet
from forms.sheet_form.heading import heading
from forms.sheet_form.reader import read
from tests.travel import sheets
from tests.travel.sheets import heads, rule, save


def outline(content, tmp_path):
    file, output = tmp_path / "a.xlsx", tmp_path / "lines"
    file.write_bytes(content)
    isolation.outline(file, output)
    return [Sheet.of(line) for line in isolation.lines(output) if "sheet" in line]


def fields(result):
    """Return what was found, by the labels of section or sub-table and field."""
    found = {}
    for section in result.definition["sections"]:
        for item in section["fields"]:
            if item["type"] == "subtable":
                found |= {f"{item['label']['zh']}/{column['label']['zh']}": column for column in item["fields"]}
            else:
                found[item["label"]["zh"]] = item
    return found


def types(result):
    return {name: item["type"] for name, item in fields(result).items()}


def required(result):
    return {name for name, item in fields(result).items() if item.get("required")}


def told(result, sure):
    return {(finding.code, finding.field) for finding in result.findings if finding.sure == sure}


def labels(result, name):
    return [option["zh"] for option in fields(result)[name]["options"]]


@pytest.fixture(params=["demand", "teachers", "base"])
def core(request, tmp_path):
    return read(outline(getattr(sheets, request.param)(), tmp_path))


def test_the_survey_of_demand(tmp_path):
    result = read(outline(sheets.demand(), tmp_path))
    assert result.definition["title"] == {"zh": "企业用工需求（计划）调查表"}
    assert result.definition["help"]["zh"].startswith("填表说明：\n1. 带*的为必填项")
    assert result.definition["print"]["seal"] == ["填报单位(盖章)", "单位负责人(签字)"]
    assert types(result) == {
        "填报单位": "text", "统一社会信用代码": "credit_code", "填报日期": "date", "当前在岗人数": "integer", "是否有用工需求": "bool",
        "明细/岗位名称": "text", "明细/职业（工种）": "text", "明细/工作内容": "textarea", "明细/需求人数—合计": "integer", "明细/其中：须有技能等级": "integer",
        "明细/其中：高校毕业生": "integer", "明细/技能等级要求": "select", "明细/学历要求": "select", "明细/专业": "text", "明细/用工形式": "select",
        "明细/薪酬—下限": "money", "明细/薪酬—上限": "money", "明细/福利": "multiselect", "明细/期望到岗年月": "month", "明细/岗位有效期至": "date",
        "明细/联系人手机": "phone", "明细/备注": "textarea", "招工困难与建议": "textarea", "单位负责人": "text", "填表人": "text", "联系电话": "tel",
    }  # fmt: skip
    assert required(result) == {"当前在岗人数", "是否有用工需求", "明细/岗位名称", "明细/职业（工种）", "明细/需求人数—合计", "明细/其中：须有技能等级", "明细/其中：高校毕业生", "明细/薪酬—下限", "明细/薪酬—上限"}  # fmt: skip
    assert labels(result, "明细/技能等级要求") == ["不限", "初级工", "中级工", "高级工", "技师", "高级技师"]
    assert labels(result, "明细/用工形式") == ["固定期限", "无固定期限", "劳务派遣"]
    assert labels(result, "明细/福利") == ["五险", "公积金", "食宿", "班车"]
    head = fields(result)["当前在岗人数"]
    assert (head["unit"], head["min"], head["max"]) == ({"zh": "人"}, 0, 100000)
    assert fields(result)["明细/薪酬—下限"]["unit"] == {"zh": "元/月"}
    assert fields(result)["明细/工作内容"]["max_length"] == 300
    table = next(
        item for section in result.definition["sections"] for item in section["fields"] if item["type"] == "subtable"
    )
    assert len(table["totals"]) == 2
    assert {code for code, _ in told(result, "ask")} == {"type", "personal", "name", "resource", "class", "unique"}
    assert len([1 for code, _ in told(result, "ask") if code == "type"]) == 2


def test_the_register_of_teachers(tmp_path):
    result = read(outline(sheets.teachers(), tmp_path))
    assert types(result) == {
        "姓名": "text", "性别": "select", "身份证号码": "id_card", "出生日期": "date", "政治面貌": "select", "手机号": "phone", "电子邮箱": "email",
        "工作单位": "text", "职务": "text", "从事本专业年限": "integer", "是否退休": "bool",
        "证书情况/证书名称": "text", "证书情况/证书编号": "text", "证书情况/发证日期": "date", "可任教专业": "text", "每周课时上限": "integer",
    }  # fmt: skip
    assert required(result) == {"姓名", "性别", "身份证号码", "手机号", "工作单位", "证书情况/证书名称"}
    assert [section["title"]["zh"] for section in result.definition["sections"]] == [
        "个人基本情况",
        "工作情况",
        "授课意向",
        "证书情况",
    ]
    assert fields(result)["每周课时上限"]["unit"] == {"zh": "课时/周"}
    assert {("record", ""), ("subtable", "")} <= told(result, "likely")
    assert ("personal", "shen_fen_zheng_hao_ma") in told(result, "ask")


def test_the_register_of_bases(tmp_path):
    result = read(outline(sheets.base(), tmp_path))
    assert types(result) == {
        "基地名称": "text", "基地类型": "select", "建设方式": "select", "建成时间": "month", "所在县区": "text", "详细地址": "text", "基地负责人": "text",
        "负责人手机": "phone", "共建单位/单位名称": "text", "共建单位/身份": "select", "共建单位/资金投入": "money", "共建单位/设备投入": "money",
        "共建单位/派驻人员": "integer", "总建筑面积": "decimal", "同时容纳学员": "integer", "年可承担实训": "integer", "是否可提供食宿": "bool",
        "实训室/实训室名称": "text", "实训室/面向专业": "text", "实训室/面积": "decimal", "实训室/工位数": "integer", "实训室/设备台套数": "integer",
        "实训室/设备总值": "money", "实训室/管理员": "text", "指导教师总数": "integer", "安全责任人": "text", "场地照片": "image", "共建协议扫描件": "file",
        "申报理由": "textarea",
    }  # fmt: skip
    assert labels(result, "建设方式") == ["自建", "共建", "租用"]
    assert labels(result, "共建单位/身份") == ["院校", "企业", "政府"]
    assert required(result) >= {
        "基地名称",
        "基地类型",
        "共建单位/单位名称",
        "总建筑面积",
        "申报理由",
        "实训室/实训室名称",
    }
    assert [section["title"]["zh"] for section in result.definition["sections"]] == [
        "基地基本情况",
        "共建单位",
        "场地设备与能力",
        "实训室",
        "师资与安全",
    ]
    photos = fields(result)["场地照片"]
    assert (photos["min_files"], photos["max_files"], photos["multiple"]) == (3, 9, True)


def test_a_draft_lacks_only_what_people_decide(core):
    parse_definition(core.definition, {})
    errors = {issue.code for issue in check_definition(core.definition, {}) if issue.level == "error"}
    assert errors == {"class"}


def test_every_field_says_how_sure_it_is(core):
    paths = {path for path, item in parse_definition(core.definition, {}).walk() if item.type != "subtable"}
    assert {finding.field for finding in core.findings if finding.code == "type"} == paths
    assert all(
        finding.message.zh and finding.message.en and finding.sure in {"sure", "likely", "ask"}
        for finding in core.findings
    )


SAMPLES = ["数控车工", "操作数控车床", "13900001234", "急需", "张某某", "李某", "230202199002280013", "13900001111", "a@example.cn", "某某机床厂", "车工技师证", "某某集团", "数控实训室", "310.75", "王某", "1990-02-28", "5000,"]  # fmt: skip


def test_nothing_of_the_sample_rows_is_kept(core):
    text = json.dumps([core.definition, [finding.as_dict("zh") for finding in core.findings]], ensure_ascii=False)
    for sample in SAMPLES:
        assert sample not in text.replace('"max": 5000,', ""), sample


def test_a_sheet_that_somebody_has_filled_in_keeps_its_labels_only(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "兼职教师登记表"
    sheet.merge_cells("A1:F1")
    for row, cells in enumerate(
        [
            ("姓名", "赵某某", "性别", "女", "民族", "汉"),
            ("学历", "大学本科", "职称", "高级讲师", "手机号", "13900005555"),
            ("工作单位", "某某技师学院", "出生日期", date(1988, 8, 8), "身份证号", "230202198503071225"),
        ],
        2,
    ):
        for column, value in enumerate(cells, 1):
            sheet.cell(row, column, value)
    sheet["A5"] = "填表人：赵某某    联系电话：13900005555"
    sheet.merge_cells("A5:F5")
    result = read(outline(save(book), tmp_path))
    assert list(types(result)) == [
        "姓名",
        "性别",
        "民族",
        "学历",
        "职称",
        "手机号",
        "工作单位",
        "出生日期",
        "身份证号",
        "填表人",
        "联系电话",
    ]
    assert types(result)["出生日期"] == "date"
    text = json.dumps([result.definition, [finding.as_dict("en") for finding in result.findings]], ensure_ascii=False)
    for sample in ("赵某某", "13900005555", "高级讲师", "某某技师学院", "230202198503071225", "1988"):
        assert sample not in text


def test_a_plain_list_is_one_record_a_row(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for column, text in enumerate(
        [
            "序号",
            "单位名称",
            "法定代表人（签字）",
            "职工人数（人）",
            "年产值（万元）",
            "占比（%）",
            "是否规上企业（是/否）",
            "成立年份",
            "备注",
        ],
        1,
    ):
        sheet.cell(1, column, text)
    for column, value in enumerate([1, "甲", "乙", 12, 3.5, 40, "是", 2001, "多年的老企业"], 1):
        sheet.cell(2, column, value)
    result = read(outline(save(book), tmp_path))
    assert types(result) == {
        "单位名称": "text",
        "法定代表人": "text",
        "职工人数": "integer",
        "年产值": "money",
        "占比": "percent",
        "是否规上企业": "bool",
        "成立年份": "year",
        "备注": "textarea",
    }
    assert ("record", "") in told(result, "likely")


def test_numbered_groups_of_columns_and_a_second_sheet_are_sub_tables(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "基地"
    sheet["A1"] = "实训基地台账"
    sheet.merge_cells("A1:G1")
    heads(
        sheet,
        2,
        ["基地名称", ("负责人", ["姓名", "手机"]), ("证书1", ["证书名称", "等级"]), ("证书2", ["证书名称", "等级"])],
    )
    second = book.create_sheet("实训室")
    for column, text in enumerate(["基地名称", "实训室名称", "工位数（个）", "面积（㎡）"], 1):
        second.cell(1, column, text)
    helper = book.create_sheet("填写说明")
    helper["A1"], helper["B1"], helper["C1"] = "列名", "怎样填", "例子"
    result = read(outline(save(book), tmp_path))
    assert types(result) == {
        "基地名称": "text",
        "姓名": "text",
        "手机": "phone",
        "证书/证书名称": "text",
        "证书/等级": "text",
        "实训室/实训室名称": "text",
        "实训室/工位数": "integer",
        "实训室/面积": "decimal",
    }
    assert {finding.code for finding in result.findings} >= {"subtable", "link"}


def test_whether_a_row_or_a_sheet_is_a_record_is_asked_where_nothing_tells(tmp_path):
    def sheet_of(title):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet["A1"] = title
        sheet.merge_cells("A1:D1")
        sheet["A2"] = "填报单位（盖章）：            填报日期：   年  月  日"
        sheet.merge_cells("A2:D2")
        for column, text in enumerate(["岗位名称", "人数（人）", "薪酬（元/月）", "备注"], 1):
            sheet.cell(3, column, text)
        return read(outline(save(book), tmp_path))

    survey, register = sheet_of("用工需求统计表"), sheet_of("人员花名册")
    assert "明细/岗位名称" in fields(survey)
    assert "岗位名称" in fields(register)
    assert ("record", "") in told(survey, "ask") & told(register, "ask")


HEADINGS = {
    "姓名*": ("姓名", True, "", ()),
    "＊姓 名": ("姓名", True, "", ()),
    "人数（人）": ("人数", False, "人", ()),
    "月薪\n(元/月)＊": ("月薪", True, "元/月", ()),
    "性别（男/女）": ("性别", False, "", ("男", "女")),
    "职业（工种）": ("职业（工种）", False, "", ()),
    "联系电话（必填）：": ("联系电话", True, "", ()),
    "面积，单位：㎡": ("面积", False, "㎡", ()),
}


@pytest.mark.parametrize(("text", "expected"), HEADINGS.items())
def test_what_a_heading_says(text, expected):
    said = heading(text)
    assert (said.name, said.required, said.unit, said.options) == expected


def test_options_in_named_and_distant_ranges(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for column, text in enumerate(["类别", "级别", "范围"], 1):
        sheet.cell(1, column, text)
    lists = book.create_sheet("下拉")
    for number, text in enumerate("甲乙丙", 1):
        lists.cell(number, 2, text)
    book.defined_names["kinds"] = openpyxl.workbook.defined_name.DefinedName("kinds", attr_text="下拉!$B$1:$B$3")
    rule(sheet, "A2:A9", "list", formula1="kinds")
    rule(sheet, "B2:B9", "list", formula1="'下拉'!$B$1:$B$2")
    rule(sheet, "C2:C9", "list", formula1="INDIRECT(A2)")
    result = read(outline(save(book), tmp_path))
    assert labels(result, "类别") == ["甲", "乙", "丙"]
    assert labels(result, "级别") == ["甲", "乙"]
    assert ("type", "fan_wei") in told(result, "ask")


def test_hostile_files_are_refused_as_everywhere(tmp_path):
    from app.errors import Invalid

    file, output = tmp_path / "a.xlsx", tmp_path / "lines"
    for content in (
        b"",
        b"PK\x03\x04 junk",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        save(openpyxl.Workbook())[:-200],
    ):
        file.write_bytes(content)
        with pytest.raises(Invalid):
            isolation.outline(file, output)
