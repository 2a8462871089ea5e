"""Print the product's CPU per request as ratios to the floor and to stock Flask-AppBuilder: ``ratios.py RESULT.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """Read one result file of the harness and print a Markdown table."""
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    ours = result["xiaoqitong"]
    print("| scenario | CPU ms | floor ms | × floor | FAB ms | × FAB |\n|---|---|---|---|---|---|")
    for key, value in ours.items():
        if not isinstance(value, dict) or "cpu_ms" not in value:
            if ":" in key:
                print(f"| {key} | {value} | | | | |")
            continue
        cells = [f"{value['cpu_ms']:.1f}"]
        for peer in ("floor", "fab"):
            other = result.get(peer, {}).get(key, {}).get("cpu_ms")
            cells += [f"{other:.1f}", f"{value['cpu_ms'] / other:.2f}"] if other else ["–", "–"]
        print(f"| {key} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
