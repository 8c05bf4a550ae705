"""Working time: weekly windows with dated exceptions, and the one set of functions that counts in them.

Instants are whole seconds since 1970 UTC, days are ordinals (``date.toordinal``), a window is minutes
after 00:00 of the day it begins on. Everything half-open. Due dates, what is left, how late a thing is
and every statistic count with the functions here and with no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from itertools import count
from itertools import pairwise
from zoneinfo import ZoneInfo

from logbook.core.errors import BookError
from logbook.core.moments import days_in
from logbook.core.patterns import lazily
from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen

Window = tuple[int, int]
Windows = tuple[Window, ...]
Interval = tuple[int, int]

# Days in a row without a window after which a calendar counts as empty: longer than any year.
_LONGEST_REST = 800
_TIME = lazily(r"([01]?\d|2[0-4]):([0-5]\d)")


@frozen
class Override:
    """One dated exception: ``()`` = off, None = an ordinary working day (调休), else own windows.

    ``notice`` cites what ordered it; ``holiday`` tells a public holiday from a day merely off;
    ``name`` is what the day is called (春节).
    """

    windows: Windows | None
    notice: str = ""
    holiday: bool = False
    name: str = ""


@frozen
class Season:
    """Other weekly windows from one day of the year to another, both included (month, day)."""

    first: tuple[int, int]
    last: tuple[int, int]
    weekly: tuple[Windows, ...]
    name: str = ""

    def holds(self, day: date) -> bool:
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@frozen
class Calendar:
    """When work is done: windows a weekday (Monday first), seasons, dated overrides.

    ``years``: the first and last year whose exceptions are known; None = there are none to know.
    """

    name: str
    weekly: tuple[Windows, ...]
    overrides: Mapping[date, Override] = attribute(default_factory=dict)
    seasons: tuple[Season, ...] = ()
    years: tuple[int, int] | None = None
    label: Text = Text("", "")

    def windows(self, day: date) -> Windows:
        """The windows that begin on ``day``, in order."""
        weekly = self.weekly
        for season in self.seasons:
            if season.holds(day):
                weekly = season.weekly
                break
        override = self.overrides.get(day)
        if override is None:
            return weekly[day.weekday()]
        if override.windows is None:
            return next((windows for windows in weekly if windows), ())
        return override.windows

    def is_working(self, day: date) -> bool:
        """Whether any window begins on ``day``."""
        return bool(self.windows(day))

    def is_holiday(self, day: date) -> bool:
        """Whether ``day`` is a public holiday by this calendar's overrides."""
        override = self.overrides.get(day)
        return override is not None and override.holiday

    def covers(self, day: date) -> bool:
        """Whether the exceptions of that year are known; if not, an answer is provisional."""
        return self.years is None or self.years[0] <= day.year <= self.years[1]

    @property
    def is_empty(self) -> bool:
        """Whether there is no window at all: an error of the settings."""
        return not (
            any(self.weekly)
            or any(any(season.weekly) for season in self.seasons)
            or any(override.windows for override in self.overrides.values())
        )


def parse_windows(text: str) -> Windows | None:
    """Windows as written in a calendar: ``09:00-12:00, 13:30-18:00``, ``20:30-08:30`` (into the next
    day), ``00:00-24:00``, ``off``. None when it says something else, when the windows overlap or one is
    as long as nothing."""
    if text.strip() == "off":
        return ()
    windows: list[Window] = []
    for part in text.replace("，", ",").split(","):
        ends = [_TIME.fullmatch(end.strip()) for end in part.replace("–", "-").split("-")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return None
        begin, end = (int(found[1]) * 60 + int(found[2]) for found in ends if found is not None)
        if max(begin, end) > 1440 or begin == 1440:
            return None
        if end == begin:
            return None
        if end < begin:
            end += 1440
        windows.append((begin, end))
    windows.sort()
    for (_, end), (begin, _) in pairwise(windows):
        if begin < end:
            return None
    if windows[-1][1] - 1440 > windows[0][0]:
        return None
    return tuple(windows)


ALWAYS = Calendar("always", (((0, 1440),),) * 7, label=Text("全天", "Always"))
# The service centre's desk: every day, the noon duty included (002 值班制度).
DESK = Calendar("desk", (((510, 1050),),) * 7, label=Text("前台", "Front desk"))
SHIPPED: Mapping[str, Calendar] = {"always": ALWAYS, "desk": DESK}

_OFFICE_DAY: Windows = ((540, 720), (810, 1080))


def office(
    *,
    holidays: Mapping[date, str],
    workdays: Mapping[date, str],
    years: tuple[int, int],
    windows: Windows = _OFFICE_DAY,
) -> Calendar:
    """The ``office`` calendar: Monday to Friday, lunch off, with the public holidays and the make-up
    working days (调休) of ``years``; each day with the notice that ordered it."""
    overrides = {day: Override((), notice, holiday=True) for day, notice in holidays.items()}
    overrides |= {day: Override(None, notice) for day, notice in workdays.items()}
    return Calendar("office", (windows,) * 5 + ((), ()), overrides, years=years)


# -- counting --------------------------------------------------------------------------------------


class Hours:
    """A calendar in a zone: its windows as instants. Remembers the days it has been asked for."""

    __slots__ = ("_on", "calendar", "days")

    def __init__(self, calendar: Calendar, zone: ZoneInfo) -> None:
        self.calendar = calendar
        self.days = days_in(zone)
        self._on: dict[int, tuple[Interval, ...]] = {}

    def on(self, day: int) -> tuple[Interval, ...]:
        """The windows that begin on ``day``; what a night window of the day before already covers is
        left out, so that no second counts twice."""
        found = self._on.get(day)
        if found is None:
            before = self._raw(day - 1)
            floor = before[-1][1] if before else 0
            found = tuple((max(begin, floor), end) for begin, end in self._raw(day) if end > floor)
            self._on[day] = found
        return found

    def _raw(self, day: int) -> list[Interval]:
        instant = self.days.instant
        windows = self.calendar.windows(date.fromordinal(day))
        return [(instant(day, begin), instant(day, end)) for begin, end in windows]

    def is_working(self, day: int) -> bool:
        return self.calendar.is_working(date.fromordinal(day))

    def close(self, day: int) -> int:
        """When the last window of a working day ends, also where the night before covers all of it."""
        return self._raw(day)[-1][1]

    def from_day(self, day: int, step: int = 1) -> Iterator[int]:
        """The working days from ``day`` on; BookError ``clock.empty-calendar`` when none follows."""
        idle = 0
        for following in count(day, step):
            if self.is_working(following):
                idle = 0
                yield following
            else:
                idle += 1
                if idle > _LONGEST_REST:
                    raise BookError("clock.empty-calendar", calendar=self.calendar.name)

    def since(self, instant: int) -> Iterator[Interval]:
        """The windows from ``instant`` on, the one it stands in cut to begin there."""
        for day in self.from_day(self.days.of(instant) - 1):
            for begin, end in self.on(day):
                if end > instant:
                    yield max(begin, instant), end


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as disjoint intervals in order; empty ones are dropped."""
    result: list[Interval] = []
    for begin, end in sorted(intervals):
        if end <= begin:
            continue
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return result


def _outside(begin: int, end: int, pauses: Sequence[Interval]) -> Iterator[Interval]:
    """What of ``begin``..``end`` lies outside the (merged) pauses."""
    for off, on in pauses:
        if on <= begin:
            continue
        if off >= end:
            break
        if off > begin:
            yield begin, off
        begin = on
        if begin >= end:
            return
    yield begin, end


def add_working_time(hours: Hours, start: int, seconds: int, pauses: Sequence[Interval] = ()) -> int:
    """The instant at which ``seconds`` of working time after ``start`` are used up.

    A budget used up at closing time ends *at* closing, not at the next opening. Time inside
    ``pauses`` (merged) does not count. BookError ``clock.empty-calendar`` rather than a hang.
    """
    if seconds <= 0:
        return start
    for begin, end in hours.since(start):
        for free, busy in _outside(begin, end, pauses):
            if busy - free >= seconds:
                return free + seconds
            seconds -= busy - free
    raise AssertionError("windows never end")


def working_time_between(hours: Hours, start: int, end: int, pauses: Sequence[Interval] = ()) -> int:
    """The seconds of working time from ``start`` to ``end``, outside ``pauses`` (merged); negative
    when ``end`` is earlier."""
    if end < start:
        return -working_time_between(hours, end, start, pauses)
    total = 0
    for day in range(hours.days.of(start) - 1, hours.days.of(end) + 1):
        for begin, close in hours.on(day):
            begin, close = max(begin, start), min(close, end)
            if begin < close:
                total += sum(busy - free for free, busy in _outside(begin, close, pauses))
    return total


def add_elapsed(start: int, seconds: int, pauses: Sequence[Interval] = ()) -> int:
    """The instant at which ``seconds`` of plain time after ``start``, outside ``pauses``, are over."""
    end = start + seconds
    for off, on in pauses:
        if on <= start:
            continue
        if off >= end:
            break
        end += on - max(off, start)
    return end


def add_working_days(
    hours: Hours, start: int, n: int, pauses: Sequence[Interval] = (), *, to_midnight: bool = False
) -> int:
    """The close of the ``n``-th working day after the day of ``start`` (or its 24:00). A day that
    begins inside a pause is not counted."""
    for day in hours.from_day(hours.days.of(start) + 1):
        if _paused(hours.days.begin(day), pauses):
            continue
        n -= 1
        if n <= 0:
            return hours.days.begin(day + 1) if to_midnight else hours.close(day)
    raise AssertionError("days never end")


def day_after_pauses(begin_of: Iterable[int], n: int, pauses: Sequence[Interval]) -> int:
    """How many days it takes to count ``n`` of them when those that begin inside a pause do not
    count; ``begin_of`` are the instants the days begin, one after the other."""
    for taken, begin in enumerate(begin_of, 1):
        if not _paused(begin, pauses):
            n -= 1
            if n <= 0:
                return taken
    raise AssertionError("days never end")


def next_working_day(hours: Hours, day: int) -> int:
    """``day`` itself when it is a working day, else the next one."""
    return next(hours.from_day(day))


def _paused(instant: int, pauses: Sequence[Interval]) -> bool:
    return any(off <= instant < on for off, on in pauses)
