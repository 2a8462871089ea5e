"""The stage of the demo data: words, organizations, people, time, chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from seeds.demo import numbers
from seeds.reading import PACK, read

WORDS = PACK / "demo" / "words.yaml"
ACCOUNTS = PACK / "demo" / "accounts.yaml"
CITY = "230200"
_PARTS = {
    "surnames", "given", "brands", "streets", "counties", "trades", "jobs", "schools", "posts", "courses", "bases",
    "devices", "comments", "notes", "difficulties", "requests",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """An organization of the demo."""

    code: str
    name: str
    short_name: str
    kind: str
    region: str
    #: Key of its line of business; empty for colleges and bureaus.
    trade: str = ""
    size: int = 0
    #: Whether an account of it is demonstrated: its present periods are left to whoever tries the product.
    shown: bool = False

    def reference(self) -> dict[str, str]:
        """Return the reference to the organization; the loader replaces the code."""
        return {"id": f"organization:{self.code}", "label": self.name}

    def profile(self) -> dict[str, str]:
        """Return the reference to its profile record; the loader replaces the code."""
        return {"id": f"profile:{self.code}", "label": self.name}


@dataclass
class World:
    """Everything that generators draw from. Two worlds of the same seed and day are equal."""

    seed: int
    today: date
    words: dict[str, Any] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.words = words()
        self.chance = random.Random(self.seed)  # noqa: S311 - plausible data, not secrets
        self.units = [*_shown_units(), *self._enterprises(), *self._colleges()]

    def next(self) -> int:
        """Return a number that was not given before."""
        self.count += 1
        return self.count

    def pick(self, choices: Sequence[Any]) -> Any:
        """Return one of *choices*."""
        return self.chance.choice(choices)

    def some(self, choices: Sequence[Any], low: int, high: int) -> list[Any]:
        """Return between *low* and *high* different ones of *choices*, in their order."""
        wanted = min(len(choices), self.chance.randint(low, high))
        taken = set(self.chance.sample(range(len(choices)), wanted))
        return [choice for number, choice in enumerate(choices) if number in taken]

    def maybe(self, share: float) -> bool:
        """Return true in *share* of all cases."""
        return self.chance.random() < share

    def person(self, sex: str | None = None) -> tuple[str, str]:
        """Return an invented name and the sex (1, 2)."""
        sex = sex or self.pick("112")
        return self.pick(self.words["surnames"]) + self.pick(self.words["given"][sex]), sex

    def mobile(self) -> str:
        """Return a mobile number that nobody has."""
        return numbers.mobile(self.next() % 10_000)

    def day(self, ago_from: int, ago_to: int) -> date:
        """Return a day between *ago_from* and *ago_to* days before today (the greater first)."""
        return self.today - timedelta(days=self.chance.randint(ago_to, ago_from))

    def address(self, county: str) -> str:
        """Return an invented address."""
        return f"{county}{self.pick(self.words['streets'])}{self.chance.randint(1, 300)}号"

    def file(self, count: int = 1) -> list[str]:
        """Return ids of attachments; the loader puts the demonstration file behind them."""
        return [f"demo{self.next():08d}" for _ in range(count)]

    def of_kind(self, kind: str) -> list[Unit]:
        """Return the organizations of a kind."""
        return [unit for unit in self.units if unit.kind == kind]

    def _enterprises(self) -> list[Unit]:
        found: list[Unit] = []
        names: set[str] = set()
        counties = {str(row["code"]): row["name_zh"] for row in regions()}
        for region, trades in self.words["counties"].items():
            wanted = 2 if region == CITY or any(_own(unit, region) for unit in _shown_units()) else 3
            for number in range(wanted):
                trade = trades[number % len(trades)]
                short = self._company(trade)
                while short in names:
                    short = self._company(trade)
                names.add(short)
                code = numbers.credit_code("91", CITY if region == CITY else region, 910_000 + self.next())
                place = "齐齐哈尔" if region == CITY else counties[region]
                size = self.pick([36, 58, 85, 120, 160, 240, 320, 460, 720, 1500 if trade == "machine" else 280])
                found.append(Unit(code, place + short, short[:4], "enterprise", region, trade, size))
        return found

    def _company(self, trade: str) -> str:
        """Return the name of a company without its place."""
        name: str = self.pick(self.words["brands"]) + self.pick(self.words["trades"][trade]["suffix"])
        return name

    def _colleges(self) -> list[Unit]:
        return [
            Unit(
                numbers.credit_code("12", str(school["region"]), 920_000 + self.next()),
                school["name"],
                school["short"],
                "college",
                str(school["region"]),
            )
            for school in self.words["schools"]
        ]


def words() -> dict[str, Any]:
    """Return the words that the demo speaks in."""
    return read(Path(WORDS), _PARTS)


def regions() -> list[dict[str, Any]]:
    """Return the regions of the pack."""
    rows: list[dict[str, Any]] = read(PACK / "regions.yaml", {"regions"})["regions"]
    return rows


@lru_cache(maxsize=1)
def posts() -> frozenset[tuple[str, str]]:
    """Return the roles that have an account, each with the region of its organization."""
    data = read(ACCOUNTS, {"password", "organizations", "accounts"})
    places = {row["code"]: str(row["region"]) for row in data["organizations"]}
    return frozenset((row["role"], places[row["organization"]]) for row in data["accounts"])


def county_names() -> dict[str, str]:
    """Return the names of the regions by code."""
    return {str(row["code"]): row["name_zh"] for row in regions()}


def _own(unit: Unit, region: str) -> bool:
    return unit.kind == "enterprise" and unit.region == region


def _shown_units() -> list[Unit]:
    """Return the colleges and enterprises that have demo accounts."""
    data = read(ACCOUNTS, {"password", "organizations", "accounts"})
    trades = words()["counties"]
    return [
        Unit(
            row["code"],
            row["name"],
            row["short_name"],
            row["kind"],
            str(row["region"]),
            trades[str(row["region"])][0] if row["kind"] == "enterprise" else "",
            360 if row["kind"] == "enterprise" else 0,
            shown=True,
        )
        for row in data["organizations"]
        if row["kind"] in {"college", "enterprise"}
    ]
