"""The whole demo city: its organizations and its records, in the order in which they can be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from seeds.demo.bases import FORM as BASES
from seeds.demo.bases import bases
from seeds.demo.demands import FORM as DEMANDS
from seeds.demo.demands import demands
from seeds.demo.profiles import ENTERPRISE, SCHOOL, enterprises, schools
from seeds.demo.steps import Planned
from seeds.demo.teachers import FORM as TEACHERS
from seeds.demo.teachers import teachers
from seeds.demo.world import Unit, World

SEED = 7
#: The forms with demo records, each behind those that it refers to.
FORMS = (SCHOOL, ENTERPRISE, DEMANDS, TEACHERS, BASES)


@dataclass(frozen=True, slots=True)
class City:
    """What there is to load."""

    units: tuple[Unit, ...]
    records: tuple[Planned, ...]

    def of_form(self, form_key: str) -> list[Planned]:
        """Return the records of a form."""
        return [record for record in self.records if record.form == form_key]


def build(today: date, seed: int = SEED) -> City:
    """Return the city as it stands on a day: the same for the same day and seed."""
    world = World(seed, today)
    return City(tuple(world.units), tuple(_records(world)))


def _records(world: World) -> Iterator[Planned]:
    for kind in (schools, enterprises, demands, teachers, bases):
        yield from kind(world)
