"""The check vectors of working time, as data; run as a program it prints what the shipped calendars make of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from logbook.core.budgets import Frame
from logbook.core.budgets import Span
from logbook.core.budgets import end_of
from logbook.core.budgets import parse_within
from logbook.core.calendarfile import calendars_of
from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.form import Library
from logbook.core.moments import days_in
from logbook.core.sources import Source
from logbook.store import codec

ZONE = ZoneInfo("Asia/Shanghai")
FILE = Path(__file__).parents[2] / "templates/core/calendars.yaml"
# The calendar of the fifth case, as a site writes it in its logbook.yaml.
OWN = {"late": {"weekly": {"daily": "20:30-08:30"}}}


@dataclass(frozen=True)
class Vector:
    """A budget in a calendar from a start, and when it is due (24:00 = the end of that day)."""

    within: str
    calendar: str
    start: str
    due: str
    roll: bool = False
    paused: tuple[str, str] | None = None


VECTORS = (
    Vector("4 working_hours", "office", "2026-02-13 16:30", "2026-02-14 11:30"),
    Vector("1.5 working_hours", "office", "2026-11-20 16:30", "2026-11-20 18:00"),
    Vector("2 working_hours", "office", "2026-11-23 11:00", "2026-11-23 14:30"),
    Vector("30 minutes", "office", "2026-11-22 23:50", "2026-11-23 00:20"),
    Vector("1 working_hour", "late", "2026-11-22 23:30", "2026-11-23 00:30"),
    Vector("1 working_hour", "late", "2026-11-23 10:00", "2026-11-23 21:30"),
    Vector("8 working_hours", "office", "2026-11-19 15:00", "2026-11-23 14:30",
           paused=("2026-11-20 11:00", "2026-11-23 10:00")),
    Vector("3 working_days", "office", "2026-09-18 20:00", "2026-09-22 18:00"),
    Vector("7 days", "office", "2026-09-25 10:00", "2026-10-08 24:00", roll=True),
    Vector("7 days", "office", "2026-09-25 10:00", "2026-10-02 24:00"),
    Vector("1 month", "office", "2026-01-31 10:00", "2026-02-28 24:00"),
    Vector("2 months", "office", "2026-01-31 10:00", "2026-03-31 24:00"),
)  # fmt: skip


def instant(text: str) -> int:
    day, _, clock = text.partition(" ")
    hour, minute = map(int, clock.split(":"))
    return int((datetime.fromisoformat(day).replace(tzinfo=ZONE) + timedelta(hours=hour, minutes=minute)).timestamp())


def due(vector: Vector, calendar: Calendar) -> int | None:
    """When the budget of a vector is up, in seconds since 1970."""
    within = parse_within(vector.within)
    assert isinstance(within, Span)
    paused = [(instant(vector.paused[0]), instant(vector.paused[1]))] if vector.paused else ()
    frame = Frame(days_in(ZONE), lambda name: None, lambda: Hours(calendar, ZONE), vector.roll)
    return end_of(within, instant(vector.start), frame, paused)


def shipped() -> dict[str, Calendar]:
    """The calendars of the standard forms and the one above."""
    document, issues = codec.read_definition(FILE.read_bytes())
    assert document is not None, issues
    source = Source("templates/core/calendars.yaml", document.plain, document.line, document.place)
    return dict(calendars_of(Library(shared={"calendars": (source,)}), OWN, {}))


def lines() -> list[str]:
    """A line for every vector: what it asks, what is right, whether the calendars agree."""
    calendars = shipped()
    return [
        f"{one.within:<18} {one.calendar:<7} {one.start}  {one.due}"
        f"  {'right' if due(one, calendars[one.calendar]) == instant(one.due) else 'WRONG'}"
        for one in VECTORS
    ]


if __name__ == "__main__":
    print("\n".join(lines()))
