"""The route table and the grants as the solution pack writes them, read without any code of the product."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PACK = Path(__file__).resolve().parents[2] / "seeds" / "qiqihar"
NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#: Fixed resources, as the table calls them.
FIXED = {"design": "form_def", "accounts": "user_role", "campaigns": "campaign"}


@dataclass(frozen=True)
class Route:
    """A line of the table."""

    method: str
    rule: str
    who: str
    answers: tuple[int, ...]
    body: dict[str, Any] | None
    json: dict[str, Any] | None
    skip: bool
    zh: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def api(self) -> bool:
        return self.rule.startswith("/api/")

    def address(self, form: str, **values: str) -> str:
        """Return an address of this route: of *form*, of things that do not exist unless *values* name others."""
        known = {"form": form, "form_key": form, "verb": "approve", "number": "999", "user_id": "2147480000"}
        known |= {"filename": "nothing.css", "locale": "xx", "field": "nothing_such", "ending": "txt", **values}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: known.get(match[1], NOWHERE), self.rule)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def table() -> tuple[Route, ...]:
    """Return the route table."""
    found = []
    for line in _yaml(Path(__file__).with_name("routes.yaml"))["routes"]:
        method, rule = line["route"].split(" ", 1)
        answer = line["answer"]
        answers = tuple(answer) if isinstance(answer, list) else (answer,)
        found.append(
            Route(
                method,
                rule,
                line["who"],
                answers,
                line.get("body"),
                line.get("json"),
                line.get("skip", False),
                line["zh"],
            )
        )
    return tuple(found)


@cache
def roles() -> dict[str, Any]:
    """Return roles, resources and grants of the pack."""
    found: dict[str, Any] = _yaml(PACK / "roles.yaml")
    return found


@cache
def accounts() -> dict[str, str]:
    """Return the role of each demo account."""
    return {row["username"]: row["role"] for row in _yaml(PACK / "demo" / "accounts.yaml")["accounts"]}


@cache
def form(key: str) -> dict[str, Any]:
    """Return a form's definition."""
    found: dict[str, Any] = _yaml(PACK / "forms" / f"{key}.yaml")
    return found


@cache
def workflow(key: str) -> dict[str, Any]:
    """Return a workflow."""
    found: dict[str, Any] = _yaml(PACK / "workflows" / f"{key}.yaml")
    return found


def letters(role: str, resource: str) -> set[str]:
    """Return the actions that a role has on a resource, on whichever rows; seeing masked is seeing."""
    written = roles()["grants"].get(role, {}).get(resource, "")
    return {letter.replace("M", "V") for part in written.split("|") for letter in part.partition("@")[0]}


def _issues_codes(role: str) -> bool:
    """Tell whether *role* may create and hand in records of a form that visitors fill, among those to begin with."""
    definitions = [form(key) for key in _yaml(PACK / "pack.yaml")["published"]]
    return any({"C", "S"} <= letters(role, one["resource"]) for one in definitions if one.get("visitors"))


def may(role: str, who: str, form_key: str) -> bool:
    """Tell whether *role* is among *who* of the table, for the form of the address."""
    return any(_may(role, *one.partition(":")[::2], form_key) for one in who.split(" or "))


def _may(role: str, kind: str, needs: str, form_key: str) -> bool:
    if kind in {"public", "anyone"}:
        return True
    if kind == "codes":
        return _issues_codes(role)
    if kind == "aggregates":
        return "[anon]" in roles()["grants"].get(role, {}).get(form(form_key)["resource"], "")
    if kind in FIXED:
        return set(needs) <= letters(role, FIXED[kind])
    definition = form(form_key)
    has = letters(role, definition["resource"])
    if kind == "verb":
        verb = next(verb for verb in workflow(definition["workflow"])["verbs"] if verb["key"] == needs)
        return role in verb["by"] and verb["action"] in has
    assert kind == "form", kind
    if needs == "fill":
        return "C" in has and role in definition["fill_roles"]
    return any(set(all_of) <= has for all_of in needs.split("|"))
