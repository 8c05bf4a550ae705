"""The grid of duties: every day of a month, and how what was due on it stands."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from datetime import date

from logbook.core.moments import from_epoch
from logbook.core.sitepages import Day
from logbook.core.sitepages import DutyLine
from logbook.core.sitepages import Grid
from logbook.core.sitepages import Miss
from logbook.core.text import Text
from logbook.operations.duties import Ledger

_TOLD = ("missed", "late", "waived")
MOST = 300  # so many misses of a month are told one by one


def month_before(month: str) -> str:
    """The month before ``2026-11``."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def first_month(ledger: Ledger) -> str | None:
    """The month from which on any duty is expected; None where none is."""
    begins = [begin for duty in ledger.expecting if (begin := ledger.begin(duty)) is not None and begin <= ledger.now]
    return from_epoch(min(begins), ledger.session.zone).strftime("%Y-%m") if begins else None


def grid(ledger: Ledger, month: str, months: Sequence[str], path: Callable[[str], str | None]) -> Grid:
    """One month. ``path``: of the record with that number."""
    session = ledger.session
    year, number = int(month[:4]), int(month[5:7])
    days = calendar.monthrange(year, number)[1]
    first = date(year, number, 1).toordinal()
    begin, end = ledger.days.begin(first), ledger.days.begin(first + days)
    today = session.now.astimezone(session.zone).date()
    lines: list[DutyLine] = []
    misses: list[Miss] = []
    roles = session.library.roles
    for duty in ledger.expecting:
        counts: dict[int, Counter[str]] = {}
        alone: dict[int, str | None] = {}
        role = roles.get(duty.role, Text(duty.role, duty.role)) if duty.role else None
        pairs = ledger.pairs(duty, ended=True, all_=True, due=(begin, end))
        for pair, one in ledger.standings(duty, pairs, begin, end):
            occurrence = one.occurrence
            day = from_epoch(occurrence.due - 1, session.zone).day  # midnight is the end of the day before
            counts.setdefault(day, Counter())[one.state] += 1
            record = one.mark.record if one.mark is not None else None
            alone[day] = record if day not in alone else None
            if one.state in _TOLD:
                when = from_epoch(occurrence.due, session.zone)
                place = path(record) if record else None
                subject = pair.title or pair.subject
                misses.append(Miss(duty.label, subject, occurrence.slot, when, one.state, role, place, record))
        if counts:
            sums = Counter(state for its in counts.values() for state in its.elements())
            cells = {
                day: Day(dict(its), path(record) if (record := alone[day]) else None)
                for day, its in sorted(counts.items())
            }
            lines.append(DutyLine(duty.id, duty.label, role, cells, dict(sums)))
    lines.sort(key=lambda line: (-line.sums.get("missed", 0), -line.sums.get("late", 0)))
    misses.sort(key=lambda one: (_TOLD.index(one.state), -one.due.timestamp(), one.duty.zh, one.subject, one.slot))
    shown = today.day if (today.year, today.month) == (year, number) else None
    return Grid(month, days, shown, lines, misses[:MOST], len(misses), months)
