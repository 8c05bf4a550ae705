"""Occurrences of a duty: when it is expected, which record fulfilled it, how it stands.

Pure functions over whole seconds since 1970 UTC and days by ordinal; nothing here reads a clock.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from functools import cache
from heapq import heappop
from heapq import heappush
from operator import itemgetter
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

if TYPE_CHECKING:
    from logbook.core.calendars import Hours
    from logbook.core.duties import Cadence
    from logbook.core.duties import Duty
    from logbook.core.duties import Time
    from logbook.core.lifecycle import State
    from logbook.core.moments import Days
    from logbook.core.rules import World

# Where no end is set: what an event asks for may be done late at any time.
NEVER = 1 << 60
# When the site has not said what `shift_start` is; every other word then means the end of the day.
SHIFT_START = 510
# Until when an occurrence may be sought that was moved over days off.
_LONGEST_REST = 60
# Ruling 4: a record written down later than this, or than a quarter of the budget, counts from then.
_GRACE = 7200
_IN_TIME = itemgetter(0, 1, 2)
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
        if found is None or found[3] is None:
            return None
        begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        return begin, end + 1440 if end <= begin else end

    return Frame(days, hours, season, time, window, posts if posts is not None else {})


# -- expected --------------------------------------------------------------------------------------


def expected(
    duty: Duty, frame: Frame, start: int, end: int, triggers: Sequence[Trigger] = ()
) -> list[Occurrence]:
    """The occurrences with ``start`` < due <= ``end``, by due. ``triggers``: those of one subject (``on:
    event``, ``during``), or all rows of an ``on: rows``; without triggers one list serves every subject."""
    cadence = duty.cadence
    if cadence is None or end <= start:
        return []
    if isinstance(cadence, OnEvent):
        found = list(_after_events(duty, cadence, frame, triggers))
    elif isinstance(cadence, OnRows):
        found = list(_around_rows(duty, cadence, frame, triggers))
    elif isinstance(cadence, Every) and cadence.form is not None:
        found = [one for trigger in triggers for one in _while_running(cadence, frame, trigger, end)]
    else:
        margin = 2 if isinstance(cadence, _DAY_CADENCES) else _LONGEST_REST
        first, last = frame.days.of(start) - margin, frame.days.of(end) + margin
        if duty.effective is not None:
            first = max(first, duty.effective)
        found = list(_by_days(duty, cadence, frame, first, last))
        if duty.seasons:
            season = frame.season
            found = [one for one in found if season(one.nominal) not in duty.seasons]
            for name, other in duty.seasons.items():
                found += (one for one in _by_days(duty, other, frame, first, last) if season(one.nominal) == name)
    floor = duty.effective
    chosen = [one for one in found if start < one.due <= end and (floor is None or one.nominal >= floor)]
    chosen.sort(key=_order)
    return _told_apart(chosen) if triggers else chosen


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
            yield Occurrence(day, _hhmm(from_) if plain else _clock(frame, opens), opens, due, due)
            opens, from_ = due, from_ + cadence.seconds // 60


def _while_running(cadence: Every, frame: Frame, trigger: Trigger, end: int) -> Iterator[Occurrence]:
    opens, until = trigger.at, end if trigger.end is None else min(end, trigger.end)
    while opens + cadence.seconds <= until:
        due = opens + cadence.seconds
        yield Occurrence(frame.days.of(opens), _clock(frame, opens), opens, due, due)
        opens = due


@cache
def _hhmm(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


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


# -- how they stand --------------------------------------------------------------------------------


def stand(
    duty: Duty, occurrences: Sequence[Occurrence], marks: Iterable[Mark], now: int, waived: Sequence[Waiver] = ()
) -> list[Standing]:
    """How each occurrence of one subject stands at ``now``, in the given order.

    Marks in time order each fulfil the occurrence that accepts them and closes first; one that names a
    period counts for an occurrence of that period, whenever it was made. What has not happened by
    ``now`` does not exist; waived occurrences take no marks.
    """
    excused = [_is_waived(one, waived) for one in occurrences] if waived else []
    given = sorted((mark for mark in marks if mark.at <= now), key=_IN_TIME)
    fulfilled = _fulfilled(duty, occurrences, excused, given) if given else {}
    taken = fulfilled.get
    standings = []
    for place, one in enumerate(occurrences):
        mark = taken(place)
        _, _, opens, due, _ = one
        if mark is not None:
            at, counted, *_ = mark
            # Ruling 4: what was written down after the grace counts from then.
            if counted > at and counted - at > min(_GRACE, max(due - opens, 0) // 4):
                at = counted
            state = "done" if at <= due else "late"
        elif excused and excused[place]:
            state = "waived"
        else:
            state = "missed" if now > due else "due" if now >= opens else "upcoming"
        standings.append(Standing(one, state, mark))
    return standings


def _is_waived(one: Occurrence, waived: Sequence[Waiver]) -> bool:
    return any(w.first <= one.nominal <= w.last and w.slot in (None, "", one.slot) for w in waived)


def _fulfilled(
    duty: Duty, occurrences: Sequence[Occurrence], excused: Sequence[bool], marks: Sequence[Mark]
) -> dict[int, Mark]:
    periods = _Periods(duty, occurrences, excused) if duty.period is not None else None
    slotted = any(mark.slot for mark in marks)
    if periods is None and not slotted and not excused and _in_step(occurrences):
        return _one_by_one(occurrences, marks)
    by_opening = sorted(
        (one.opens, one.closes, one.due, place)
        for place, one in enumerate(occurrences)
        if not excused or not excused[place]
    )
    # The open ones, the first to close on top; with named slots each slot's own beside them.
    heaps: dict[str | None, list[tuple[int, int, int]]] = {}
    found: dict[int, Mark] = {}
    following = 0
    for mark in marks:
        if periods is not None and mark.period:
            place = periods.take(mark.period, found)
            if place is not None:
                found[place] = mark
            continue
        while following < len(by_opening) and by_opening[following][0] <= mark.at:
            _, closes, due, place = by_opening[following]
            following += 1
            heappush(heaps.setdefault(None, []), (closes, due, place))
            if slotted:
                heappush(heaps.setdefault(occurrences[place].slot, []), (closes, due, place))
        heap = heaps.get(mark.slot or None, [])
        while heap:
            closes, _, place = heappop(heap)
            if closes >= mark.at and place not in found:
                found[place] = mark
                break
    return found


def _in_step(occurrences: Sequence[Occurrence]) -> bool:
    """Whether what opens first closes first: nearly always."""
    opened = closed = 0
    for _, _, opens, _, closes in occurrences:
        if opens < opened or closes < closed:
            return False
        opened, closed = opens, closes
    return True


def _one_by_one(occurrences: Sequence[Occurrence], marks: Sequence[Mark]) -> dict[int, Mark]:
    """The short way for occurrences in step."""
    found: dict[int, Mark] = {}
    place, count = 0, len(occurrences)
    for mark in marks:
        at = mark.at
        while place < count and occurrences[place].closes < at:
            place += 1
        if place == count:
            break
        if occurrences[place].opens <= at:
            found[place] = mark
            place += 1
    return found


class _Periods:
    """The occurrences by the period they are for, the earliest first."""

    def __init__(self, duty: Duty, occurrences: Sequence[Occurrence], excused: Sequence[bool]) -> None:
        spans = sorted(
            (*period_of(duty, one.nominal), one.due, place)
            for place, one in enumerate(occurrences)
            if not excused or not excused[place]
        )
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._places: list[list[int]] = []
        for first, last, _, place in spans:
            if not self._firsts or self._firsts[-1] != first:
                self._firsts.append(first)
                self._lasts.append(last)
                self._places.append([])
            self._places[-1].append(place)

    def take(self, text: str, found: Mapping[int, Mark]) -> int | None:
        """The first of that period that nothing has fulfilled yet."""
        day = _first_day(text)
        at = bisect_right(self._firsts, day) - 1 if day is not None else -1
        if day is None or at < 0 or day > self._lasts[at]:
            return None
        return next((place for place in self._places[at] if place not in found), None)


_PERIOD = re.compile(r"(\d{4})(?:-Q([1-4])|-(\d\d?)(?:-(\d\d?))?)?")


def _first_day(text: str) -> int | None:
    """The first day of ``2026``, ``2026-Q2``, ``2026-03``, ``2026-03-31``; None for anything else."""
    found = _PERIOD.match(text.strip())
    if found is None:
        return None
    month = int(found[2]) * 3 - 2 if found[2] else int(found[3] or 1)
    try:
        return date(int(found[1]), month, int(found[4] or 1)).toordinal()
    except ValueError:
        return None


def period_of(duty: Duty, nominal: int) -> tuple[int, int]:
    """First and last day of the period the occurrence of that nominal day is about."""
    cadence = duty.cadence
    day = date.fromordinal(nominal)
    if isinstance(cadence, Monthly):
        first = add_months(day.replace(day=1), cadence.about)
        return first.toordinal(), add_months(first, 1).toordinal() - 1
    if isinstance(cadence, Yearly):
        begins = date(day.year, (day.month - 1) // cadence.months * cadence.months + 1, 1)
        begins = add_months(begins, cadence.about * cadence.months)
        return begins.toordinal(), add_months(begins, cadence.months).toordinal() - 1
    if isinstance(cadence, Weekly):
        monday = nominal - (nominal - 1) % 7
        return monday, monday + 6
    if isinstance(cadence, Weeks):
        return nominal - 7 * cadence.every + 1, nominal
    return nominal, nominal


class Behind(NamedTuple):
    """A row of `overdue` (ruling 6): the latest elapsed occurrence nothing fulfilled, how many in a row
    were ``missed`` up to it, and when the duty was ``last_done`` before now."""

    occurrence: Occurrence
    missed: int
    last_done: int | None


def behind(standings: Sequence[Standing], now: int) -> Behind | None:
    """How far one subject's duty is behind at ``now``; None while its latest elapsed occurrence is
    fulfilled or excused. ``standings`` by due, as :func:`stand` gives them for :func:`expected`."""
    elapsed = [one for one in standings if one.occurrence.due < now]
    if not elapsed:
        return None
    last_due = elapsed[-1].occurrence.due
    latest = next(
        (one for one in reversed(elapsed) if one.state == "missed" and one.occurrence.due == last_due), None
    )
    if latest is None:
        return None
    run = 0
    for one in reversed(elapsed):
        if one.state == "missed":
            run += 1
        elif one.state != "waived" and one.occurrence.due < last_due:
            break
    done = [one.mark.at for one in standings if one.mark is not None]
    return Behind(latest.occurrence, run, max(done, default=None))


# Past this many days ahead nothing is looked for.
_AHEAD = ((_DAY_CADENCES, (16, 60)), ((Weekly, Weeks), (60, 800)))
_AHEAD_RUNNING = (2,)


def next_change(duty: Duty, frame: Frame, now: int, triggers: Sequence[Trigger] = ()) -> int | None:
    """The first instant after ``now`` at which an occurrence opens or becomes overdue (due + 1); None
    when none is in sight for two years. ``triggers`` as for :func:`expected`."""
    horizons: tuple[int, ...] = _AHEAD_RUNNING if isinstance(duty.cadence, Every) and triggers else (800,)
    for kinds, known in _AHEAD:
        if isinstance(duty.cadence, kinds) and not triggers:
            horizons = known
    for horizon in horizons:
        changes = [
            instant
            for one in expected(duty, frame, now - 1, now + horizon * DAY, triggers)
            for instant in (one.opens, one.due + 1)
            if instant > now
        ]
        if changes:
            return min(changes)
    return None


# -- what records say ------------------------------------------------------------------------------


class _Nobody:
    """Stands in for a record where a condition is asked of the site as a whole."""

    def __init__(self) -> None:
        from logbook.core.duties import SITE

        self.form = SITE
        self.id = self.state = self.by = ""

    def get(self, name: str) -> None:
        return None

    def step(self, name: str) -> None:
        return None


def wanted(duty: Duty, world: World, subject: State | None = None) -> bool:
    """Whether the duty's ``while`` holds in ``world`` (its ``now`` should be the occurrence's due), asked
    of the subject's record, or of the site where the duty has none. True without a ``while``."""
    if duty.while_ is None:
        return True
    from logbook.core.rules import evaluate
    from logbook.core.view import View

    view: Any = View(subject, world) if subject is not None else _Nobody()
    return evaluate(duty.while_, view, world) is True


def marks_of(duty: Duty, state: State, world: World) -> list[tuple[str, Mark]]:
    """What a record of ``duty.form`` fulfils: (subject, mark); subject "" for a duty of the site."""
    if state.voided or not state.exists or not _holds(duty.where, state, world):
        return []
    if duty.rows is not None:
        return _row_marks(duty, state)
    subject = _subject(duty, state, state.fields)
    if subject is None:
        return []
    period, slot = _text(state.fields, duty.period), _slot(duty, state.fields)
    return [
        (subject, Mark(at, counted, state.record.id, period, slot)) for at, counted in _moments(duty, state)
    ]


def triggers_of(duty: Duty, state: State, world: World) -> list[Trigger]:
    """What a record of ``duty.trigger_form`` makes expected."""
    cadence = duty.cadence
    if state.voided or not state.exists:
        return []
    record = state.record.id
    if isinstance(cadence, OnRows):
        return _row_triggers(cadence, state, world)
    if isinstance(cadence, Every):
        if cadence.form is None or not _holds(cadence.where, state, world):
            return []
        end = next((event.at for event in reversed(state.events)), None) if state.final else None
        return [Trigger(record, _epoch(state.at), _epoch(end) if end is not None else None, record)]
    if not isinstance(cadence, OnEvent) or not _holds(cadence.where, state, world):
        return []
    from logbook.core import budgets

    within, agreed = cadence.within, None
    if isinstance(within, (budgets.ByField, budgets.Or)):
        agreed = _agreed(state, within.field)
    if cadence.event in state.form.steps:
        taken = [_epoch(event.at) for event in state.events if event.step == cadence.event]
    else:
        moment = state.moment(cadence.event)
        taken = [int(moment.timestamp())] if moment is not None else []
    return [Trigger(record, at, agreed, record) for at in taken]


def spans_of(duty: Duty, state: State, world: World) -> list[tuple[int, int | None]]:
    """When a record of ``duty.each.form`` was a subject: [from, until) by its own events and corrections;
    None = still. A record in a final state is none, unless ``where`` speaks of its state."""
    from datetime import datetime

    from logbook.core.lifecycle import state_of

    if duty.each is None or not state.exists:
        return []
    moments = sorted({event.at for event in state.events} | {one.at for one in state.record.amendments})
    named = duty.each.where is not None and re.search(r"\bstate\b", duty.each.text) is not None
    spans: list[tuple[int, int | None]] = []
    since: int | None = None
    for text in sorted(moments, key=_epoch):
        then = state_of(state.form, state.record, until=datetime.fromisoformat(text))
        holds = (
            then.exists
            and not then.voided
            and (named or not then.final)
            and _holds(duty.each.where, then, world)
        )
        if holds and since is None:
            since = _epoch(text)
        elif not holds and since is not None:
            spans.append((since, _epoch(text)))
            since = None
    return [*spans, (since, None)] if since is not None else spans


def _agreed(state: State, name: str) -> int | None:
    """An agreed moment of the record; a date means the end of its day."""
    from datetime import timedelta

    moment = state.moment(name)
    if moment is None:
        return None
    whole_day = len(_text(state.fields, name) or "") == 10
    return int((moment + timedelta(days=1) if whole_day else moment).timestamp())


def _holds(condition: Any, state: State, world: World, within: str | None = None, row: Any = None) -> bool:
    if condition is None:
        return True
    from logbook.core.rules import evaluate
    from logbook.core.view import View

    return evaluate(condition, View(state, world), world, within=within, row=row) is True


def _epoch(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


def _text(fields: Mapping[str, Any], name: str | None) -> str | None:
    value = fields.get(name) if name is not None else None
    return value if isinstance(value, str) and value else None


def _subject(duty: Duty, state: State, fields: Mapping[str, Any]) -> str | None:
    """The subject a record or a row is about; None where it names none."""
    form = duty.subject_form
    if form is None:
        return ""
    if duty.subject is None:
        return state.record.id if form == duty.form else None
    found = _text(fields, duty.subject) or _text(state.fields, duty.subject)
    return found.rpartition("/")[2] if found is not None else None


def _slot(duty: Duty, fields: Mapping[str, Any]) -> str | None:
    value = _text(fields, duty.slot)
    return duty.slots.get(value, value) if value is not None else None


def _moments(duty: Duty, state: State) -> list[tuple[int, int]]:
    """When a record counts, and when that was written down."""
    name = duty.moment or "at"
    first = state.events[0]
    if name != "at" and name.removesuffix(".at") in state.form.steps:
        events = [event for event in state.events if event.step == name.removesuffix(".at")]
        if not (duty.form == duty.trigger_form and isinstance(duty.cadence, OnEvent)):
            events = events[:1]  # one record fulfils one occurrence; here each answers one event
        return [(_epoch(event.at), _written(event)) for event in events]
    if name == "at":
        return [(_epoch(state.at), _written(first))]
    text = _text(state.fields, name)
    if text is None:
        return []
    event = next((event for event in reversed(state.events) if name in event.set), first)
    return [(_instant(text, event.at), _written(event))]


def _written(event: Any) -> int:
    """When an event was written down; imported ones are judged by their own time (clocks.md 2)."""
    return _epoch(event.at if event.source or not event.recorded else event.recorded)


def _instant(text: str, around: str) -> int:
    """The instant of a stored moment, day or time of day of an event that happened ``around``. A day is
    its beginning, or the event's own time when that is the day; a time before the event's is the next day's."""
    from datetime import datetime
    from datetime import timedelta

    base = datetime.fromisoformat(around)
    if len(text) == 5:
        found = base.replace(hour=int(text[:2]), minute=int(text[3:]), second=0)
        if found < base - timedelta(hours=1):
            found += timedelta(days=1)
        return int(found.timestamp())
    if len(text) == 10:
        if text == around[:10]:
            return int(base.timestamp())
        return int(datetime.fromisoformat(text).replace(tzinfo=base.tzinfo, second=1).timestamp())
    return _epoch(text)


def _row_marks(duty: Duty, state: State) -> list[tuple[str, Mark]]:
    name = duty.rows or ""
    listed = state.form.fields.get(name)
    rows = state.fields.get(name)
    if listed is None or not isinstance(rows, list):
        return []
    column = duty.moment if duty.moment in listed.columns else None
    if duty.moment is not None and column is None:
        moments = _moments(duty, state)
        if not moments:
            return []
    else:
        moments = []
        kinds = {one: its.type for one, its in listed.columns.items()}
        column = column or ("at" if "at" in kinds else None)
        column = column or next((one for one, kind in kinds.items() if kind in ("datetime", "time")), None)
    events = _row_events(state, name, len(rows))
    found: list[tuple[str, Mark]] = []
    for row, event in zip(rows, events, strict=True):
        if not isinstance(row, dict):
            continue
        subject = _subject(duty, state, row)
        if subject is None:
            continue
        text = _text(row, column)
        if moments:
            at, counted = moments[0]
        else:
            base = state.at if event is state.events[0] else event.at
            at, counted = _instant(text, base) if text is not None else _epoch(base), _written(event)
        period = _text(row, duty.period) or _text(state.fields, duty.period)
        slot = _slot(duty, row) or _slot(duty, state.fields)
        found.append((subject, Mark(at, counted, state.record.id, period, slot)))
    return found


def _row_events(state: State, name: str, count: int) -> list[Any]:
    """The event that brought each row of a list."""
    entered = state.record.fields.get(name)
    events: list[Any] = [state.events[0]] * (len(entered) if isinstance(entered, list) else 0)
    for event in state.events:
        for path, value in event.set.items():
            if path == f"{name}+" and isinstance(value, list):
                events += [event] * len(value)
            elif path == name and isinstance(value, list):
                events = [*events[: len(value)], *[event] * (len(value) - len(events))]
            elif path.startswith(f"{name}."):
                number = path[len(name) + 1 :].partition(".")[0]
                if number.isdigit() and int(number) == len(events) + 1:
                    events.append(event)
    return [*events[:count], *[state.events[0]] * (count - len(events))]


def _row_triggers(cadence: OnRows, state: State, world: World) -> list[Trigger]:
    rows = state.fields.get(cadence.rows)
    listed = state.form.fields.get(cadence.rows)
    if listed is None or not isinstance(rows, list):
        return []
    from logbook.core.values import typed

    triggers = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        values = {name: typed(column, row.get(name)) for name, column in listed.columns.items()}
        if not _holds(cadence.where, state, world, cadence.rows, values):
            continue
        begin, end = _text(row, cadence.before), _text(row, cadence.after)
        ends = _instant(end, state.at) if end is not None else None
        begins = _instant(begin, state.at) if begin is not None else ends
        if begins is not None:
            triggers.append(Trigger("", begins, ends, state.record.id))
    return triggers
