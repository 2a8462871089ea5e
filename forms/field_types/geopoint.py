"""A place on the earth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.answers.typed_text import narrow_signs
from forms.definition import CodeList, Field
from forms.field_types.base import plain_text
from forms.field_types.parts import PartedType
from forms.labels import Label

LATITUDE, LONGITUDE = "lat", "lng"
#: Six places are a tenth of a metre: no receiver knows more.
PLACES = 6
FARTHEST = 360
STEP = Decimal(1).scaleb(-PLACES)
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:\.\d+)?", re.ASCII)

NOT_A_PLACE = Label(
    "请填纬度和经度两个数，如 47.354348, 123.918186",
    "Enter latitude and longitude, such as 47.354348, 123.918186",
)
SWAPPED = Label(
    "纬度应在 -90 到 90 之间；经纬度可能填反了",
    "Latitude lies between -90 and 90; the two may have been swapped",
)


class GeoPoint(PartedType):
    """``{"lat": "47.354348", "lng": "123.918186"}`` in degrees of WGS 84, six decimal places, as text.

    There is no map: the numbers are typed, pasted together, or taken from the device.
    """

    name = "geopoint"
    label = Label("经纬度", "Position")
    group = "relation"
    about = Label("WGS-84 纬度和经度，可取设备位置", "Latitude and longitude, typed or taken from the device")
    widget = "geopoint"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("geopoint",)

    def parts(self, field: Field) -> tuple[Field, ...]:
        return (
            _degrees(LATITUDE, Label("纬度", "Latitude"), 90),
            _degrees(LONGITUDE, Label("经度", "Longitude"), 180),
        )

    def read_text(self, field: Field, text: Any, code_list: CodeList | None) -> Mapping[str, Any]:
        """Read ``47.354348, 123.918186``, and what XLSForm tools write: two numbers, altitude and accuracy behind."""
        items = [] if isinstance(text, list) else re.split(r"[\s,，、]+", narrow_signs(plain_text(text)))
        if not 2 <= len(items) <= 4 or not all(map(_NUMBER.fullmatch, items[:2])):
            raise Invalid("not_place", NOT_A_PLACE)
        return {LATITUDE: items[0], LONGITUDE: items[1]}

    def compile(self, field: Field, code_list: CodeList | None) -> Any:
        check_parts = super().compile(field, code_list)

        def check(raw: Any) -> dict[str, Any]:
            given = raw if isinstance(raw, Mapping) else self.read_text(field, raw, code_list)
            both = {key: _rounded(value) for key, value in given.items()}
            try:
                return check_parts(both)  # type: ignore[no-any-return]
            except Invalid as error:
                if _swapped(both):
                    raise Invalid(error.code, SWAPPED) from error
                raise

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        if not isinstance(value, Mapping):
            return str(value)
        latitude, longitude = value.get(LATITUDE), value.get(LONGITUDE)
        if latitude is None or longitude is None:
            return str(latitude or longitude or "")
        down, across = Decimal(latitude), Decimal(longitude)
        if language == "en":
            return f"{abs(down)}° {'N' if down >= 0 else 'S'}, {abs(across)}° {'E' if across >= 0 else 'W'}"
        return f"{'北纬' if down >= 0 else '南纬'} {abs(down)}°，{'东经' if across >= 0 else '西经'} {abs(across)}°"

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return f"{value[LATITUDE]}, {value[LONGITUDE]}"

    def note(self, field: Field, language: str) -> str:
        return Label("WGS-84 坐标，单位为度", "WGS 84, in degrees").get(language)

    def xlsform(self, field: Field) -> str | None:
        return "geopoint"

    def xlsform_value(self, field: Field, value: Any) -> str:
        found = value if isinstance(value, Mapping) else self.read_text(field, value, None)
        return f"{found.get(LATITUDE, '')} {found.get(LONGITUDE, '')} 0 0"

    def from_xlsform_value(self, text: str) -> Any:
        latitude, longitude, *_ = [*text.split(), "", ""]
        return {LATITUDE: latitude, LONGITUDE: longitude}


def _degrees(key: str, label: Label, most: int) -> Field:
    settings = {"min": -most, "max": most, "places": PLACES}
    return Field(key, "decimal", label, required=True, unit=Label("°", "°"), settings=settings)


def _rounded(value: Any) -> Any:
    """Return a number with the places that are kept: devices tell fifteen, which nobody means."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return value
    if isinstance(value, str):
        text = narrow_signs(plain_text(value))
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
    else:
        number = Decimal(str(value))
    if number is None or not number.is_finite() or abs(number) > FARTHEST:
        return value
    rounded = number.quantize(STEP, rounding=ROUND_HALF_UP)
    return format(rounded or abs(rounded), "f")


def _swapped(parts: Mapping[str, Any]) -> bool:
    """Tell whether the two would fit the other way round."""
    texts = [str(parts.get(key)) for key in (LATITUDE, LONGITUDE)]
    if not all(map(_NUMBER.fullmatch, texts)):
        return False
    latitude, longitude = map(Decimal, texts)
    return 90 < abs(latitude) <= 180 and abs(longitude) <= 90


TYPE = GeoPoint()
