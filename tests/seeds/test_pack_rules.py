"""The hard rules of the policy stop a submission; what keeps them goes through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forms.files.loading import load_yaml
from seeds.reading import definitions

#: form → its rules that block a submission, each with answers that break it and answers that just keep it.
CASES: dict[str, list[dict[str, Any]]] = load_yaml(Path(__file__).parent / "rule_cases.yaml")
EACH = [(key, case) for key, cases in CASES.items() for case in cases]

#: form, answers that break a rule, the fields that then have a problem (and what else referenced records hold).
BROKEN: list[tuple[str, dict[str, Any], set[str], dict[str, Any]]] = [
    # 岗位实习：不超过在岗职工的 10%，同岗位不超过 20%，16 周岁，不收费，不用一年级，协议与保险
    ("internship", {"students": 13}, {"students", "agreement_cnt"}, {"enterprise_profile": {"staff_total": 120}}),
    ("internship", {"same_post_check": "20.01"}, {"same_post_check"}, {}),
    ("internship", {"age_min": 15}, {"age_min"}, {}),
    ("internship", {"fee_charged": "2"}, {"fee_charged"}, {}),
    ("internship", {"no_first_year": False}, {"no_first_year"}, {}),
    ("internship", {"agreement_cnt": 1}, {"agreement_cnt"}, {}),
    ("internship", {"insurance_to": "2025-01-01"}, {"insurance_to"}, {}),
    # 准入查询未完成或不通过，不得聘任
    ("pt_teacher_engagement", {}, {"teacher_id"}, {"pt_teacher_register": {"access_check": "0"}}),
    ("pt_teacher_engagement", {}, {"teacher_id"}, {"pt_teacher_register": {"access_check": "2"}}),
    ("pt_teacher_engagement", {"access_check_confirm": False}, {"access_check_confirm"}, {}),
    # 考核不合格、师德失范不得续聘
    ("pt_teacher_assessment", {"s_ethics": "11.0"}, {"next_action"}, {}),
    ("pt_teacher_assessment", {"ethics_issue": True, "ethics_detail": "有违规行为"}, {"next_action"}, {}),
    # 免学费、助学金、奖学金只给全日制正式学籍
    ("subsidy_stat", {"item": "F2", "student_scope": "3"}, {"student_scope"}, {}),
    ("subsidy_stat", {"item": "F1", "student_scope": "2"}, {"student_scope"}, {}),
    ("subsidy_stat", {"dup_check": 1}, {"dup_check"}, {}),
    ("class_student", {"aid_items": ["F2"]}, {"aid_items"}, {"order_class_agreement": {"study_mode": "PT"}}),
    ("class_student", {"aid_items": ["F2"], "national_student_no": None}, {"aid_items"}, {}),
    # 完成学业并通过评价，缺一不能结业、毕业
    ("class_student", {"state": "7"}, {"score_theory", "score_skill", "cert_kind", "cert_no", "employ_state"}, {}),
    ("class_student", {"prior_edu": "47", "student_source": "G1"}, {"prior_edu"}, {}),
    ("graduate_register", {"edu_level": "47"}, {"edu_level"}, {}),
    ("graduate_register", {"id_no": "239900198503120018"}, {"id_no"}, {}),
    # 预备技师班须全日制；院校类别与层次；订单式短训须短期
    (
        "order_class_agreement",
        {"training_level": "LV5", "study_mode": "PT"},
        {"training_level"},
        {"school_profile": {"school_type": "T3"}},
    ),
    ("order_class_agreement", {"training_level": "LV4"}, {"training_level"}, {"school_profile": {"school_type": "T1"}}),
    ("order_class_agreement", {"training_level": "LV5"}, {"training_level"}, {"school_profile": {"school_type": "T2"}}),
    ("order_class_agreement", {"class_org_mode": "OT"}, {"term_type"}, {}),
    ("order_class_agreement", {"term_type": "SHORT"}, {"term_type"}, {}),
    ("school_major_adjust", {"training_level": "LV5"}, {"training_level"}, {"school_profile": {"school_type": "T2"}}),
    # 歧视性用语
    ("labor_demand_survey", {"positions.position_name": "车工（限男性）"}, {"positions.position_name"}, {}),
    ("order_class_agreement", {"enroll_rule": "未婚优先"}, {"enroll_rule"}, {}),
    ("school_response", {"positions.position_name": "限本地户籍的焊工"}, {"positions.position_name"}, {}),
    # 涉及个人的案例须有授权书
    ("publicity_case", {"has_person": True, "person_consent": None}, {"person_consent"}, {}),
    # 任务要有人牵头、有时限
    ("task_progress", {"lead_person": None}, {"lead_person"}, {}),
    ("task_progress", {"due_date": "2025-01-01"}, {"due_date"}, {}),
]

#: The same situations where the rule does not apply or is kept.
KEPT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("internship", {"students": 12, "agreement_cnt": 12}, {"enterprise_profile": {"staff_total": 120}}),
    ("internship", {"intern_type": "1", "students": 60, "agreement_cnt": 0, "age_min": 15, "no_first_year": False}, {}),
    ("internship", {"same_post_check": "20.00"}, {}),
    ("pt_teacher_engagement", {}, {"pt_teacher_register": {"access_check": "1"}}),
    ("pt_teacher_assessment", {"s_ethics": "11.0", "next_action": "2"}, {}),
    ("subsidy_stat", {"item": "F5", "student_scope": "3"}, {}),
    ("class_student", {"aid_items": ["F5"], "national_student_no": None}, {}),
    ("order_class_agreement", {"training_level": "LV5", "study_mode": "FT"}, {"school_profile": {"school_type": "T3"}}),
    ("order_class_agreement", {"training_level": "LV4"}, {"school_profile": {"school_type": "T2"}}),
    (
        "order_class_agreement",
        {"class_org_mode": "OT", "term_type": "SHORT", "training_level": "LV0", "study_mode": "PT"},
        {},
    ),
    ("publicity_case", {"has_person": False, "person_consent": None}, {}),
    ("graduate_register", {"focus_group": "V1", "edu_level": "47"}, {}),
]


@pytest.mark.parametrize(
    ("key", "changes", "fields", "others"), BROKEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_breaks_a_rule_is_not_submitted(key, changes, fields, others, broken):
    assert broken(key, changes, others) == fields


@pytest.mark.parametrize(("key", "changes", "others"), KEPT, ids=lambda value: value if isinstance(value, str) else "")
def test_what_keeps_the_rules_is_submitted(key, changes, others, broken):
    assert broken(key, changes, others) == set()


def _rules() -> list[tuple[str, str, str]]:
    return [
        (key, path, check.expression)
        for key, form in definitions().items()
        for path, item in form.walk()
        for check in item.checks
        if check.level == "error"
    ]


def _name(case: Any) -> str:
    return f"{case['field']}: {case['rule']}" if isinstance(case, dict) else str(case)


def test_every_rule_that_blocks_has_a_case():
    cases = [(key, case["field"], case["rule"]) for key, case in EACH]
    assert sorted(cases) == sorted(_rules())


@pytest.mark.parametrize(("key", "case"), EACH, ids=_name)
def test_a_rule_blocks_what_breaks_it_and_lets_its_twin_through(key, case, broken, pack):
    at = {"state": case.get("state", ""), "role": case.get("role", "")}
    checks = pack.forms[key].definition.field(case["field"]).checks
    rule = next(check for check in checks if check.expression == case["rule"])
    found = broken.problems(key, case["broken"], case.get("others"), **at)
    stopped = [problem for problem in found if problem.field == case["field"] and problem.message == rule.message]
    assert [problem.level for problem in stopped] == ["error"]
    assert rule.message.zh
    assert rule.message.en
    twin = broken.problems(key, case["kept"], case.get("kept_others", case.get("others")), **at)
    assert [problem for problem in twin if problem.level == "error"] == []


def test_the_manual_lists_every_rule_that_blocks():
    lines = (Path(__file__).parents[2] / "docs" / "hard-rules.md").read_text("utf-8").splitlines()
    listed = [line for line in lines if line.startswith("| `")]
    for key, path, expression in _rules():
        words = (f"| `{key}` ", f"| `{path}` ", f"| `{expression}` |")
        assert any(all(word in line for word in words) for line in listed), (key, path, expression)
