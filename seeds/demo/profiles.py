"""Profiles of enterprises and colleges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from seeds.demo.steps import Course, Mended, Note, Planned, plan
from seeds.demo.world import CITY, Unit, World, county_names

ENTERPRISE, SCHOOL = "enterprise_profile", "school_profile"
#: One of so many enterprises stands elsewhere than *verified*.
_OTHERS = {11: "submitted", 19: "draft", 25: "returned", 31: "submitted", 38: "disabled", 44: "submitted"}


def enterprise_states(world: World) -> dict[str, str]:
    """Return the state of each enterprise's profile, by code."""
    return {
        unit.code: "verified" if unit.shown else _OTHERS.get(number, "verified")
        for number, unit in enumerate(world.of_kind("enterprise"))
    }


def enterprises(world: World) -> Iterator[Planned]:
    """Yield the profile of every enterprise."""
    states = enterprise_states(world)
    for number, unit in enumerate(world.of_kind("enterprise")):
        answers, state = _enterprise(world, unit), states[unit.code]
        mended = None
        if state == "verified" and number % 8 == 4:
            note = Note("staff_skilled", None, world.words["notes"][ENTERPRISE]["staff_skilled"])
            mended = Mended(note, {"staff_skilled": answers["staff_total"]})
        begun = _begun(world) if state in {"verified", "disabled"} else world.chance.randint(4, 30)
        yield plan(world, ENTERPRISE, unit, answers, Course(state, begun, mended=mended))


def schools(world: World) -> Iterator[Planned]:
    """Yield the profile of every college."""
    for number, unit in enumerate(world.of_kind("college")):
        course = Course("submitted", 6) if number == 4 else Course("verified", _begun(world))
        yield plan(world, SCHOOL, unit, _school(world, unit), course)


def _begun(world: World) -> int:
    return world.chance.randint(760, 820)


def _size(staff: int) -> str:
    return "L" if staff >= 1000 else "M" if staff >= 300 else "S" if staff >= 20 else "X"


def _enterprise(world: World, unit: Unit) -> dict[str, Any]:
    trade = world.words["trades"][unit.trade]
    county = "230202" if unit.region == CITY else unit.region
    contact, _ = world.person()
    leader, _ = world.person("1")
    skilled = int(unit.size * world.chance.uniform(0.35, 0.6))
    chains = [chain for chain in trade["chains"] if chain != "IC99"]
    wishes = world.some(["1", "2", "3", "4", "5", "6", "7"], 2, 5) if world.maybe(0.9) else ["0"]
    answers: dict[str, Any] = {
        "uscc": unit.code,
        "ent_name": unit.name,
        "ent_short_name": unit.short_name,
        "legal_rep": world.person("1")[0],
        "reg_date": world.day(9000, 900).isoformat(),
        "reg_type": world.pick(["112", "112", "119", "120", "111"]),
        "org_nature": world.pick(["4", "4", "4", "3", "2"]),
        "reg_region": county,
        "biz_region": county,
        "managed_region": unit.region,
        "park_code": {"230206": "P02", "230204": "P03"}.get(county, "P00"),
        "address": world.address("齐齐哈尔市" + county_names()[county]),
        "industry_code": trade["industry"],
        "main_products": trade["products"],
        "above_scale": "S1" if trade["industry"].startswith("C") and unit.size >= 100 else "S0",
        "enterprise_size": _size(unit.size),
        "is_2345_key": bool(chains),
        "industry_chain": chains,
        "is_alliance_member": unit.size >= 240,
        "alliance_role": world.pick(["3", "4"]) if unit.size >= 240 else None,
        "is_pei": unit.size >= 700,
        "pei_level": "3" if unit.size >= 700 else None,
        "can_self_evaluate": unit.size >= 460,
        "self_eval_occupations": _occupations(world, unit)[:2] if unit.size >= 460 else None,
        "staff_total": unit.size,
        "staff_insured": int(unit.size * world.chance.uniform(0.85, 1)),
        "staff_female": int(unit.size * world.chance.uniform(0.2, 0.45)),
        "staff_skilled": skilled,
        "staff_high_skilled": int(skilled * world.chance.uniform(0.2, 0.45)),
        "revenue_wan": f"{unit.size * world.chance.uniform(18, 55):.2f}",
        "training_fund_wan": f"{unit.size * world.chance.uniform(0.05, 0.2):.2f}",
        "coop_content": wishes,
        "no_coop_reason": ["1", "2"] if wishes == ["0"] else None,
        "hr_contact": contact,
        "hr_title": world.pick(["人力资源部经理", "综合部主任", "人事专员"]),
        "hr_mobile": world.mobile(),
        "hr_tel": f"0452-{world.chance.randint(2000000, 2999999)}",
        "leader_contact": leader,
        "leader_mobile": world.mobile(),
        "license_file": world.file(),
        "promise": True,
    }
    if wishes != ["0"] and world.maybe(0.6):
        answers["coop_schools"] = [
            {
                "school_id": school.profile(),
                "coop_since": world.day(2200, 300).strftime("%Y-%m"),
                "coop_items": wishes[:2],
                "agreement_file": world.file(),
            }
            for school in world.some(world.of_kind("college"), 1, 2)
        ]
    return {key: value for key, value in answers.items() if value not in (None, [])}


def _occupations(world: World, unit: Unit) -> list[str]:
    jobs = [world.words["jobs"][job]["occupation"] for job in world.words["trades"][unit.trade]["jobs"]]
    return list(dict.fromkeys(jobs))


def _school(world: World, unit: Unit) -> dict[str, Any]:
    listed = next((school for school in world.words["schools"] if school["name"] == unit.name), None)
    kind = listed["type"] if listed else ("T3" if "技师" in unit.name else "T2")
    majors = listed["majors"] if listed else ["0106-3", "0106-4", "0203-3", "0403-4", "0501-4"]
    students = {"T1": 900, "T2": 2400, "T3": 5200}[kind] + world.chance.randint(0, 600)
    teachers = students // 18
    specialised = int(teachers * 0.65)
    return {
        "uscc": unit.code,
        "school_name": unit.name,
        "school_type": kind,
        "permit_no": f"黑人社技校{world.chance.randint(100, 999)}号",
        "run_nature": "1" if world.maybe(0.8) else "2",
        "sponsor": f"{county_names()[unit.region]}人民政府",
        "managed_region": unit.region,
        "address": world.address("齐齐哈尔市" + county_names()[unit.region].removeprefix("齐齐哈尔市")),
        "principal": world.person("1")[0],
        "contact": world.person()[0],
        "mobile": world.mobile(),
        "area_land": f"{students * 32}",
        "area_build": f"{students * 14}",
        "area_practice": f"{students * 4}",
        "device_value_wan": f"{students * world.chance.uniform(0.6, 1.2):.2f}",
        "station_total": students // 2,
        "stat_date": date(world.today.year - 1, 12, 31).isoformat(),
        "stu_total": students,
        "stu_lv3": int(students * 0.5),
        "stu_lv4": int(students * 0.3) if kind != "T1" else 0,
        "stu_lv5": int(students * 0.1) if kind == "T3" else 0,
        "stu_grad_source": world.chance.randint(0, 60),
        "train_person_year": world.chance.randint(500, 4000),
        "tch_total": teachers,
        "tch_major": specialised,
        "tch_dual": int(specialised * world.chance.uniform(0.35, 0.6)),
        "tch_yitihua": int(specialised * 0.2),
        "tch_parttime": world.chance.randint(5, 30),
        "majors": [_major(world, code, students // len(majors)) for code in majors],
    }


_LEVELS = {"4": "LV3", "3": "LV4", "2": "LV5"}
_MAJORS = {
    "0106": ("数控加工（数控车工）", ["IC01"], ["6-18-01-07", "6-18-01-01"]),
    "0203": ("电气自动化设备安装与维修", ["IC10", "IC03"], ["6-31-01-03"]),
    "0301": ("计算机网络应用", ["IC99"], ["6-31-01-03"]),
    "0403": ("汽车维修", ["IC99"], ["4-12-01-01"]),
    "0501": ("烹饪（中式烹调）", ["IC07", "IC08"], ["4-03-02-01"]),
}


def _major(world: World, code: str, students: int) -> dict[str, Any]:
    name, chains, occupations = _MAJORS[code[:4]]
    graduates = students // 4
    employed = int(graduates * world.chance.uniform(0.88, 0.99))
    orders = world.maybe(0.8)
    row = {
        "major_code": code,
        "major_name": name,
        "training_level": _LEVELS[code[-1]],
        "duration_year": {"4": "3", "3": "3", "2": "2"}[code[-1]],
        "major_kind": world.some(["1", "2", "3", "5"], 1, 2),
        "related_industry": chains,
        "related_occupation": occupations,
        "plan_enroll": students // 3,
        "actual_enroll": int(students / 3 * world.chance.uniform(0.8, 1)),
        "on_roll": students,
        "last_grad": graduates,
        "last_employ": employed,
        "last_matched": int(employed * world.chance.uniform(0.6, 0.85)),
        "can_order": orders,
    }
    return {**row, "order_capacity": world.chance.randint(2, 6) * 20} if orders else row
