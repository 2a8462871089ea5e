"""A moment, to the minute."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone
from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, plain_text
from forms.field_types.date import EXCEL_EPOCH, read_date
from forms.labels import Label
from forms.problems import Invalid

PATTERN = re.compile(r"(.+?)[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?")


#: The clock of the whole country.
CHINA = timezone(timedelta(hours=8))
EXCEL_MIDNIGHT = datetime.combine(EXCEL_EPOCH, time())


def local(moment: datetime) -> datetime:
    """Return *moment* by the clock of the country, without its offset, to the second."""
    moment = moment.astimezone(CHINA) if moment.tzinfo else moment
    return moment.replace(tzinfo=None, microsecond=0)


class DateTime(FieldType):
    """A local moment; canonical ``2026-03-01T09:30:00``."""

    name = "datetime"
    label = Label("日期时间", "Date and time")
    operators = (*EQUALITY, *ORDER)
    widget = "date"
    html_type = "datetime-local"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            if isinstance(raw, datetime):
                return local(raw).isoformat()
            if isinstance(raw, int | float) and not isinstance(raw, bool) and 10_000 <= raw < 100_000:
                return (EXCEL_MIDNIGHT + timedelta(seconds=round(raw * 86_400))).isoformat()
            match = PATTERN.fullmatch(plain_text(raw))
            if match is None:
                raise Invalid(
                    "not_datetime",
                    Label("请填日期和时间，如 2026-03-01 09:30", "Enter date and time such as 2026-03-01 09:30"),
                )
            day = read_date(match[1])
            hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
            if hour > 23 or minute > 59 or second > 59:
                raise Invalid(
                    "not_datetime", Label("时间应在 00:00 到 23:59 之间", "The time lies between 00:00 and 23:59")
                )
            offset = (match[5] or "").replace("Z", "+00:00")
            return local(datetime.fromisoformat(f"{day}T{hour:02d}:{minute:02d}:{second:02d}{offset}")).isoformat()

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return str(value).replace("T", " ")[:16]

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(
            width=17, text=True, note=Label("如 2026-03-01 09:30", "Such as 2026-03-01 09:30").get(language)
        )

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return str(value).replace("T", " ")

    def xlsform(self, field: Field) -> str | None:
        return "dateTime"


TYPE = DateTime()
