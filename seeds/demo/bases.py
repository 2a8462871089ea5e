"""Training bases of enterprises and colleges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from seeds.demo.profiles import enterprise_states
from seeds.demo.steps import Course, Mended, Note, Planned, plan
from seeds.demo.world import CITY, Unit, World

FORM = "training_base_register"
_STATES = [
    "active", "county_review", "active", "site_check", "active", "city_review", "publicity", "active", "draft",
    "returned", "active", "rectify", "expired", "revoked", "active",
]  # fmt: skip
#: Built together with a partner: these need an agreement.
_JOINT = ("M2", "M5")
_HIGH_RISK = "7"


def bases(world: World) -> Iterator[Planned]:
    """Yield one base of every verified enterprise and three of every college."""
    states = enterprise_states(world)
    verified = [unit for unit in world.of_kind("enterprise") if states[unit.code] == "verified"]
    number = 0
    for unit in (*verified, *world.of_kind("college")):
        for _ in range(1 if unit.kind == "enterprise" else 3):
            state = _STATES[number % len(_STATES)]
            number += 1
            done = state in {"active", "rectify", "expired", "revoked"}
            answers = _answers(world, unit, number, state)
            mended = None
            if state == "active" and number % 4 == 0:
                note = Note("simultaneous_cap", None, world.words["notes"][FORM]["simultaneous_cap"])
                mended = Mended(note, {"simultaneous_cap": answers["simultaneous_cap"] * 3})
            begun = world.chance.randint(170, 300) if done else world.chance.randint(10, 60)
            yield plan(world, FORM, unit, answers, Course(state, begun, mended=mended))


def _answers(world: World, unit: Unit, number: int, state: str) -> dict[str, Any]:
    enterprise = unit.kind == "enterprise"
    joint = state == "expired" or world.maybe(0.6)
    mode = _JOINT[enterprise] if joint else ("M1", "M4")[enterprise]
    risky = world.maybe(0.15)
    topic = world.words["bases"][number % len(world.words["bases"])]
    county = "230202" if unit.region == CITY else unit.region
    rooms = [_room(world, number + index) for index in range(world.chance.randint(1, 4))]
    area = sum(int(room["area"]) for room in rooms)
    stations = sum(room["station_cnt"] for room in rooms)
    school, mentors = world.chance.randint(2, 10), world.chance.randint(1, 8)
    share = world.pick(["3", "3", "2", "1"])
    answers: dict[str, Any] = {
        "base_name": f"{unit.short_name}{topic}实训基地{number:02d}",
        "base_type": "B4" if joint else ("B1", "B2")[enterprise],
        "build_mode": mode,
        "base_level": world.pick(["C", "D", "S", "S"]),
        "base_tags": [*world.some(["1", "3", "4", "6"], 1, 2), *([_HIGH_RISK] if risky else [])],
        "functions": world.some(["1", "2", "3", "4", "5", "6"], 1, 4),
        "host_org_id": unit.reference(),
        "built_on": world.day(3000, 320).strftime("%Y-%m"),
        "build_status": "3",
        "region": county,
        "address": world.address("齐齐哈尔市"),
        "manager": world.person()[0],
        "manager_mobile": world.mobile(),
        "area_total": str(area * 2),
        "area_theory": str(area // 3),
        "area_practice": str(area),
        "simultaneous_cap": stations,
        "year_capacity": stations * 12,
        "dorm_beds": world.chance.randint(0, 120),
        "canteen": world.maybe(0.7),
        "rooms": rooms,
        "teacher_total": school + mentors,
        "teacher_school": school,
        "teacher_enterprise": mentors,
        "teacher_dual": world.chance.randint(0, school),
        "projects": f"{topic}基础实训、{topic}综合实训、企业真实项目训练",
        "can_evaluate": world.maybe(0.3),
        "share_open": share,
        "safety_officer": world.person("1")[0],
        "safety_rules": True,
        "photos": world.file(3),
        "apply_summary": f"基地面向本地产业，设备与岗位一致，可承担{topic}方向学生实训、职工培训和技能评价。",
    }
    if share != "1":
        answers["fee_rule"] = "对学生不收费，职工培训按成本分担。"
    if risky:
        answers |= {"high_risk_desc": "吊装、高温作业区隔离，双人监护。", "safety_assess_file": world.file()}
    return answers | _agreement(world, unit, number, state) if joint else answers


def _agreement(world: World, unit: Unit, number: int, state: str) -> dict[str, Any]:
    """Return what a base that was built together says of its partner and their agreement."""
    other = world.pick(world.of_kind("college" if unit.kind == "enterprise" else "enterprise"))
    start = world.day(1500, 1200)
    years = 3 if state == "expired" else 6
    end = start + timedelta(days=years * 365)
    if state == "expired":
        end = min(end, world.today - timedelta(days=10))
    return {
        "partners": [
            {
                "org_id": other.reference(),
                "role": "1" if other.kind == "college" else "2",
                "invest_wan": str(world.chance.randint(5, 80)),
                "device_wan": str(world.chance.randint(10, 200)),
                "people_in": world.chance.randint(1, 6),
                "property_owner": "4",
            }
        ],
        "agreement_no": f"XY-{start.year}-{number:03d}",
        "agreement_start": start.isoformat(),
        "agreement_end": end.isoformat(),
        "agreement_file": world.file(),
    }


def _room(world: World, number: int) -> dict[str, Any]:
    jobs = list(world.words["jobs"].values())
    job = jobs[number % len(jobs)]
    stations = world.chance.randint(10, 40)
    return {
        "room_name": f"{job['name'].removesuffix('工')}实训室",
        "major_codes": job["majors"],
        "occupations": [job["occupation"]],
        "area": str(stations * 8),
        "station_cnt": stations,
        "device_cnt": stations // 2,
        "device_value_wan": str(stations * 3),
        "major_devices": world.pick(world.words["devices"]),
        "keeper": world.person()[0],
    }
