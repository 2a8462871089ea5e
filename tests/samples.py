"""Valid answers for tests, small enough to read."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from zlib import crc32

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(number: int, *, district: str = "239900", birth: str = "19850312") -> str:
    """Return an ID number with a right check digit (GB 11643) and a district that was never assigned."""
    body = f"{district}{birth}{number:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


POSITION: dict[str, Any] = {
    "position_name": "焊工",
    "occupation_code": "6-18-02-04",
    "need_count": 5,
    "skill_level_req": "K0",
    "edu_req": "0",
    "duty": "负责结构件焊接与打磨",
    "work_region": "230203",
    "salary_min": "4500.00",
    "salary_max": "6500.00",
    "contract_type": "1",
    "reason": ["2"],
    "urgency": "1",
    "arrive_by": "2027-03",
    "channel": ["1"],
    "publish_ok": False,
    "valid_until": "2027-06-30",
}


def position(**changes: Any) -> dict[str, Any]:
    """Return one position."""
    return {**deepcopy(POSITION), **changes}


def demand(name: str = "焊工", *, publish: bool = False, positions: int = 2, **changes: Any) -> dict[str, Any]:
    """Return a demand that can be submitted; each name has a period of its own, since a period has one demand."""
    month = crc32(name.encode()) % 600
    period = f"{2027 + month // 12}-{month % 12 + 1:02d}"
    return {
        "period_type": "1",
        "period_start": period,
        "period_end": period,
        "has_demand": True,
        "staff_now": 120,
        "positions": [position(position_name=f"{name}{row + 1}", publish_ok=publish) for row in range(positions)],
        "filler_name": "测试员",
        "filler_mobile": "13900000001",
        **changes,
    }


def teacher(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a part-time teacher, with everything but the attachments."""
    return {
        "full_name": f"测试教师{chr(0x4E00 + number)}",
        "id_type": "01",
        "id_no": id_number(number),
        "gender": "1" if number % 2 else "2",
        "birth_date": "1985-03-12",
        "mobile": f"139{number:08d}",
        "home_region": "230203",
        "source": "3",
        "person_kind": ["1"],
        "is_retired": False,
        "employer_name": "甲机床厂",
        "dept_post": "车间技师",
        "work_start": "2006-07",
        "field_years": 18,
        "employer_consent": "2",
        "edu_level": "31",
        "title_level": "0",
        "top_skill_level": "K5",
        "certs": [
            {"cert_kind": "3", "cert_name": "工程师证", "cert_no": f"GC{number:06d}", "issue_date": "2015-06-01"},
        ],
        "teach_tasks": ["1"],
        "major_codes": ["02"],
        "courses": "焊接工艺与实训",
        "available_time": ["1"],
        "access_check": "1",
        "access_check_date": "2026-09-01",
        "health_ok": True,
        "share_scope": "1",
        "consent": True,
        **changes,
    }
