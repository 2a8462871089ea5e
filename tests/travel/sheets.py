"""The three core sheets as bureaus send them round: title, notes, headings of two levels, an example, blanks."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation


def save(book):
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def heads(sheet, row, groups, depth=2):
    """Write headings: ``(text, [leaves])`` for a group, text for a column of both levels; return the last column."""
    column = 1
    for group in groups:
        text, leaves = (group, []) if isinstance(group, str) else group
        sheet.cell(row, column, text).alignment = Alignment(wrap_text=True)
        if leaves:
            for number, leaf in enumerate(leaves):
                sheet.cell(row + 1, column + number, leaf)
            if len(leaves) > 1:
                sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + len(leaves) - 1)
            column += len(leaves)
        else:
            sheet.merge_cells(start_row=row, end_row=row + depth - 1, start_column=column, end_column=column)
            column += 1
    return column - 1


def rule(sheet, area, kind, **more):
    found = DataValidation(type=kind, allow_blank=True, **more)
    found.add(area)
    sheet.add_data_validation(found)


def demand():
    """企业用工需求调查表: one sheet for one enterprise, a row for each position."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "需求调查表"
    lists = book.create_sheet("字典")
    for number, text in enumerate(["不限", "初级工", "中级工", "高级工", "技师", "高级技师"], 1):
        lists.cell(number, 1, text)
    lists.sheet_state = "hidden"
    sheet["A1"] = "附件1"
    sheet["A2"] = "企业用工需求（计划）调查表"
    sheet.merge_cells("A2:R2")
    sheet["A2"].font = Font(bold=True, size=18)
    sheet["A3"] = (
        "填报单位（盖章）：                     统一社会信用代码：                    填报日期：    年  月  日"
    )
    sheet.merge_cells("A3:R3")
    sheet["A4"] = "当前在岗人数（人）＊："
    sheet.merge_cells("A4:C4")
    sheet.merge_cells("D4:F4")
    rule(sheet, "D4", "whole", operator="between", formula1="0", formula2="100000")
    sheet["G4"] = "是否有用工需求*："
    sheet.merge_cells("G4:I4")
    sheet.merge_cells("J4:L4")
    rule(sheet, "J4", "list", formula1='"是,否"')
    last = heads(
        sheet,
        5,
        [
            "序号",
            ("岗位", ["岗位名称*", "职业（工种）*", "工作内容\n（不超过300字）"]),
            ("需求人数（人）＊", ["合计", "其中：须有技能等级", "其中：高校毕业生"]),
            ("任职要求", ["技能等级要求", "学历要求", "专业"]),
            "用工形式（固定期限/无固定期限/劳务派遣）",
            ("薪酬（元/月）", ["下限*", "上限*"]),
            "福利（可多选，五险/公积金/食宿/班车）",
            "期望到岗年月",
            "岗位有效期至",
            "联系人手机",
            "备注",
        ],
    )
    assert last == 18
    sample = [
        "示例",
        "数控车工",
        "车工",
        "操作数控车床加工零件",
        10,
        6,
        2,
        "中级工",
        "中职",
        "机械",
        "固定期限",
        5000,
        8000,
        "五险、食宿",
        date(2026, 3, 1),
        date(2026, 6, 30),
        "13900001234",
        "急需",
    ]
    for column, value in enumerate(sample, 1):
        sheet.cell(7, column, value)
    for row in range(7, 28):
        sheet.cell(row, 15).number_format = "yyyy-mm"
        sheet.cell(row, 16).number_format = "yyyy/m/d"
        sheet.cell(row, 17).number_format = "@"
        if row > 7:
            sheet.cell(row, 1, row - 7)
    sheet.cell(28, 1, "合计")
    sheet.cell(28, 5, "=SUM(E8:E27)")
    sheet.cell(28, 6, "=SUM(F8:F27)")
    rule(sheet, "H7:H27", "list", formula1="字典!$A$1:$A$6")
    rule(sheet, "I7:I27", "list", formula1='"不限,中职,大专,本科及以上"')
    rule(sheet, "E7:G27", "whole", operator="between", formula1="0", formula2="5000")
    sheet["A29"] = "招工困难与建议："
    sheet.merge_cells("A29:B29")
    sheet.merge_cells("C29:R29")
    sheet["A30"] = "单位负责人（签字）：                填表人：                联系电话："
    sheet.merge_cells("A30:R30")
    sheet["A31"] = "填表说明："
    sheet["A32"] = "1. 带*的为必填项；没有用工需求的单位只填表头。"
    sheet["A33"] = "2. 薪酬填税前月薪，不含五险一金单位部分。"
    for row in (31, 32, 33):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=18)
    return save(book)


def teachers():
    """兼职教师登记表: a row for a person, several rows for his certificates."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "登记表"
    sheet["A1"] = "兼职教师信息登记（入库）表"
    sheet.merge_cells("A1:Q1")
    sheet["A2"] = (
        "填表说明：1.一人一行，证书多的可占几行；2.手机号、身份证号请用文本格式；3.本表由推荐单位汇总后报送，请如实填写，不得空项。"
    )
    sheet.merge_cells("A2:Q2")
    heads(
        sheet,
        3,
        [
            "序号",
            ("个人基本情况", ["姓名*", "性别*", "身份证号码*", "出生日期", "政治面貌", "手机号*", "电子邮箱"]),
            ("工作情况", ["工作单位*", "职务", "从事本专业年限（年）", "是否退休"]),
            ("证书情况（可填多行）", ["证书名称*", "证书编号", "发证日期"]),
            ("授课意向", ["可任教专业", "每周课时上限（课时/周）"]),
        ],
    )
    people = [
        ("张某某", "男", "230202199002280013", date(1990, 2, 28), "群众", "13900001111", "a@example.cn", "某某机床厂", "技师", 12, "否", [("车工技师证", "B1", date(2015, 5, 1)), ("考评员证", "B2", date(2018, 6, 1))], "数控加工", 6),
        ("李某", "女", "230202198503071225", date(1985, 3, 7), "中共党员", "13900002222", "b@example.cn", "某某集团", "工程师", 15.0, "否", [("电工证", "C1", date(2012, 1, 1)), ("焊工证", "C2", date(2013, 1, 1))], "电气自动化", 8),
    ]  # fmt: skip
    row = 5
    for number, person in enumerate(people, 1):
        *own, certificates, major, hours = person
        values = [number, *own]
        for column, value in enumerate(values, 1):
            sheet.cell(row, column, value)
        sheet.cell(row, 16, major)
        sheet.cell(row, 17, hours)
        for offset, certificate in enumerate(certificates):
            for column, value in enumerate(certificate, 13):
                sheet.cell(row + offset, column, value)
        for column in (*range(1, 13), 16, 17):
            sheet.merge_cells(
                start_row=row, end_row=row + len(certificates) - 1, start_column=column, end_column=column
            )
        row += len(certificates)
    rule(sheet, "C5:C100", "list", formula1='"男,女"')
    rule(sheet, "F5:F100", "list", formula1='"中共党员,共青团员,民主党派,群众"')
    rule(sheet, "D5:D100", "textLength", operator="equal", formula1="18")
    return save(book)


def base():
    """实训基地登记表: labels beside blanks, a table of partners and one of rooms."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "实训基地"
    sheet["A1"] = "校企合作实训基地登记（申报）表"
    sheet.merge_cells("A1:H1")
    pairs = [
        ("一、基地基本情况",),
        ("基地名称*", "基地类型*"),
        ("建设方式*", "建成时间"),
        ("所在县区*", "详细地址*"),
        ("基地负责人*", "负责人手机*"),
    ]
    row = 2
    for pair in pairs:
        if len(pair) == 1:
            sheet.cell(row, 1, pair[0])
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=8)
        else:
            for label, column in zip(pair, (1, 5), strict=True):
                sheet.cell(row, column, label)
                sheet.merge_cells(start_row=row, end_row=row, start_column=column + 1, end_column=column + 3)
        row += 1
    rule(sheet, "F3", "list", formula1='"校内实训基地,企业实训基地,公共实训基地"')
    sheet["B4"] = "□自建  □共建  □租用"
    sheet["F4"].number_format = 'yyyy"年"m"月"'
    sheet.cell(7, 1, "二、共建单位")
    sheet.merge_cells("A7:H7")
    for column, label in enumerate(
        ["单位名称*", "身份（院校/企业/政府）", "资金投入（万元）", "设备投入（万元）", "派驻人员（人）"], 1
    ):
        sheet.cell(8, column, label)
    for area in ("E8:H8", "E9:H9", "E10:H10", "E11:H11"):
        sheet.merge_cells(area)
    sheet.cell(12, 1, "三、场地设备与能力")
    sheet.merge_cells("A12:H12")
    for offset, (left, right) in enumerate(
        [("总建筑面积（㎡）*", "同时容纳学员（人）*"), ("年可承担实训（人次）", "是否可提供食宿")]
    ):
        for label, column in ((left, 1), (right, 5)):
            sheet.cell(13 + offset, column, label)
            sheet.merge_cells(
                start_row=13 + offset, end_row=13 + offset, start_column=column + 1, end_column=column + 3
            )
    sheet.cell(15, 1, "实训室")
    sheet.merge_cells("A15:A19")
    for column, label in enumerate(
        ["实训室名称*", "面向专业", "面积（㎡）", "工位数", "设备台套数（台套）", "设备总值（万元）", "管理员"], 2
    ):
        sheet.cell(15, column, label)
    sheet.cell(16, 2, "例：数控实训室")
    for column, value in enumerate(["机械类", 260.5, 40, 22, 310.75, "王某"], 3):
        sheet.cell(16, column, value)
    sheet.cell(20, 1, "四、师资与安全")
    sheet.merge_cells("A20:H20")
    for offset, (left, right) in enumerate([("指导教师总数", "安全责任人*"), ("场地照片（3-9张）", "共建协议扫描件")]):
        for label, column in ((left, 1), (right, 5)):
            sheet.cell(21 + offset, column, label)
            sheet.merge_cells(
                start_row=21 + offset, end_row=21 + offset, start_column=column + 1, end_column=column + 3
            )
    sheet.cell(23, 1, "申报理由*")
    sheet.merge_cells("B23:H25")
    sheet.merge_cells("A23:A25")
    sheet.cell(26, 1, "县（市）区人社局意见（盖章）：")
    sheet.merge_cells("A26:H26")
    sheet.cell(27, 1, "注：本表一式三份，申报单位、县（市）区人社局、市人社局各留一份。")
    sheet.merge_cells("A27:H27")
    return save(book)
