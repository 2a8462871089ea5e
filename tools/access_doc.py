"""Write ``docs/access.md``: the law in words, who may what on which rows, and every route with who may.

``python -m tools.access_doc --update``   write it anew from the solution pack and the route table
``python -m tools.access_doc --check``    fail when it is not what they say
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "access.md"
ROLES = ROOT / "seeds" / "qiqihar" / "roles.yaml"
ROUTES = ROOT / "tests" / "access" / "routes.yaml"
PROOFS = ROOT / "tests" / "access" / "proofs.yaml"

HEAD = Path(__file__).with_name("access_head.md")

LETTERS = (
    "V 查看 view · C 新增 create · U 修改 change · S 提交 submit · A 审核 approve · R 退回 return · E 导出 export · "
    "P 推送或发布 push or publish · D 作废 void · F 设计 design · X 管理 administer"
)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def grants() -> list[str]:
    """Return one table per role: resource, and what is granted on which rows in which mode."""
    pack = _read(ROLES)
    lines = ["## Grants 授权", "", LETTERS, ""]
    for key, role in pack["roles"].items():
        lines += [f"### {role['zh']} {role.get('en', '')} `{key}`", ""]
        held = pack["grants"].get(key, {})
        lines += ["| 资源 resource | 授权 grants |", "|---|---|"]
        for resource, text in held.items():
            name = pack["resources"][resource]
            written = " · ".join(f"`{part}`" for part in text.replace("M@", "V@").split("|"))
            lines.append(_row([f"{name['zh']} {name.get('en', '')}", written]))
        lines.append("")
    return lines


_WHO = {
    "public": "任何人 anybody",
    "anyone": "任一账号，只见自己的 any account, its own",
    "form": "对该表单有 {} a grant {} on the form",
    "design": "对表单定义有 {} a grant {} on forms",
    "accounts": "对账号有 {} a grant {} on accounts",
    "campaigns": "对填报任务有 {} a grant {} on campaigns",
    "codes": "可为本单位提交某张免账号表单的角色 roles that may hand in records of a form that visitors fill",
    "aggregates": "对该表单有汇总授权 a grant on aggregates of the form",
    "verb": "流程动作指定的角色，且有该动作所需授权 the roles of the verb, with the grant that it declares",
}


def _who(text: str) -> str:
    parts = []
    for one in text.split(" or "):
        kind, _, needs = one.partition(":")
        if needs == "fill":
            parts.append("可填报的角色，且有 C the form's fill roles, with a grant C")
            continue
        alternatives = " 或 ".join("+".join(group) for group in needs.split("|"))
        english = alternatives.replace(" 或 ", " or ")
        parts.append(_WHO[kind].format(alternatives, english) if kind in _WHO else one)
    return "；".join(parts)


def routes() -> list[str]:
    """Return the table of routes, under the headings of their file."""
    lines = ["## Routes 路由", ""]
    for line in ROUTES.read_text(encoding="utf-8").partition("\nroutes:\n")[2].splitlines():
        if line.startswith("# "):
            lines += ["", f"### {line[2:]}", "", "| route | who | what for |", "|---|---|---|"]
        elif line.startswith("- "):
            found = yaml.safe_load(line)[0]
            method, rule = found["route"].split(" ", 1)
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
            lines.append(_row([f"`{method} {path}`", _who(found["who"]), found["zh"]]))
    return lines


_PROVED = (
    "Each place was broken once by hand, and these tests went red. *Twin* is `tests/access/test_twin_world.py`: "
    "the same requests in two worlds that differ in another tenant's data alone get equal answers."
)


def proofs() -> list[str]:
    """Return the places where the law is applied, with the tests that notice when it is not."""
    lines = [
        "## Proofs 证明",
        "",
        _PROVED,
        "",
        "| place | where | noticed by |",
        "|---|---|---|",
    ]
    for item in _read(PROOFS):
        tests = "<br>".join("twin" if test == "twin" else f"`{test.removeprefix('tests/')}`" for test in item["tests"])
        path, *names = item["code"].split()
        named = ", ".join(f"`{name}`" for name in names)
        lines.append(_row([f"{item['place']['zh']} {item['place']['en']}", f"`{path}` {named}", tests]))
    return lines


def document() -> str:
    """Return the document as it should be."""
    text = "\n".join([HEAD.read_text(encoding="utf-8"), *grants(), *routes(), "", *proofs(), ""])
    return re.sub(r"\n{3,}", "\n\n", text)


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--update", action="store_true")
    chosen.add_argument("--check", action="store_true")
    if parser.parse_args().update:
        DOCUMENT.write_text(document(), encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != document():
        sys.exit("docs/access.md is stale: python -m tools.access_doc --update")


if __name__ == "__main__":
    main()
