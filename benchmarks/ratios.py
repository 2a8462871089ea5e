"""Print CPU per request as ratios to the floor and to stock Flask-AppBuilder: ``ratios.py RESULT.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OURS, FLOOR, FAB = "xiaoqitong", "floor", "fab"
LIST_FLOOR, LIST_FAB, SUBMIT_FAB = 5.0, 1 / 3, 1.5
#: Scenarios with a target: at most so much of the floor, and of Flask-AppBuilder.
TARGETS: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(
        ("admin:page", "county:page", "admin:page_deep", "admin:search", "admin:search2"), (LIST_FLOOR, LIST_FAB)
    ),
    "admin:submit": (None, SUBMIT_FAB),
}


def cpu(result: dict[str, Any], target: str, scenario: str) -> float | None:
    """Return the CPU per request in milliseconds, where it was measured."""
    found: float | None = result.get(target, {}).get(scenario, {}).get("cpu_ms")
    return found


def verdict(scenario: str, to_floor: float | None, to_fab: float | None) -> str:
    """Return whether the targets of a scenario are kept."""
    limits = zip(TARGETS.get(scenario, (None, None)), (to_floor, to_fab), strict=True)
    kept = [ratio is not None and ratio <= limit for limit, ratio in limits if limit is not None]
    return ("kept" if all(kept) else "MISSED") if kept else ""


def main() -> None:
    """Read one result file of the harness and print a Markdown table."""
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    others = [name for name in result if name not in {OURS, FLOOR, FAB}]
    print("| scenario | CPU ms | floor | × floor | FAB | × FAB | target |", *(f" {name} |" for name in others), sep="")
    print("|---|---|---|---|---|---|---|" + "---|" * len(others))
    for scenario, measured in result.get(OURS, {}).items():
        if ":" not in scenario:
            continue
        ours = cpu(result, OURS, scenario)
        if ours is None or "bad_status" in measured:
            print(f"| {scenario} | {measured} |")
            continue
        cells = [f"{ours:.1f}"]
        ratios = []
        for peer in (FLOOR, FAB):
            other = cpu(result, peer, scenario)
            ratios.append(ours / other if other else None)
            cells += [f"{other:.1f}", f"{ours / other:.2f}"] if other else ["–", "–"]
        cells.append(verdict(scenario, ratios[0], ratios[1]))
        cells += [f"{other:.1f}" if (other := cpu(result, name, scenario)) else "–" for name in others]
        print(f"| {scenario} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
