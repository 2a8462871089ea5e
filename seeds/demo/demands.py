"""What enterprises demand, period by period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from seeds.demo.profiles import enterprise_states
from seeds.demo.steps import Course, Mended, Note, Planned, plan
from seeds.demo.world import CITY, Unit, World, posts

FORM = "labor_demand_survey"
_OVER = ["filled", "expired", "expired", "class_formed", "filled", "withdrawn"]
_RUNNING = [
    "county_review", "collected", "pushed", "draft", "county_ok", "matching", "returned", "collected", "pushed",
    "county_review", "withdrawn", "county_ok",
]  # fmt: skip
_SEEN = frozenset({"collected", "pushed", "matching"})


#: A state → the one that a record has come through on its way there.
_THROUGH = {"withdrawn": "collected"}
#: What the demonstrated enterprises have handed in this year and what is still to do, begun so many days ago.
_SHOWN = {"pushed": 290, "collected": 200, "returned": 30, "draft": 12}
HELPER = "county_emp"


@dataclass(frozen=True, slots=True)
class Period:
    """A period that demands are asked for."""

    kind: str
    start: str
    end: str
    over: bool = False


def periods(world: World) -> list[Period]:
    """Return four periods of last year, and those that are asked for now."""
    year, month = world.today.year, world.today.month
    half = ("2", f"{year}-01", f"{year}-06") if month <= 6 else ("3", f"{year}-07", f"{year}-12")
    last = year - 1
    return [
        Period("4", f"{last}-01", f"{last}-12", over=True),
        Period("2", f"{last}-01", f"{last}-06", over=True),
        Period("3", f"{last}-07", f"{last}-12", over=True),
        _quarter(last, 4, over=True),
        Period("4", f"{year}-01", f"{year}-12"),
        Period(*half),
        _quarter(year, (month + 2) // 3),
        Period("5", f"{year + 1}-01", f"{year + 1}-12"),
    ]


def _quarter(year: int, quarter: int, *, over: bool = False) -> Period:
    return Period("1", f"{year}-{quarter * 3 - 2:02d}", f"{year}-{quarter * 3:02d}", over)


def shown_periods(world: World) -> list[Period]:
    """Return the quarters before the present one, the newest last, and the next year.

    The present periods of a demonstrated enterprise are left to whoever tries the product.
    """
    year, present = world.today.year, (world.today.month + 2) // 3
    taken = {(period.kind, period.start) for period in periods(world)}
    quarters = [divmod(year * 4 + present - 1 - back, 4) for back in (4, 3, 2, 1)]
    earlier = [_quarter(of_year, quarter + 1) for of_year, quarter in quarters]
    free = [period for period in earlier if (period.kind, period.start) not in taken]
    return [*free[-3:], Period("5", f"{year + 1}-01", f"{year + 1}-12")]


def demands(world: World) -> Iterator[Planned]:
    """Yield the demands of every enterprise whose profile was verified."""
    states = enterprise_states(world)
    over = running = 0
    for unit in world.of_kind("enterprise"):
        if states[unit.code] not in {"verified", "disabled"}:
            continue
        for period in periods(world):
            if period.over:
                yield _over(world, unit, period, _OVER[over % len(_OVER)])
                over += 1
            elif not unit.shown and states[unit.code] != "disabled":
                yield _running(world, unit, period, running)
                running += 1
        if unit.shown:
            for period, (state, begun) in zip(shown_periods(world), _SHOWN.items(), strict=False):
                yield plan(world, FORM, unit, _answers(world, unit, period, state), Course(state, begun))


def _over(world: World, unit: Unit, period: Period, state: str) -> Planned:
    """Return a demand that was handed in when its period began."""
    answers = _answers(world, unit, period, state)
    since = (world.today - date.fromisoformat(f"{period.start}-01")).days
    return plan(world, FORM, unit, answers, Course(state, since - world.chance.randint(0, 25), _THROUGH.get(state, "")))


def _running(world: World, unit: Unit, period: Period, number: int) -> Planned:
    state = _RUNNING[number % len(_RUNNING)]
    answers = _answers(world, unit, period, state)
    mended = None
    if state in {"collected", "pushed", "matching"} and number % 5 == 0 and answers["has_demand"]:
        mended = _mended(world, answers["positions"])
    helper = HELPER if number % 3 == 0 and (HELPER, unit.region) in posts() else ""
    begun = world.chance.randint(12, 55)
    return plan(world, FORM, unit, answers, Course(state, begun, _THROUGH.get(state, ""), mended, helper))


def _mended(world: World, rows: list[dict[str, Any]]) -> Mended:
    """Return a first hand-in whose first position paid twice as much at most."""
    doubled = {**rows[0], "salary_max": f"{float(rows[0]['salary_max']) * 2:.2f}"}
    text = world.words["notes"][FORM]["positions.salary_max"]
    return Mended(Note("positions.salary_max", 1, text), {"positions": [doubled, *rows[1:]]})


def _answers(world: World, unit: Unit, period: Period, state: str) -> dict[str, Any]:
    wanted = state != "county_ok" or world.maybe(0.7)
    filler, _ = world.person()
    answers: dict[str, Any] = {
        "ent_id": unit.profile(),
        "period_type": period.kind,
        "period_start": period.start,
        "period_end": period.end,
        "has_demand": wanted,
        "staff_now": unit.size,
        "expect_leave": world.chance.randint(0, unit.size // 20 + 1),
        "filler_name": filler,
        "filler_mobile": world.mobile(),
    }
    if not wanted:
        return {**answers, "no_demand_reason": world.pick(["1", "2", "3"])}
    jobs = world.some(world.words["trades"][unit.trade]["jobs"], 1, 4)
    rows = [_position(world, unit, job, period, state) for job in jobs]
    total = sum(row["need_count"] for row in rows)
    if total > 100 or total * 2 > unit.size:
        answers["large_demand_note"] = "新建生产线投产，需集中补充一线技能人员，已报县区备案。"
    if world.maybe(0.5):
        answers["difficulty"] = world.pick(world.words["difficulties"])
    if state == "draft" and world.maybe(0.4):
        # A draft half-done: nothing keeps it from being saved.
        rows[-1].pop("salary_max")
        answers.pop("filler_mobile")
    return {**answers, "positions": rows}


def _position(world: World, unit: Unit, key: str, period: Period, state: str) -> dict[str, Any]:
    job = world.words["jobs"][key]
    low, high = job["pay"]
    need = world.chance.randint(2, max(3, unit.size // 15))
    low += world.chance.randrange(-4, 5) * 100
    reasons = world.some(["1", "2", "3", "4", "5", "6"], 1, 2)
    channels = world.some(["1", "2", "3", "4", "5", "6"], 1, 3)
    row: dict[str, Any] = {
        "_row": f"p{world.next():06d}",
        "position_name": job["name"],
        "occupation_code": job["occupation"],
        "major_codes": job["majors"],
        "need_count": need,
        "need_skilled": world.chance.randint(0, need),
        "need_grad": world.chance.randint(0, need // 3),
        "skill_level_req": job["level"],
        "edu_req": world.pick(["0", "60", "60", "31"]),
        "exp_req": world.pick(["1", "2", "3", "4"]),
        "duty": job["duty"],
        "work_region": "230202" if unit.region == CITY else unit.region,
        "salary_min": f"{low:.2f}",
        "salary_max": f"{max(high, low + 500) + world.chance.randrange(0, 6) * 100:.2f}",
        "welfare": world.some(["1", "2", "3", "4", "5", "6", "7"], 2, 4),
        "shift": world.pick(["1", "2", "3"]),
        "contract_type": world.pick(["1", "1", "1", "2"]),
        "reason": reasons,
        "urgency": world.pick(["1", "1", "2", "3"]),
        "arrive_by": period.end,
        "channel": channels,
        "publish_ok": world.maybe(0.75),
        "valid_until": _until(world, state),
    }
    if job.get("permit"):
        row["special_permit"] = job["permit"]
    if "1" in reasons:
        row["project_name"] = f"{unit.short_name}扩能改造项目"
    if "4" in reasons:
        row["vacancy_months"] = world.chance.randint(2, 18)
    if "5" in channels:
        row["intern_pay"] = f"{low * 0.8:.2f}"
    if {"3", "4"} & set(channels):
        row["order_count"] = world.chance.randint(1, need)
        row["order_school"] = world.pick(world.of_kind("college")).profile()
    if "3" in channels:
        row["order_mode"] = world.pick(["OC", "NC", "CA"])
    return row


def _until(world: World, state: str) -> str:
    if state in {"expired", "filled", "class_formed"}:
        return world.day(200, 165).isoformat()
    days = world.chance.randint(30, 150) if state in _SEEN else 90
    return (world.today + timedelta(days=days)).isoformat()
