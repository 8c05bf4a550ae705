"""Budgets: how long a thing may take, as the forms say it, and the instant at which that time is up."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Literal
from typing import NamedTuple
from typing import cast
from zoneinfo import ZoneInfo

from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.calendars import Interval
from logbook.core.calendars import add_elapsed
from logbook.core.calendars import add_working_days
from logbook.core.calendars import add_working_time
from logbook.core.calendars import day_after_pauses
from logbook.core.calendars import next_working_day
from logbook.core.calendars import working_time_between
from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.moments import Days
from logbook.core.moments import add_months
from logbook.core.moments import days_in
from logbook.core.moments import days_of_month
from logbook.core.moments import hhmm
from logbook.core.patterns import lazily
from logbook.core.suggest import hint
from logbook.core.text import Text
from logbook.core.value import changing
from logbook.core.value import frozen

Unit = Literal["minutes", "hours", "working_hours", "days", "working_days", "weeks", "months"]
UNITS: tuple[Unit, ...] = ("minutes", "hours", "working_hours", "days", "working_days", "weeks", "months")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SECONDS: Mapping[str, int] = {"minutes": 60, "hours": 3600, "working_hours": 3600}
_UNIT_WORDS: Mapping[str, Text] = {
    "minutes": Text("分钟", "minutes"),
    "hours": Text("小时", "hours"),
    "working_hours": Text("个工作小时", "working hours"),
    "days": Text("天", "days"),
    "working_days": Text("个工作日", "working days"),
    "weeks": Text("周", "weeks"),
    "months": Text("个月", "months"),
}
_WEEKDAY_WORDS = ("一", "二", "三", "四", "五", "六", "日")


class BudgetError(LogbookError):
    """A budget that does not follow the grammar; ``code`` and ``args_`` name the sentence."""

    exit_code = 1


# What people call a field (or, with a second argument, one of its choices).
Label = Callable[..., str]


def _bare(name: str, choice: str | None = None) -> str:
    return name if choice is None else choice


# -- the kinds of budget ---------------------------------------------------------------------------


@frozen
class Span:
    """A length: ``n`` seconds for minutes, hours and working hours, else a count of the unit.

    ``to_midnight``: working days end at 24:00 instead of at closing time.
    """

    n: int
    unit: Unit
    to_midnight: bool = False

    def fields(self) -> set[str]:
        return set()

    def amount(self, lang: str) -> str:
        """The length in words without saying what it is for: ``2 days``, ``2天``."""
        number = f"{self.n / _SECONDS[self.unit]:g}" if self.unit in _SECONDS else str(self.n)
        word = _UNIT_WORDS[self.unit].say(lang)
        if lang == "zh":
            return number + word
        return f"{number} {word[:-1] if number == '1' else word}"

    def say(self, lang: str, label: Label = _bare) -> str:
        end = ("（至24:00）" if lang == "zh" else " (to 24:00)") if self.to_midnight else ""
        return (f"{self.amount(lang)}内" if lang == "zh" else f"within {self.amount(lang)}") + end


@frozen
class SameDay:
    """The end of the day of the start, or a time on that day (``minutes`` after 00:00)."""

    minutes: int = 1440

    def fields(self) -> set[str]:
        return set()

    def say(self, lang: str, label: Label = _bare) -> str:
        if self.minutes == 1440:
            return "当天内" if lang == "zh" else "the same day"
        return f"当天{hhmm(self.minutes)}前" if lang == "zh" else f"by {hhmm(self.minutes)} the same day"


@frozen
class ByField:
    """A moment somebody agreed on; a date means the end of that day."""

    field: str

    def fields(self) -> set[str]:
        return {self.field}

    def say(self, lang: str, label: Label = _bare) -> str:
        return f"不晚于“{label(self.field)}”" if lang == "zh" else f'by "{label(self.field)}"'


@frozen
class DayOfMonth:
    """The end of a day of the month of the start (``months`` = 0) or of the next (1); ``day`` None is
    the last. A day the month lacks is its last."""

    day: int | None
    months: int

    def fields(self) -> set[str]:
        return set()

    def say(self, lang: str, label: Label = _bare) -> str:
        if lang == "zh":
            return ("次月" if self.months else "当月") + (f"{self.day}日内" if self.day else "最后一天内")
        day = f"day {self.day}" if self.day else "the last day"
        return f"by {day} of " + ("the next month" if self.months else "the month")


@frozen
class NextWeekday:
    """The end of the first such weekday (0 = Monday) after the day of the start."""

    weekday: int

    def fields(self) -> set[str]:
        return set()

    def say(self, lang: str, label: Label = _bare) -> str:
        if lang == "zh":
            return f"下一个周{_WEEKDAY_WORDS[self.weekday]}内"
        return f"by the next {WEEKDAYS[self.weekday].capitalize()}"


@frozen
class OnDay:
    """A time (``minutes`` after 00:00) on the day of a field."""

    minutes: int
    field: str

    def fields(self) -> set[str]:
        return {self.field}

    def say(self, lang: str, label: Label = _bare) -> str:
        if lang == "zh":
            return f"“{label(self.field)}”当天{hhmm(self.minutes)}前"
        return f'by {hhmm(self.minutes)} on the day of "{label(self.field)}"'


@frozen
class Before:
    """So long before a moment; counted in days or longer, the end of the day that is so far before."""

    span: Span
    field: str

    def fields(self) -> set[str]:
        return {self.field}

    def say(self, lang: str, label: Label = _bare) -> str:
        if lang == "zh":
            return f"比“{label(self.field)}”提前{self.span.amount(lang)}"
        return f'{self.span.amount(lang)} before "{label(self.field)}"'


@frozen
class BeforeHoliday:
    """The beginning of the first public holiday after the day of the start."""

    def fields(self) -> set[str]:
        return set()

    def say(self, lang: str, label: Label = _bare) -> str:
        return "下一个节假日之前" if lang == "zh" else "before the next holiday"


@frozen
class Or:
    """A budget that a moment replaces once somebody has filled it in; ``earlier``: only one that comes first."""

    within: Plain
    field: str
    earlier: bool = False

    def fields(self) -> set[str]:
        return self.within.fields() | {self.field}

    def say(self, lang: str, label: Label = _bare) -> str:
        plain, name = self.within.say(lang, label), label(self.field)
        if self.earlier:
            if lang == "zh":
                return f"{plain}；“{name}”更早的，以它为准"
            return f'{plain}, or by "{name}" when that is earlier'
        if lang == "zh":
            return f"{plain}；填了“{name}”的，以它为准"
        return f'{plain}, or by "{name}" when that is filled'


@frozen
class Chosen:
    """A budget by the value of a field; no budget for a value that is not listed."""

    field: str
    table: Mapping[str, Plain | Or]

    def fields(self) -> set[str]:
        return {self.field}.union(*(within.fields() for within in self.table.values()))

    def say(self, lang: str, label: Label = _bare) -> str:
        mark, gap = ("：", "；") if lang == "zh" else (": ", "; ")
        return gap.join(
            label(self.field, choice) + mark + within.say(lang, label)
            for choice, within in self.table.items()
        )


Plain = Span | SameDay | ByField | DayOfMonth | NextWeekday | OnDay | Before | BeforeHoliday
Within = Plain | Or | Chosen


# -- reading ---------------------------------------------------------------------------------------

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_HHMM = lazily(r"(\d{1,2}):(\d{2})")


def parse_within(value: object) -> Within:
    """A budget as a form writes it: a sentence, or a mapping from a field to a sentence a choice.

    ``30 minutes`` · ``1.5 hours`` · ``8 working_hours`` · ``2 days`` · ``3 working_days`` (also
    ``… to 24:00``) · ``1 week`` · ``3 months`` · ``same day`` · ``18:00 same day`` · ``by due_at`` ·
    ``by problems.due`` · ``day 5 of next month`` · ``day last of month`` · ``monday`` ·
    ``09:00 on for_date`` · ``15 minutes before shift_start`` · ``before holiday`` · any of these
    ``or demanded_by``, ``or earlier demanded_by``. Raises :class:`BudgetError`.
    """
    if isinstance(value, Mapping):
        if len(value) != 1:
            raise BudgetError("clock.budget-mapping")
        ((name, table),) = value.items()
        if (
            not isinstance(name, str)
            or not re.fullmatch(_NAME, name)
            or not isinstance(table, Mapping)
            or not table
        ):
            raise BudgetError("clock.budget-mapping")
        return Chosen(name, {str(choice): _sentence(text) for choice, text in table.items()})
    return _sentence(value)


def _sentence(value: object) -> Plain | Or:
    if not isinstance(value, str) or not value.strip():
        raise BudgetError("clock.budget-empty")
    text = " ".join(value.split())
    found = re.fullmatch(rf"(.+?) or (earlier )?({_NAME})", text)
    if found is not None:
        return Or(_plain(found[1]), found[3], bool(found[2]))
    return _plain(text)


def _plain(text: str) -> Plain:
    if text == "same day":
        return SameDay()
    if text == "before holiday":
        return BeforeHoliday()
    if text in WEEKDAYS:
        return NextWeekday(WEEKDAYS.index(text))
    if (found := re.fullmatch(rf"by ({_NAME})", text)) is not None:
        return ByField(found[1])
    if (found := re.fullmatch(r"(\S+) same day", text)) is not None:
        return SameDay(_minutes(found[1], text))
    if (found := re.fullmatch(rf"(\S+) on ({_NAME})", text)) is not None:
        return OnDay(_minutes(found[1], text), found[2])
    if (found := re.fullmatch(r"day (\w+) of (?:(next) |this )?month", text)) is not None:
        day = None if found[1] == "last" else int(found[1]) if re.fullmatch(r"[0-9]{1,2}", found[1]) else 0
        if day is not None and not 1 <= day <= 31:
            raise BudgetError("clock.budget-number", found=text, number=found[1])
        return DayOfMonth(day, 1 if found[2] else 0)
    if (found := re.fullmatch(rf"(.+) before ({_NAME})", text)) is not None:
        span = _span(found[1], text)
        if span.unit == "working_hours":
            raise BudgetError("clock.budget-before", found=text)
        return Before(span, found[2])
    if (found := re.fullmatch(r"(.+ working_days?) to 24:00", text)) is not None:
        span = _span(found[1], text)
        return Span(span.n, span.unit, to_midnight=True)
    return _span(text, text)


def _span(text: str, whole: str) -> Span:
    found = re.fullmatch(r"(\S+) ([a-z_]+)", text)
    if found is None:
        raise BudgetError("clock.budget-unknown", found=whole)
    number, word = found[1], found[2]
    unit = next((unit for unit in UNITS if word in (unit, unit[:-1])), None)
    if unit is None:
        raise BudgetError("clock.budget-unit", found=whole, unit=word, hint=hint(word, UNITS))
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,2})?", number):
        raise BudgetError("clock.budget-number", found=whole, number=number)
    amount = Decimal(number) * _SECONDS.get(unit, 1)
    if amount <= 0 or amount != int(amount):
        raise BudgetError("clock.budget-number", found=whole, number=number)
    return Span(int(amount), unit)


def _minutes(text: str, whole: str) -> int:
    found = _HHMM.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found is not None and int(found[2]) < 60 else -1
    if not 0 <= minutes <= 1440:
        raise BudgetError("clock.budget-time", found=whole, time=text)
    return minutes


# -- the end of a budget ---------------------------------------------------------------------------

# An instant by the name of a field, and whether it was given as a whole day (then: that day's 00:00).
Instant = Callable[[str], tuple[int, bool] | None]


@changing
class Frame:
    """What a budget is counted in: the days of the book's zone, the calendar by its name, ``roll``
    (an end on a day off moves to the next working day), and the moments a record holds."""

    days: Days
    instant: Instant
    hours: Callable[[], Hours]
    roll: bool = False


def end_of(within: Plain | Or, start: int, frame: Frame, pauses: Sequence[Interval] = ()) -> int | None:
    """The instant a budget that begins at ``start`` is up, or None when a moment it needs is missing.

    The day of the start is not counted; a budget of days ends at 24:00 of the last one, that is at
    00:00 of the day after, in the book's zone; months end on the corresponding day, else on the last
    of the month, counted from the start. A day that begins inside a pause moves the end by one day.
    """
    if isinstance(within, Or):
        named = _by(within.field, frame)
        if named is not None and not within.earlier:
            return named
        plain = end_of(within.within, start, frame, pauses)
        return plain if named is None else named if plain is None else min(named, plain)
    days = frame.days
    if isinstance(within, Span):
        unit = within.unit
        if unit == "minutes" or unit == "hours":
            return add_elapsed(start, within.n, pauses) if pauses else start + within.n
        if unit == "working_hours":
            return add_working_time(frame.hours(), start, within.n, pauses)
        if unit == "working_days":
            return add_working_days(frame.hours(), start, within.n, pauses, to_midnight=within.to_midnight)
        first = days.of(start)
        if unit == "months":
            length = add_months(date.fromordinal(first), within.n).toordinal() - first
        else:
            length = within.n * (7 if unit == "weeks" else 1)
        if pauses:
            length = day_after_pauses((days.begin(day) for day in count(first + 1)), length, pauses)
        return _end_of_day(first + length, frame)
    if isinstance(within, ByField):
        return _by(within.field, frame)
    if isinstance(within, SameDay):
        if within.minutes == 1440:
            return _end_of_day(days.of(start), frame) if frame.roll else days.begin(days.of(start) + 1)
        return days.instant(days.of(start), within.minutes)
    if isinstance(within, DayOfMonth):
        month = add_months(date.fromordinal(days.of(start)).replace(day=1), within.months)
        last = days_of_month(month.year, month.month)
        return _end_of_day(month.replace(day=min(within.day or last, last)).toordinal(), frame)
    if isinstance(within, NextWeekday):
        day = days.of(start) + 1
        return _end_of_day(day + (within.weekday - (day - 1)) % 7, frame)
    if isinstance(within, OnDay):
        found = frame.instant(within.field)
        return days.instant(days.of(found[0]), within.minutes) if found is not None else None
    if isinstance(within, Before):
        found = frame.instant(within.field)
        return _before(within.span, found[0], frame) if found is not None else None
    hours = frame.hours()
    day = days.of(start) + 1
    known = [
        holiday.toordinal() for holiday in hours.calendar.overrides if hours.calendar.is_holiday(holiday)
    ]
    following = [holiday for holiday in known if holiday >= day]
    return days.begin(min(following)) if following else None


def _by(name: str, frame: Frame) -> int | None:
    """An agreed moment; a date means the end of its day."""
    found = frame.instant(name)
    if found is None:
        return None
    instant, whole_day = found
    return frame.days.begin(frame.days.of(instant) + 1) if whole_day else instant


def _end_of_day(day: int, frame: Frame) -> int:
    if frame.roll:
        day = next_working_day(frame.hours(), day)
    return frame.days.begin(day + 1)


def _before(span: Span, moment: int, frame: Frame) -> int:
    if span.unit in ("minutes", "hours"):
        return moment - span.n
    day = frame.days.of(moment)
    if span.unit == "working_days":
        working = frame.hours().from_day(day - 1, -1)
        for _ in range(span.n):
            day = next(working)
    elif span.unit == "months":
        day = add_months(date.fromordinal(day), -span.n).toordinal()
    else:
        day -= span.n * (7 if span.unit == "weeks" else 1)
    return frame.days.begin(day + 1)


_LENGTHS: Mapping[str, int] = {"minutes": 1, "hours": 1, "days": 86400, "weeks": 604800}


def length_of(within: Within | None) -> int | None:
    """The seconds of a plain length (minutes, hours, days or weeks); None for any other budget."""
    if isinstance(within, Span) and within.unit in _LENGTHS:
        return within.n * _LENGTHS[within.unit]
    return None


def agreed_fields(within: Within | None) -> set[str]:
    """The fields whose moment a budget is due by (`by due_at`, `2 days or demanded_by`), without the one that
    chooses among several budgets."""
    if within is None:
        return set()
    return within.fields() - ({within.field} if isinstance(within, Chosen) else set())


def can_pause(within: Within | None) -> bool:
    """Whether paused time moves the end: that of a budget with a length, not that of an agreed moment or
    of a given day."""
    if isinstance(within, Chosen):
        return any(can_pause(one) for one in within.table.values())
    return isinstance(within.within if isinstance(within, Or) else within, Span)


def chosen(within: Within, value: Callable[[str], object]) -> Plain | Or | None:
    """The budget that holds for the values a record has now; None where no choice applies."""
    if isinstance(within, Chosen):
        choice = value(within.field)
        return within.table.get(choice) if isinstance(choice, str) else None
    return within


def due_of(
    within: Within,
    start: int,
    *,
    zone: ZoneInfo,
    instant: Instant = lambda name: None,
    value: Callable[[str], object] = lambda name: None,
    calendar: Calendar | None = None,
    roll: bool = False,
) -> int | None:
    """The end of a budget outside any clock (a default such as ``{within: same day}``); None when
    nothing says when. BookError ``clock.no-calendar`` when working time is asked of no calendar."""
    picked = chosen(within, value)
    if picked is None:
        return None

    def hours() -> Hours:
        if calendar is None:
            raise BookError("clock.no-calendar", calendar="office")
        return Hours(calendar, zone)

    return end_of(picked, start, Frame(days_in(zone), instant, hours, roll))


# -- changes on the way ------------------------------------------------------------------------------

MOST_EXTENSIONS = 2  # clocks 10

# What became of a change (a code of :class:`Note`), in the order of what is told of it.
Outcome = Literal["level", "agreed", "extended", "late", "unapproved", "many", "shorter"]


@frozen
class Change:
    """What a budget is from an instant on. ``level``: the field it is chosen by changed (else a moment
    it names did); ``approved``: with a reason and an approver who is not the one who made it.

    ``begin``: the budget does not begin to count before that instant. ``extension``: this is an extension
    of the time until then, and no change of the budget. ``amended``: a correction; one that puts an agreed
    moment later is an extension too. ``again``: the clock was taken away by a change and is given back.
    ``counted``: when a change that was written down late counts as made, where it would lengthen.
    """

    at: int
    within: Plain | Or | None
    frame: Frame
    level: bool = False
    approved: bool = False
    begin: int | None = None
    extension: int | None = None
    amended: bool = False
    again: bool = False
    counted: int | None = None


class Note(NamedTuple):
    """One change of a clock and what came of it: ``due`` is the due after it. ``extension``: it was an event
    that was to be one; ``level``: it changed what the budget is chosen by."""

    at: int
    outcome: Outcome
    due: int | None
    extension: bool = False
    level: bool = False


class Replay(NamedTuple):
    """``due``: after all that happened. ``original``: at the start, before any change and without the
    credit for pauses. ``said``: the last instant that had a say. ``notes``: the changes, in time. ``start``:
    from when it counts, where that is the change that first gave it a budget."""

    due: int | None
    original: int | None
    said: int
    notes: tuple[Note, ...] = ()
    start: int | None = None


def replay(
    start: int,
    first: Change,
    changes: Iterable[Change] = (),
    pauses: Sequence[Interval] = (),
    *,
    said: int = 0,
) -> Replay:
    """The due of a clock after all that happened to it. ``pauses`` are merged.

    A level with a shorter budget: the earlier of the old due and the change plus the new budget. With a
    longer one: from the start, but only before breach and only approved (rulings 5). An agreed moment
    put earlier holds; put later it holds only before breach, by a correction only as an extension does.
    Where there was no due yet, the first that can be told is counted from the start; where the level before
    had no budget, from the change (rulings 5). What a change took away and another gives back has the earlier
    of its old due and the change plus the budget. An extension holds before breach, approved, at most twice
    (clocks 10). Paused time is credited whatever else changes; a pause after breach has no effect.
    """
    original = _end(first, start, ())
    due = nominal = _end(first, start, pauses)
    notes: list[Note] = []
    extended: Change | None = None
    granted = 0
    kept: int | None = None  # the due when a level without a budget took it away
    denied = False  # the level the record has now is not the one the due is by
    for change in changes:
        breached = due is not None and (change.counted or change.at) > due
        if change.again:
            fresh = _end(change, change.at, pauses)
            due = fresh if due is None else due if fresh is None else min(due, fresh)
            nominal, denied = _end(change, start, pauses), False
            said = max(said, change.at)
            notes.append(Note(change.at, "level", due, level=True))
            continue
        if change.extension is not None:
            outcome: Outcome = "extended"
            if due is None:
                continue
            if breached:
                outcome = "late"
            elif not change.approved:
                outcome = "unapproved"
            elif granted >= MOST_EXTENSIONS:
                outcome = "many"
            elif change.extension <= due:
                outcome = "shorter"
            else:
                due, extended = _extended(change, pauses), change
                granted += 1
                said = max(said, change.at)
            notes.append(Note(change.at, outcome, due, extension=True))
            continue
        new = _end(change, start, pauses)
        if new == nominal:
            continue
        told: Outcome = "level" if change.level else "agreed"
        later = due is not None and nominal is not None and (new is None or new > nominal)
        if later and denied and not change.level:
            continue
        if due is None or nominal is None:
            due = new
            if new is not None and (kept is not None or change.level):
                due = cast(int, _end(change, change.at, pauses))
                if kept is None:
                    start = change.at
                    new = due
                else:
                    due = min(kept, due)
        elif new is None and change.level:
            if breached:
                continue
            kept, due = due, None
        elif later and (breached or (not change.approved and (change.level or change.amended))):
            if new is not None or change.amended:
                notes.append(Note(change.at, "late" if breached else "unapproved", due, level=change.level))
            denied = denied or change.level
            continue
        elif later and change.amended and not change.level:
            if granted >= MOST_EXTENSIONS:
                notes.append(Note(change.at, "many", due))
                continue
            granted += 1
            told = "extended"
            due = new if extended is None or new is None else max(due, new)
        elif new is None:
            due = None
        elif not later:
            due = min(due, cast(int, _end(change, change.at, pauses)) if change.level else new)
        else:
            due = max(due, new) if extended is not None else new
        denied = denied and not change.level
        if original is None:
            original = _end(change, start, ())
        nominal = new
        said = max(said, change.at)
        notes.append(Note(change.at, told, due, level=change.level))
    return Replay(due, original, said, tuple(notes), start)


def _end(change: Change, start: int, pauses: Sequence[Interval]) -> int | None:
    """The end of a budget with the pauses that began before it was up; each may bring in the next."""
    within = change.within
    if within is None:
        return None
    if change.begin is not None and change.begin > start:
        start = change.begin
    due = end_of(within, start, change.frame)
    for number, pause in enumerate(pauses, 1):
        if due is None or pause[0] > due:
            break
        due = end_of(within, start, change.frame, pauses[:number])
    return due


def _extended(change: Change, pauses: Sequence[Interval]) -> int:
    """The due an extension gives, moved by the time paused after it was granted."""
    due = cast(int, change.extension)
    later = [pause for pause in pauses if pause[0] >= change.at]
    for number, pause in enumerate(later, 1):
        if pause[0] > due:
            break
        due = max(due, _credited(change, cast(int, change.extension), later[:number]))
    return due


def _credited(change: Change, due: int, pauses: Sequence[Interval]) -> int:
    """An end that was given as an instant, moved by the pauses after ``change`` in the unit of its budget."""
    within = change.within.within if isinstance(change.within, Or) else change.within
    if not isinstance(within, Span):
        return due
    unit, frame = within.unit, change.frame
    if unit in ("minutes", "hours"):
        return add_elapsed(change.at, due - change.at, pauses)
    if unit == "working_hours":
        hours = frame.hours()
        return add_working_time(hours, change.at, working_time_between(hours, change.at, due), pauses)
    days = frame.days
    first, last = days.of(change.at), days.of(due - 1)
    if last <= first:
        return due
    if unit != "working_days":
        return due + 86400 * (
            day_after_pauses((days.begin(day) for day in count(first + 1)), last - first, pauses) - (last - first)
        )
    hours = frame.hours()
    counted = [day for day in range(first + 1, last + 1) if hours.is_working(day)]
    if not counted:
        return due
    end = days.of(add_working_days(hours, change.at, len(counted), pauses, to_midnight=True) - 1)
    return due + 86400 * (end - last if end > last else 0)
