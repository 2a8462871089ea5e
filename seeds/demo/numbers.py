"""Numbers with right check digits that belong to nobody."""

from __future__ import annotations

from datetime import date

from stdnum.cn import uscc

from forms.field_types.id_card import check_digit

#: No district of Qiqihar ever had this code, so no identity number begins with it.
UNASSIGNED_DISTRICT = "230299"
#: No operator was given this range of mobile numbers.
UNUSED_MOBILES = "1540452"

_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def organization_check(body: str) -> str:
    """Return the check character of the first eight characters of an organization code (GB 11714)."""
    total = sum(_VALUES.index(char) * weight for char, weight in zip(body, _WEIGHTS, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def credit_code(prefix: str, region: str, number: int) -> str:
    """Return a credit code whose own check character is right and whose inner one is wrong: it is nobody's.

    :param prefix: registering authority and kind, two digits.
    """
    body = f"MA{number:06d}"
    inner = next(digit for digit in "1234567890" if digit != organization_check(body))
    head = f"{prefix}{region}{body}{inner}"
    return head + str(uscc.calc_check_digit(head))


def id_number(birth: date, order: int, *, male: bool) -> str:
    """Return an identity number with a right check digit, of a district that never existed."""
    body = f"{UNASSIGNED_DISTRICT}{birth:%Y%m%d}{order * 2 % 1000 + male:03d}"
    return body + check_digit(body)


def mobile(number: int) -> str:
    """Return a mobile number of a range that is not in use."""
    return f"{UNUSED_MOBILES}{number:04d}"
