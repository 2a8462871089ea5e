"""Part-time teachers whom enterprises and colleges recommend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from seeds.demo.numbers import id_number
from seeds.demo.profiles import enterprise_states
from seeds.demo.steps import Course, Mended, Note, Planned, plan
from seeds.demo.world import CITY, Unit, World

FORM = "pt_teacher_register"
_STATES = [
    "in_pool", "county_review", "in_pool", "in_pool", "city_review", "in_pool", "draft", "in_pool", "returned",
    "in_pool", "frozen", "in_pool", "exited", "in_pool", "county_review", "in_pool",
]  # fmt: skip
_LEVELS = ["K4", "K4", "K5", "K5", "K6", "K3", "K7"]
#: Skill level → last digits of the level in a certificate's number.
_GRADES = {"K3": "4", "K4": "3", "K5": "2", "K6": "1", "K7": "1"}


#: Who somebody is, whoever registers him.
_PERSON = ("full_name", "id_type", "id_no", "gender", "birth_date", "mobile", "home_region")


def teachers(world: World) -> Iterator[Planned]:
    """Yield those of every verified enterprise, then those of every college."""
    states = enterprise_states(world)
    verified = [unit for unit in world.of_kind("enterprise") if states[unit.code] == "verified"]
    number = 0
    for unit in (*verified, *world.of_kind("college")):
        for _ in range(3 if unit.kind == "enterprise" else 13):
            state = _STATES[number % len(_STATES)]
            number += 1
            if unit.kind == "enterprise" and number % 29 == 0:
                state = "org_confirm"
            employer = unit if unit.kind == "enterprise" else world.pick(verified)
            answers = _answers(world, unit, employer, own=state == "org_confirm")
            yield plan(world, FORM, unit, answers, _course(world, state, number))
            if unit.shown and unit.kind == "college" and state == "county_review":
                yield from _recommended_twice(world, unit, verified, answers)


def _course(world: World, state: str, number: int) -> Course:
    mended = None
    if state == "in_pool" and number % 7 == 3:
        note = Note("weekly_hours_max", None, world.words["notes"][FORM]["weekly_hours_max"])
        mended = Mended(note, {"weekly_hours_max": 28})
    begun = world.chance.randint(8, 40) if state not in {"in_pool", "frozen", "exited"} else 150
    return Course(state, begun, mended=mended)


def _recommended_twice(world: World, college: Unit, verified: list[Unit], known: dict[str, Any]) -> Iterator[Planned]:
    """Yield the same person as an enterprise of the region recommends him too: a reviewer sees both."""
    others = [unit for unit in verified if unit.region == college.region and not unit.shown]
    if known["is_retired"] or not others:
        return
    answers = _answers(world, others[0], others[0], own=False)
    while answers["is_retired"]:
        answers = _answers(world, others[0], others[0], own=False)
    answers |= {key: known[key] for key in _PERSON}
    yield plan(world, FORM, others[0], answers, Course("county_review", 5))


def _answers(world: World, unit: Unit, employer: Unit, *, own: bool) -> dict[str, Any]:
    name, sex = world.person()
    retired = not own and world.maybe(0.12)
    age = world.chance.randint(60, 67) if retired else world.chance.randint(29, 58)
    birth = date(world.today.year - age, 1, 1) + timedelta(days=world.chance.randrange(330))
    if birth > world.today.replace(year=world.today.year - age):
        age -= 1
    jobs = [world.words["jobs"][job] for job in world.words["trades"][employer.trade]["jobs"]]
    job = world.pick(jobs)
    level = world.pick(_LEVELS)
    worked = max(age - 20, 3)
    county = "230202" if unit.region == CITY else unit.region
    answers: dict[str, Any] = {
        "full_name": name,
        "id_type": "01",
        "id_no": id_number(birth, world.next(), male=sex == "1"),
        "gender": sex,
        "birth_date": birth.isoformat(),
        "political_status": world.pick(["01", "13", "13"]),
        "mobile": world.mobile(),
        "home_region": county,
        "source": "3" if own else "1" if unit.kind == "enterprise" else "2",
        "person_kind": ["5"] if retired else world.some(["1", "2", "3", "4"], 1, 2),
        "is_retired": retired,
        "dept_post": world.pick(world.words["posts"]),
        "work_start": f"{birth.year + 20}-{world.chance.randint(1, 12):02d}",
        "field_years": world.chance.randint(3, worked),
        "employer_consent": "3" if retired else "1",
        "edu_level": world.pick(["21", "31", "31", "41", "47"]),
        "degree": "0",
        "title_level": "0",
        "top_skill_level": level,
        "certs": _certificates(world, job, level),
        "teach_tasks": world.some(["1", "2", "3", "4", "5", "7"], 1, 3),
        "major_codes": job["majors"],
        "courses": "、".join(world.some(world.words["courses"], 1, 3)),
        "teach_exp_years": world.chance.randint(0, 8),
        "has_teacher_cert": world.maybe(0.15),
        "weekly_hours_max": world.chance.randint(2, 10),
        "available_time": world.some(["1", "2", "3", "4"], 1, 2),
        "service_regions": world.some(["230202", "230203", "230204", "230206", county], 1, 3),
        "online_ok": world.maybe(0.4),
        "access_check": "1",
        "access_check_date": world.day(430, 370).isoformat(),
        "health_ok": True,
        "share_scope": world.pick(["1", "1", "1", "2", "3"]),
        "consent": True,
    }
    answers["service_regions"] = list(dict.fromkeys(answers["service_regions"]))
    if not own:
        answers["recommend_org_id"] = unit.reference()
    if age > 65:
        answers["age_note"] = "技艺传承需要，本人身体健康，经单位集体研究同意。"
    if not retired:
        answers["employer_consent_file"] = world.file()
        if unit.kind == "college" and world.maybe(0.3):
            answers["employer_name"] = f"齐齐哈尔{world.pick(world.words['brands'])}设备安装有限公司"
        else:
            answers["employer_id"] = employer.profile()
    if world.maybe(0.25):
        answers |= {"title_level": "3", "title_name": "工程师", "edu_level": "21", "degree": "4"}
    if world.maybe(0.2):
        answers |= {"honors": [world.pick(["H6", "H8", "H9"])], "honor_detail": "在市级职业技能竞赛中获奖。"}
    return answers


def _certificates(world: World, job: dict[str, Any], level: str) -> list[dict[str, Any]]:
    issued = world.day(4000, 300)
    rows: list[dict[str, Any]] = [
        {
            "cert_kind": "1",
            "cert_name": f"{job['name']}职业技能等级证书",
            "occupation_code": job["occupation"],
            "skill_level": level,
            "cert_no": f"S0000239{issued:%y}{world.next():06d}{_GRADES[level]}{world.chance.randrange(100_000):05d}",
            "issue_org": "示范职业技能评价中心",
            "issue_date": issued.isoformat(),
            "cert_file": world.file(),
        }
    ]
    if job.get("permit"):
        issued = world.day(1500, 220)
        rows.append(
            {
                "cert_kind": "5",
                "cert_name": job["permit"],
                "cert_no": f"T{world.next():011d}",
                "issue_org": "示范应急管理部门",
                "issue_date": issued.isoformat(),
                "valid_to": (issued + timedelta(days=6 * 365)).isoformat(),
                "cert_file": world.file(),
            }
        )
    return rows
