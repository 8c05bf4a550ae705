"""A reference clock that walks minute by minute and day by day; slow, and sharing no counting with the product."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import timedelta
from zoneinfo import ZoneInfo

from logbook.core.calendars import Calendar

Pause = tuple[int, int]

_LIMIT = 900 * 1440  # minutes after which a walk gives up


def windows(calendar: Calendar, day: date) -> tuple[tuple[int, int], ...]:
    """The windows that begin on a day, read from the calendar's own data: season, then dated exception."""
    here = (day.month, day.day)
    week = calendar.weekly
    for season in calendar.seasons:
        first, last = season.first, season.last
        if (first <= here <= last) if first <= last else (here >= first or here <= last):
            week = season.weekly
            break
    if day in calendar.overrides:
        own = calendar.overrides[day].windows
        if own is not None:
            return own
        return next((one for one in week if one), ())
    return week[day.weekday()]


def works(calendar: Calendar, zone: ZoneInfo, instant: int) -> bool:
    """Whether the minute that begins at an instant is working time, by the clock on the wall."""
    wall = datetime.fromtimestamp(instant, zone)
    minute = wall.hour * 60 + wall.minute
    today, yesterday = windows(calendar, wall.date()), windows(calendar, wall.date() - timedelta(days=1))
    return any(a <= minute < b for a, b in today) or any(a <= minute + 1440 < b for a, b in yesterday)


def paused(instant: int, pauses: Sequence[Pause]) -> bool:
    return any(begin <= instant < end for begin, end in pauses)


def after_minutes(start: int, minutes: int, pauses: Sequence[Pause]) -> int:
    """When so many minutes are over that are not paused."""
    for walked in range(_LIMIT):
        at = start + walked * 60
        if not paused(at, pauses):
            minutes -= 1
            if minutes == 0:
                return at + 60
    raise AssertionError("no end")


def after_working_minutes(
    calendar: Calendar, zone: ZoneInfo, start: int, minutes: int, pauses: Sequence[Pause]
) -> int:
    """When so many minutes of working time are over that are not paused."""
    for walked in range(_LIMIT):
        at = start + walked * 60
        if works(calendar, zone, at) and not paused(at, pauses):
            minutes -= 1
            if minutes == 0:
                return at + 60
    raise AssertionError("no end")


def midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def after_days(zone: ZoneInfo, start: int, n: int, pauses: Sequence[Pause]) -> int:
    """24:00 of the n-th day after the day of the start; a day that begins paused is not counted."""
    day = datetime.fromtimestamp(start, zone).date()
    while n:
        day += timedelta(days=1)
        if not paused(midnight(day, zone), pauses):
            n -= 1
    return midnight(day + timedelta(days=1), zone)


def after_working_days(calendar: Calendar, zone: ZoneInfo, start: int, n: int, pauses: Sequence[Pause]) -> int:
    """The close of the n-th working day after the day of the start."""
    day = datetime.fromtimestamp(start, zone).date()
    while n:
        day += timedelta(days=1)
        if windows(calendar, day) and not paused(midnight(day, zone), pauses):
            n -= 1
    return midnight(day, zone) + max(end for _, end in windows(calendar, day)) * 60


def after_months(zone: ZoneInfo, start: int, n: int, pauses: Sequence[Pause]) -> int:
    """24:00 of the corresponding day, else of the month's last; a day for each day that begins paused."""
    first = datetime.fromtimestamp(start, zone).date()
    year, month = first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1
    last = date(year, month, min(first.day, monthrange(year, month)[1]))
    return after_days(zone, start, (last - first).days, pauses)


def due(budget: str, calendar: Calendar, zone: ZoneInfo, start: int, pauses: Sequence[Pause] = ()) -> int:
    """When a budget such as ``90 minutes`` or ``3 working_days`` is up, counting each pause only where it
    began before that."""
    number, unit = budget.split(" ")
    counting: list[Pause] = []
    for following in [*sorted(pauses), None]:
        if unit == "minutes":
            end = after_minutes(start, int(number), counting)
        elif unit == "working_hours":
            end = after_working_minutes(calendar, zone, start, int(float(number) * 60), counting)
        elif unit == "days":
            end = after_days(zone, start, int(number), counting)
        elif unit == "working_days":
            end = after_working_days(calendar, zone, start, int(number), counting)
        else:
            end = after_months(zone, start, int(number), counting)
        if following is None or following[0] > end:
            return end
        counting.append(following)
    raise AssertionError("unreachable")
