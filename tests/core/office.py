"""The `office` calendar of 2026 as far as the check vectors need it."""

from __future__ import annotations

from datetime import date

from logbook.core.calendars import Calendar
from logbook.core.calendars import office


def office_2026() -> Calendar:
    holidays = [date(2026, 9, day) for day in (25, 26, 27)] + [date(2026, 10, day) for day in range(1, 8)]
    workdays = [date(2026, 2, 14), date(2026, 9, 20), date(2026, 10, 10)]
    notice = "国务院办公厅关于2026年部分节假日安排的通知"
    return office(
        holidays=dict.fromkeys(holidays, notice), workdays=dict.fromkeys(workdays, notice), years=(2026, 2026)
    )
