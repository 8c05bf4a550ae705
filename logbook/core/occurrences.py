"""Occurrences of a duty: when it is expected.

Pure functions over whole seconds since 1970 UTC and days by ordinal; nothing here reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from logbook.core.duties import Daily
from logbook.core.duties import EachShift
from logbook.core.duties import Every
from logbook.core.duties import Monthly
from logbook.core.duties import OnEvent
from logbook.core.duties import OnHoliday
from logbook.core.duties import OnRows
from logbook.core.duties import Weekly
from logbook.core.duties import Weeks
from logbook.core.duties import Yearly
from logbook.core.moments import DAY
from logbook.core.moments import add_months
from logbook.core.moments import days_of_month
from logbook.core.moments import hhmm
from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.core.calendars import Hours
    from logbook.core.duties import Cadence
    from logbook.core.duties import Duty
    from logbook.core.duties import Time
    from logbook.core.moments import Days

# Where no end is set: what an event asks for may be done late at any time.
NEVER = 1 << 60
# When the site has not said what `shift_start` is; every other word then means the end of the day.
SHIFT_START = 510
# Until when an occurrence may be sought that was moved over days off.
_LONGEST_REST = 60
_DAY_CADENCES = (Daily, Every, EachShift)


class Occurrence(NamedTuple):
    """One time a duty is expected. Key: duty, subject, ``nominal``, ``slot``. Fulfilled by a record
    whose moment lies in [``opens``, ``closes``]; on time up to and with ``due``."""

    nominal: int
    slot: str
    opens: int
    due: int
    closes: int


class Mark(NamedTuple):
    """One fulfilment: ``at`` it happened, ``counted`` it was written down (``at`` for imported ones)."""

    at: int
    counted: int
    record: str
    period: str | None = None
    slot: str | None = None


class Trigger(NamedTuple):
    """What makes occurrences of an ``on:`` or ``during`` duty: ``subject`` is the record's id (empty for
    rows that concern every subject), ``at``..``end`` the instant or the interval (None = still on);
    of an event, ``end`` is the agreed moment its budget names."""

    subject: str
    at: int
    end: int | None
    record: str


class Waiver(NamedTuple):
    """An approved excuse for the nominal days ``first``..``last`` (both included), one slot or all."""

    first: int
    last: int
    slot: str | None = None


class Standing(NamedTuple):
    """How an occurrence stands: upcoming, due, done, late, missed, waived; ``mark`` fulfilled it."""

    occurrence: Occurrence
    state: str
    mark: Mark | None = None


@dataclass(slots=True)
class Frame:
    """What duties are counted in: see :func:`frame_of`. ``hours`` gives the calendar of a name or None,
    ``time`` the minutes of a word of the site's hours in a season, ``window`` both ends of one."""

    days: Days
    hours: Callable[[str], Hours | None]
    season: Callable[[int], str | None] = lambda day: None
    time: Callable[[str, str | None], int | None] = lambda word, season: None
    window: Callable[[str, str | None], tuple[int, int] | None] = lambda word, season: None
    posts: Mapping[str, Any] = field(default_factory=dict)


_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?:\s*-\s*([01]?\d|2[0-4]):([0-5]\d))?")


def frame_of(
    days: Days, calendars: Mapping[str, Any], settings: Mapping[str, object], posts: Mapping[str, Any] | None = None
) -> Frame:
    """The frame of a book: its zone's days, its calendars by name, ``settings`` of logbook.yaml (``hours``,
    ``season``), its posts."""
    from logbook.core.calendarfile import season_on
    from logbook.core.calendars import Hours

    made: dict[str, Hours | None] = {}
    seasons: dict[int, str | None] = {}
    named = settings.get("hours")
    words = named if isinstance(named, Mapping) else {}

    def hours(name: str) -> Hours | None:
        if name not in made:
            made[name] = Hours(calendars[name], days.zone) if name in calendars else None
        return made[name]

    def season(day: int) -> str | None:
        if day not in seasons:
            seasons[day] = season_on(settings, date.fromordinal(day))
        return seasons[day]

    def text(word: str, season: str | None) -> re.Match[str] | None:
        said = words.get(word)
        if isinstance(said, Mapping):
            said = said.get(season or "normal", said.get("normal"))
        return _HOURS.match(said.strip()) if isinstance(said, str) else None

    def time(word: str, season: str | None) -> int | None:
        found = text(word, season)
        return int(found[1]) * 60 + int(found[2]) if found is not None and found[3] is None else None

    def window(word: str, season: str | None) -> tuple[int, int] | None:
        found = text(word, season)
        if word not in words:
            return of_calendar(word, season)
        if found is None or found[3] is None:
            return None
        begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        return begin, end + 1440 if end <= begin else end

    def of_calendar(name: str, season: str | None) -> tuple[int, int] | None:
        # Hours the settings do not name are those of the calendar of that name, when its days are all alike.
        calendar = calendars.get(name)
        if calendar is None:
            return None
        own = next((one.weekly for one in calendar.seasons if one.name == season), calendar.weekly)
        if len(set(own)) != 1 or len(own[0]) != 1:
            return None
        begin, end = own[0][0]
        return begin, end + 1440 if end <= begin else end

    return Frame(days, hours, season, time, window, posts if posts is not None else {})


# -- expected --------------------------------------------------------------------------------------


def expected(
    duty: Duty, frame: Frame, start: int, end: int, triggers: Sequence[Trigger] = ()
) -> list[Occurrence]:
    """The occurrences with ``start`` < due <= ``end``, by due. ``triggers``: those of one subject (``on:
    event``, ``during``), or all rows of an ``on: rows``; without triggers one list serves every subject."""
    if duty.cadence is None or end <= start:
        return []
    if not duty.earlier:
        found = _by_rule(duty, duty.cadence, frame, start, end, triggers, duty.effective, None)
    else:
        # Clocks.md 14: each rule for the nominal days from its effective date to the next rule's.
        found = _by_rule(duty, duty.cadence, frame, start, end, triggers, duty.effective, None)
        until = duty.effective
        for rule in reversed(duty.earlier):
            ruled = replace(duty, cadence=rule.cadence, off_day=rule.off_day, seasons=rule.seasons)
            found += _by_rule(ruled, rule.cadence, frame, start, end, triggers, rule.effective, until)
            until = rule.effective
    found.sort(key=_order)
    if triggers:
        return [one for one in _told_apart(found) if start < one.due <= end]
    return [one for one in found if start < one.due <= end]


def _by_rule(
    duty: Duty,
    cadence: Cadence,
    frame: Frame,
    start: int,
    end: int,
    triggers: Sequence[Trigger],
    floor: int | None,
    until: int | None,
) -> list[Occurrence]:
    """What one rule makes expected on the nominal days from ``floor`` and before ``until``, about ``start``
    to ``end``; those of one day that records make are all there, since they are told apart by their order."""
    if isinstance(cadence, OnEvent):
        found = list(_after_events(duty, cadence, frame, triggers))
    elif isinstance(cadence, OnRows):
        found = list(_around_rows(duty, cadence, frame, triggers))
    elif isinstance(cadence, Every) and cadence.form is not None:
        begin = frame.days.begin(frame.days.of(start) - 2)  # an interval is a day long at most
        found = [one for trigger in triggers for one in _while_running(cadence, frame, trigger, begin, end)]
        found = [one for one in found if one.nominal > frame.days.of(begin)]
    else:
        margin = 2 if isinstance(cadence, _DAY_CADENCES) else _LONGEST_REST
        first, last = frame.days.of(start) - margin, frame.days.of(end) + margin
        if floor is not None:
            first = max(first, floor)
        if until is not None:
            last = min(last, until - 1)
        if first > last:
            return []
        found = list(_by_days(duty, cadence, frame, first, last))
        if duty.seasons:
            season = frame.season
            found = [one for one in found if season(one.nominal) not in duty.seasons]
            for name, other in duty.seasons.items():
                found += (one for one in _by_days(duty, other, frame, first, last) if season(one.nominal) == name)
    if floor is not None:
        found = [one for one in found if one.nominal >= floor]
    return found if until is None else [one for one in found if one.nominal < until]


def _order(one: Occurrence) -> tuple[int, int, int, str]:
    return one.due, one.opens, one.nominal, one.slot


def _told_apart(found: list[Occurrence]) -> list[Occurrence]:
    """Several events on one day, told apart by a number behind the slot."""
    seen: dict[tuple[int, str], int] = {}
    told = []
    for one in found:
        times = seen[one.nominal, one.slot] = seen.get((one.nominal, one.slot), 0) + 1
        told.append(one if times == 1 else one._replace(slot=f"{one.slot} {times}".strip()))
    return told


def _by_days(duty: Duty, cadence: Cadence, frame: Frame, first: int, last: int) -> Iterator[Occurrence]:
    """The occurrences whose nominal day lies in ``first``..``last`` (more where that costs nothing)."""
    if isinstance(cadence, Daily):
        return _daily(duty, cadence, frame, first, last)
    if isinstance(cadence, Every):
        return _every(duty, cadence, frame, first, last)
    if isinstance(cadence, EachShift):
        return _shifts(duty, cadence, frame, first, last)
    if isinstance(cadence, OnHoliday):
        return _holidays(duty, cadence, frame, first, last)
    return _spans(duty, cadence, frame, first, last)


def _wanted_days(duty: Duty, frame: Frame, first: int, last: int, only: Sequence[int] = ()) -> Iterator[int]:
    hours = frame.hours(duty.calendar) if duty.off_day == "skip" else None
    for day in range(first, last + 1):
        if (only and (day - 1) % 7 not in only) or (hours is not None and not hours.is_working(day)):
            continue
        yield day


def _minutes(said: Time | None, frame: Frame, day: int, default: int) -> int:
    """A time of day in minutes; a word the site has not set is ``default`` (08:30 for ``shift_start``)."""
    if said is None:
        return default
    if isinstance(said, int):
        return said
    found = frame.time(said, frame.season(day))
    if found is not None:
        return found
    return SHIFT_START if said == "shift_start" else default


def _ends(between: tuple[Time, Time] | str | None, frame: Frame, day: int) -> tuple[int, int]:
    """Both ends of a window that begins on ``day``; the second may lie on the next day."""
    if between is None:
        return 0, 1440
    if isinstance(between, str):
        return frame.window(between, frame.season(day)) or (0, 1440)
    begin, end = _minutes(between[0], frame, day, 0), _minutes(between[1], frame, day, 1440)
    return begin, end + 1440 if end <= begin else end


def _daily(duty: Duty, cadence: Daily, frame: Frame, first: int, last: int) -> Iterator[Occurrence]:
    instant, begin = frame.days.instant, frame.days.begin
    names = [""] if cadence.times == 1 else [str(number + 1) for number in range(cadence.times)]
    for day in _wanted_days(duty, frame, first, last, cadence.days):
        if cadence.slots:
            opens, closes = begin(day), begin(day + 1)
            slots = [(_minutes(said, frame, day, 1440), name) for name, said in cadence.slots]
            for minutes, name in sorted(slots, key=lambda slot: slot[0]):
                due = instant(day, minutes)
                yield Occurrence(day, name, opens, due, max(due, closes))
                opens = due
            continue
        if cadence.between is not None:
            from_, until = _ends(cadence.between, frame, day)
        else:
            from_, until = 0, _minutes(cadence.at, frame, day, 1440)
        opens, due = instant(day, from_), instant(day, until)
        closes = max(due, begin(day + 1))
        for name in names:
            yield Occurrence(day, name, opens, due, closes)


def _every(duty: Duty, cadence: Every, frame: Frame, first: int, last: int) -> Iterator[Occurrence]:
    for day in _wanted_days(duty, frame, first, last):
        from_, until = _ends(cadence.between, frame, day)
        opens, end = frame.days.instant(day, from_), frame.days.instant(day, until)
        plain = end - opens == (until - from_) * 60  # no change of summer time inside
        while opens + cadence.seconds <= end:
            due = opens + cadence.seconds
            yield Occurrence(day, hhmm(from_ % 1440) if plain else _clock(frame, opens), opens, due, due)
            opens, from_ = due, from_ + cadence.seconds // 60


def _while_running(
    cadence: Every, frame: Frame, trigger: Trigger, begin: int, end: int
) -> Iterator[Occurrence]:
    """From the last interval that began before ``begin`` on."""
    opens, until = trigger.at, end if trigger.end is None else min(end, trigger.end)
    opens += max(0, (begin - opens) // cadence.seconds) * cadence.seconds
    while opens + cadence.seconds <= until:
        due = opens + cadence.seconds
        yield Occurrence(frame.days.of(opens), _clock(frame, opens), opens, due, due)
        opens = due


def _clock(frame: Frame, instant: int) -> str:
    from logbook.core.moments import from_epoch

    return f"{from_epoch(instant, frame.days.zone):%H:%M}"


def _shifts(duty: Duty, cadence: EachShift, frame: Frame, first: int, last: int) -> Iterator[Occurrence]:
    from logbook.core.shifts import slots_on

    instant = frame.days.instant
    for day in _wanted_days(duty, frame, first, last):
        for name in cadence.posts:
            post = frame.posts.get(name)
            turns = slots_on(post, day, frame.season(day)) if post is not None else []
            for _, from_, until in turns:
                begins, ends = instant(day, from_), instant(day, until)
                half = (ends - begins) // 2
                if cadence.at == "start":
                    opens, due = begins - 7200, begins + cadence.within
                    closes = max(due, begins + half)
                else:
                    opens, due = begins + half, ends + cadence.within
                    closes = max(due, ends + half)
                slot = name if len(turns) == 1 else f"{name} {from_ // 60 % 24:02}:{from_ % 60:02}"
                yield Occurrence(day, slot, opens, due, closes)


def _holidays(duty: Duty, cadence: OnHoliday, frame: Frame, first: int, last: int) -> Iterator[Occurrence]:
    hours = frame.hours(duty.calendar)
    if hours is None:
        return
    begin, both = frame.days.begin, cadence.before > 0 and cadence.after > 0
    for start, end in holidays(hours, cadence.name):
        if first <= start <= last and cadence.before:
            due = begin(start)
            yield Occurrence(start, "before" if both else "", begin(start - cadence.before), due, due)
        if first <= end <= last and cadence.after:
            due = begin(end + 1 + cadence.after)
            late = cadence.after * DAY // 2
            yield Occurrence(end, "after" if both else "", begin(end + 1), due, due + late)


def holidays(hours: Hours, name: str = "any") -> list[tuple[int, int]]:
    """The blocks of public holidays a calendar knows, first and last day; ``name``: only those with that
    word in a notice."""
    known = hours.calendar.overrides
    blocks: list[tuple[int, int]] = []
    for day in sorted(day.toordinal() for day in known if hours.calendar.is_holiday(day)):
        if blocks and blocks[-1][1] == day - 1:
            blocks[-1] = (blocks[-1][0], day)
        else:
            blocks.append((day, day))
    if name == "any":
        return blocks
    return [
        (first, last)
        for first, last in blocks
        if any(name in known[date.fromordinal(day)].notice for day in range(first, last + 1))
    ]


# -- occurrences that are counted in whole days


def _spans(
    duty: Duty, cadence: Weekly | Weeks | Monthly | Yearly | Any, frame: Frame, first: int, last: int
) -> Iterator[Occurrence]:
    begin = frame.days.begin
    hours = frame.hours(duty.calendar) if duty.off_day != "keep" or isinstance(cadence, Monthly) else None
    for nominal, opens, due, late, times in _plan(cadence, hours, first, last):
        if duty.off_day != "keep" and hours is not None:
            if duty.off_day == "skip":
                window = range(opens if not late else due, due + 1)
                if not any(hours.is_working(day) for day in window):
                    continue
            elif duty.off_day == "next" and isinstance(cadence, Monthly) and cadence.between is not None:
                due = _prolonged(hours, opens, due)
            else:
                due = _moved(hours, due, 1 if duty.off_day == "next" else -1)
            opens = min(opens, due)
        instant = begin(due + 1)
        for number in range(times):
            slot = "" if times == 1 else str(number + 1)
            yield Occurrence(nominal, slot, begin(opens), instant, instant + late)


def _moved(hours: Hours, day: int, step: int) -> int:
    """The nearest working day from ``day`` on in that direction; ``day`` itself where none is near."""
    for distance in range(_LONGEST_REST):
        if hours.is_working(day + step * distance):
            return day + step * distance
    return day


def _prolonged(hours: Hours, first: int, last: int) -> int:
    """The end of a window to which every day off inside adds a working day (clocks.md 15)."""
    missing = sum(not hours.is_working(day) for day in range(first, last + 1))
    day, limit = last, last + _LONGEST_REST
    while missing and day < limit:
        day += 1
        missing -= hours.is_working(day)
    return day if not missing else last


def _plan(cadence: Any, hours: Hours | None, first: int, last: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Nominal day, day it opens, day it is due (before days off are looked at), seconds it may be late,
    how many are wanted. Dated ones open after the one before and may be late by half a period; those
    that only want something done within a period end with it."""
    if isinstance(cadence, Weekly):
        for monday in range(first - (first - 1) % 7, last + 1, 7):
            if cadence.weekday is not None:
                day = monday + cadence.weekday
                yield day, day - 6, day, 7 * DAY // 2, 1
            else:
                yield monday + 6, monday, monday + 6, 0, cadence.times
    elif isinstance(cadence, Weeks):
        length = 7 * cadence.every
        at = max(cadence.start, first - (first - cadence.start) % length)
        for begins in range(at, last + 1, length):
            yield begins + length - 1, begins, begins + length - 1, 0, 1
    elif isinstance(cadence, Monthly):
        yield from _monthly(cadence, hours, first, last)
    else:
        period = date(date.fromordinal(first).year, 1, 1)
        while period.toordinal() <= last:
            yield _yearly(cadence, period)
            period = add_months(period, cadence.months)


def _monthly(
    cadence: Monthly, hours: Hours | None, first: int, last: int
) -> Iterator[tuple[int, int, int, int, int]]:
    month = date.fromordinal(first).replace(day=1)
    while month.toordinal() <= last:
        begins, length = month.toordinal(), days_of_month(month.year, month.month)
        half = length * DAY // 2
        if cadence.day is not None:
            before = add_months(month, -1)
            day = _in_month(month, cadence.day)
            yield day, _in_month(before, cadence.day) + 1, day, half, 1
        elif cadence.on is not None:
            day = _in_month(month, cadence.on)
            yield day, day, day, half, 1
        elif cadence.between is not None:
            day = _in_month(month, cadence.between[1])
            yield day, min(_in_month(month, cadence.between[0]), day), day, half, 1
        elif cadence.working_day is not None:
            day = _working_day(hours, begins, length, cadence.working_day)
            yield day, begins, day, half, 1
        else:
            yield begins + length - 1, begins, begins + length - 1, 0, cadence.times
        month = add_months(month, 1)


def _in_month(month: date, day: int) -> int:
    """A day of the month, the last where it has no such day or ``day`` is 0."""
    length = days_of_month(month.year, month.month)
    return month.toordinal() + (min(day, length) if day else length) - 1


def _working_day(hours: Hours | None, begins: int, length: int, n: int) -> int:
    working = [day for day in range(begins, begins + length) if hours is None or hours.is_working(day)]
    return working[min(n, len(working)) - 1] if working else begins + length - 1


def _yearly(cadence: Yearly, begins: date) -> tuple[int, int, int, int, int]:
    def dated(start: date) -> int:
        return _in_month(add_months(start, (cadence.month or cadence.months) - 1), cadence.day or 0)

    if cadence.day is None and cadence.month is None:
        last = add_months(begins, cadence.months).toordinal() - 1
        return last, begins.toordinal(), last, 0, 1
    day, before = dated(begins), dated(add_months(begins, -cadence.months))
    return day, before + 1, day, (day - before) * DAY // 2, 1


# -- occurrences that records make


def _after_events(
    duty: Duty, cadence: OnEvent, frame: Frame, triggers: Sequence[Trigger]
) -> Iterator[Occurrence]:
    hours = frame.hours(duty.calendar) if duty.off_day != "keep" else None
    for trigger in triggers:
        due = _budget(cadence.within, duty, frame, trigger.at, trigger.end)
        if due is None:
            continue
        if hours is not None:
            day = frame.days.of(due - 1)
            if not hours.is_working(day):
                if duty.off_day == "skip":
                    continue
                moved = _moved(hours, day, 1 if duty.off_day == "next" else -1)
                due = frame.days.begin(moved + 1) if due == frame.days.begin(day + 1) else due + (moved - day) * DAY
        yield Occurrence(frame.days.of(trigger.at), "", min(trigger.at, due), due, NEVER)


def _around_rows(
    duty: Duty, cadence: OnRows, frame: Frame, triggers: Sequence[Trigger]
) -> Iterator[Occurrence]:
    for trigger in triggers:
        if cadence.before is not None:
            at = trigger.at
            yield Occurrence(frame.days.of(at), "before", at - cadence.lead, at, at)
        ended = trigger.end if cadence.before is not None else trigger.at
        if cadence.after is None or ended is None:
            continue
        due = _budget(cadence.within, duty, frame, ended)
        if due is not None:
            yield Occurrence(frame.days.of(trigger.at), "after", ended, due, due + (due - ended) // 2)


def _budget(within: Any, duty: Duty, frame: Frame, start: int, agreed: int | None = None) -> int | None:
    from logbook.core import budgets
    from logbook.core.calendars import ALWAYS
    from logbook.core.calendars import Hours

    def hours() -> Hours:
        return frame.hours(duty.calendar) or Hours(ALWAYS, frame.days.zone)

    def instant(name: str) -> tuple[int, bool] | None:
        return (agreed, False) if agreed is not None else None

    return budgets.end_of(within, start, budgets.Frame(frame.days, instant, hours))
