"""Stretches of time a report is about: days, weeks, months, quarters, years, and those before them."""

from __future__ import annotations

import re
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from zoneinfo import ZoneInfo

from logbook.core.moments import add_months
from logbook.core.reporting import Period
from logbook.core.text import Text

MOMENT, SPAN = "moment", "span"
KINDS = ("day", "week", "month", "quarter", "half", "year")
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def begin_of(kind: str, day: date) -> date:
    """The first day of the period of that kind in which ``day`` lies. Weeks begin on Monday."""
    if kind == "day":
        return day
    if kind == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[kind]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def moved(kind: str, first: date, count: int) -> date:
    """The first day of the period ``count`` later (or earlier) than the one that begins with ``first``."""
    if kind in ("day", "week"):
        return first + timedelta(days=count * (1 if kind == "day" else 7))
    return add_months(first, count * _MONTHS[kind])


def period_of(kind: str, day: date, zone: ZoneInfo) -> Period:
    """The period of that kind in which ``day`` lies."""
    first = begin_of(kind, day)
    end = moved(kind, first, 1)
    return Period(kind, _midnight(first, zone), _midnight(end, zone), label_of(kind, first, end))


def stretch_of(text: str) -> tuple[date, date] | None:
    """First day, and the day after the last, of a quarter or year written as text: ``2026-Q4``, ``2026``."""
    found = re.fullmatch(r"([1-9][0-9]{3})(?:-?[Qq]([1-4]))?", text.strip())
    if found is None:
        return None
    first = date(int(found[1]), 3 * int(found[2]) - 2 if found[2] else 1, 1)
    return first, moved("quarter" if found[2] else "year", first, 1)


def last_of(kind: str, now: datetime, zone: ZoneInfo, *, back: int = 1) -> Period:
    """The last complete period before ``now``; ``back`` 0: the one that is running, 2: the one before the last."""
    today = now.astimezone(zone).date()
    return period_of(kind, moved(kind, begin_of(kind, today), -back), zone)


def span_of(start: datetime, end: datetime) -> Period:
    """A stretch between two moments of which neither need begin anything."""
    last = end - timedelta(seconds=1)
    told = f"{start:%Y-%m-%d}" if start.date() == last.date() else f"{start:%Y-%m-%d} – {last:%Y-%m-%d}"
    return Period(SPAN, start, end, Text(told, told))


def moment_of(moment: datetime) -> Period:
    """No stretch but a moment: how things stand."""
    told = moment.strftime("%Y-%m-%d %H:%M")
    return Period(MOMENT, moment, moment, Text(f"截至 {told}", f"as of {told}"))


def before(period: Period, zone: ZoneInfo, count: int = 1) -> Period:
    """The period of the same kind ``count`` before this one; of a span one as long."""
    if period.kind == MOMENT:
        return period
    if period.kind == SPAN:
        return span_of(period.start - (period.end - period.start), period.start)
    return period_of(period.kind, moved(period.kind, period.start.astimezone(zone).date(), -count), zone)


def label_of(kind: str, first: date, end: date) -> Text:
    """How people call it."""
    year, month = first.year, first.month
    if kind == "day":
        return Text(first.isoformat(), first.isoformat())
    if kind == "month":
        return Text(f"{year} 年 {month} 月", f"{year}-{month:02d}")
    if kind == "quarter":
        return Text(f"{year} 年第 {(month + 2) // 3} 季度", f"{year} Q{(month + 2) // 3}")
    if kind == "half":
        return Text(f"{year} 年{'上' if month == 1 else '下'}半年", f"{year} H{1 if month == 1 else 2}")
    if kind == "year":
        return Text(f"{year} 年", str(year))
    last = end - timedelta(days=1)
    week = first.isocalendar()
    told = f"{first:%m-%d} – {last:%m-%d}"
    return Text(f"{week[0]} 年第 {week[1]} 周（{told}）", f"{week[0]} week {week[1]} ({told})")


def short_label(period: Period) -> Text:
    """The same in few letters, for the axis of a chart."""
    day = period.start
    if period.kind == "day":
        return Text(f"{day:%m-%d}", f"{day:%m-%d}")
    if period.kind == "month":
        return Text(f"{day:%Y-%m}", f"{day:%Y-%m}")
    if period.kind == "week":
        return Text(f"{day.isocalendar()[1]} 周", f"W{day.isocalendar()[1]}")
    return period.label


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
