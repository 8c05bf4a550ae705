"""Numbers, moments, spans of time and intervals: their arithmetic and their comparison, exact.

``None`` stands for an empty or unknown value everywhere and makes every result unknown.
"""

from __future__ import annotations

import calendar
import itertools
import operator
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from logbook.core.secret import Unread
from logbook.core.value import frozen

DAY = timedelta(days=1)


@frozen
class Months:
    """A number of calendar months; adding them clips to the last day of the month."""

    count: int


@frozen
class Working:
    """A number of ``working_days`` or ``working_hours``, which only a calendar can add."""

    count: int
    unit: str


@frozen
class Interval:
    """A half-open interval; ``end`` None lasts on. Its ends are both moments, both times of the day
    (as spans since midnight), or both bare numbers (meter readings)."""

    start: Any
    end: Any

    @property
    def kind(self) -> str:
        """Only intervals of one kind can meet."""
        if isinstance(self.start, datetime):
            return "moments"
        return "hours" if isinstance(self.start, timedelta) else "numbers"

    def holds(self, moment: Any) -> bool:
        return bool(self.start <= moment and (self.end is None or moment < self.end))

    def covers(self, other: Interval) -> bool:
        if other.start < self.start:
            return False
        return self.end is None or (other.end is not None and bool(other.end <= self.end))

    def meets(self, other: Interval) -> bool:
        """They share at least one moment."""
        return bool(
            (self.end is None or other.start < self.end) and (other.end is None or self.start < other.end)
        )


def constant(number: int | Decimal, unit: str | None) -> object:
    """The value of a number with its unit."""
    if unit is None:
        return number
    if unit == "months":
        return Months(int(number))
    if unit.startswith("working_"):
        return Working(int(number), unit)
    seconds = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}[unit]
    return timedelta(microseconds=int(number * seconds * 1_000_000))


# --------------------------------------------------------------------------- arithmetic


def add_months(moment: date, months: int) -> date:
    """``moment`` so many months later, on the last day where the month is too short."""
    total = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(total, 12)
    month += 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def add_working_days(moment: date, days: int, is_workday: Callable[[date], bool]) -> date:
    """``moment`` moved on (or back) by so many working days; stops after ten years without one."""
    step = DAY if days >= 0 else -DAY
    left = abs(days)
    for _ in range(3660):
        if not left:
            return moment
        moment = moment + step
        day = moment.date() if isinstance(moment, datetime) else moment
        left -= is_workday(day)
    return moment


def of_day(clock: time) -> timedelta:
    """A time of the day as the span since midnight."""
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)


def add(left: object, right: object) -> object:
    """``left + right``; None where either is empty or the two do not go together."""
    kind = type(left)
    if kind is type(right) and kind in (int, Decimal, Fraction, timedelta):
        return left + right  # type: ignore[operator]
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _exact(operator.add, left, right)
    return move(left, right, 1) if _is_span(right) else move(right, left, 1)


def subtract(left: object, right: object) -> object:
    """``left - right``: two moments give a span."""
    kind = type(left)
    if kind is type(right) and kind in (int, Decimal, Fraction, timedelta, datetime, date):
        return left - right  # type: ignore[operator]
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _exact(operator.sub, left, right)
    if _is_span(right):
        return move(left, right, -1)
    if isinstance(left, time) and isinstance(right, time):
        return of_day(left) - of_day(right)
    if isinstance(left, date) and isinstance(right, date):
        return day_of(left) - day_of(right)
    return None


def move(value: object, span: object, sign: int) -> object:
    """``value`` moved by ``span``, forwards or (``sign`` -1) backwards."""
    if isinstance(span, Months):
        if isinstance(value, Months):
            return Months(value.count + sign * span.count)
        if isinstance(value, date):
            return add_months(value, sign * span.count)
        if isinstance(value, str):
            first = month_of(value)
            return None if first is None else add_months(first, sign * span.count).strftime("%Y-%m")
        return None
    if not isinstance(span, timedelta):
        return None
    if isinstance(value, (datetime, timedelta)):
        return value + sign * span
    if isinstance(value, date):
        return value + sign * span if not span % DAY else None
    if isinstance(value, time):
        seconds = (of_day(value) + sign * span) % DAY
        return (datetime.min + seconds).time()
    return None


def multiply(left: object, right: object) -> object:
    """``left * right``: numbers, or a number and a span."""
    if type(left) is type(right) is int or type(left) is type(right) is Decimal:
        return left * right
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return _exact(operator.mul, left, right)
    if is_number(left):
        left, right = right, left
    if isinstance(left, timedelta) and is_number(right):
        return timedelta(microseconds=int(Fraction(left // timedelta(microseconds=1)) * _fraction(right)))
    if isinstance(left, Months) and isinstance(right, int):
        return Months(left.count * right)
    return None


def divide(left: object, right: object) -> object:
    """``left / right``, exact; None when the divisor is empty or nothing. Two spans give a number."""
    if left is None or right is None:
        return None
    if is_number(right):
        divisor = _fraction(right)
        if not divisor:
            return None
        if is_number(left):
            return _fraction(left) / divisor
        if isinstance(left, timedelta):
            return timedelta(microseconds=int(Fraction(left // timedelta(microseconds=1)) / divisor))
        return None
    if isinstance(left, timedelta) and isinstance(right, timedelta) and right:
        unit = timedelta(microseconds=1)
        return Fraction(left // unit, right // unit)
    return None


def is_number(value: object) -> bool:
    """An int, Decimal or Fraction; true and false are none."""
    return isinstance(value, (int, Decimal, Fraction)) and not isinstance(value, bool)


def _is_span(value: object) -> bool:
    return isinstance(value, (timedelta, Months, Working))


def _fraction(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(value)


def _exact(combine: Callable[[object, object], object], left: object, right: object) -> object:
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return combine(_fraction(left), _fraction(right))
    return combine(left, right)


def rounded(value: object, places: int = 2) -> object:
    """A number rounded half up to so many decimals; anything else as it is."""
    if not is_number(value):
        return value
    scale = 10**places
    scaled = _fraction(value) * scale
    whole = abs(scaled) + Fraction(1, 2)
    count = int(whole) if scaled >= 0 else -int(whole)
    return Decimal(count).scaleb(-places)


def plain(value: object) -> object:
    """A number as an int or a Decimal (28 digits where it never ends); anything else as it is."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return int(value)
        return Decimal(value.numerator) / Decimal(value.denominator)
    return value


# --------------------------------------------------------------------------- comparison

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_SAME = frozenset((int, Decimal, Fraction, str, datetime, date, time, timedelta))


def compare(op: str, left: object, right: object) -> bool | None:
    """``left op right``; None where one is empty or the two cannot be compared.

    A date against a moment is compared by days, a time against a moment by the time of the day.
    """
    if left is None or right is None or isinstance(left, Unread) or isinstance(right, Unread):
        return None
    if type(left) is not type(right) or type(left) not in _SAME:
        left, right = aligned(left, right)
        if left is None or right is None:
            return None
        if type(left) not in _SAME and op not in ("=", "<>"):
            return None
    return OPERATORS[op](left, right)


def aligned(left: object, right: object) -> tuple[object, object]:
    """Both values in one kind, or two Nones."""
    if is_number(left) and is_number(right):
        if isinstance(left, Fraction) or isinstance(right, Fraction):
            return _fraction(left), _fraction(right)
        return left, right
    if isinstance(left, datetime) and isinstance(right, time):
        return left.time().replace(second=0, microsecond=0), right
    if isinstance(left, time) and isinstance(right, datetime):
        return left, right.time().replace(second=0, microsecond=0)
    if isinstance(left, date) and isinstance(right, date):
        if isinstance(left, datetime) and isinstance(right, datetime):
            return left, right
        return day_of(left), day_of(right)
    if isinstance(left, timedelta) and right == 0:
        return left, timedelta(0)
    if isinstance(right, timedelta) and left == 0:
        return timedelta(0), right
    if isinstance(left, Months) and isinstance(right, Months):
        return left.count, right.count
    if is_record(left) or is_record(right):
        return record_id(left), record_id(right)
    if type(left) is type(right):
        return left, right
    return None, None


def is_record(value: object) -> bool:
    """A view of a record, not a value."""
    return hasattr(value, "state") and hasattr(value, "form")


def record_id(value: object) -> str | None:
    """The id a record, or a reference to one, goes by."""
    if isinstance(value, str):
        return value.rpartition("/")[2]
    found = getattr(value, "id", None)
    return found if isinstance(found, str) else None


# --------------------------------------------------------------------------- days, windows


def day_of(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def month_of(text: str) -> date | None:
    """The first day of a month written ``2026-11``."""
    if len(text) == 7 and text[4] == "-" and text[:4].isdigit() and text[5:].isdigit():
        month = int(text[5:])
        if 1 <= month <= 12 and text[:4] != "0000":
            return date(int(text[:4]), month, 1)
    return None


def same(unit: str, left: object, right: object) -> bool | None:
    """Both fall in the same day, week (Monday to Sunday), month or year."""
    days = []
    for value in (left, right):
        day = month_of(value) if isinstance(value, str) and unit in ("month", "year") else value
        if not isinstance(day, date):
            return None
        days.append(day_of(day))
    first, second = days
    if unit == "day":
        return first == second
    if unit == "week":
        return first.isocalendar()[:2] == second.isocalendar()[:2]
    return first.year == second.year and (unit == "year" or first.month == second.month)


def interval(start: object, end: object, *, like: datetime | None = None) -> Interval | None:
    """The interval between two values, or None when the start is empty.

    A date as the end means the whole of that day; two times make a window of the day, running
    over midnight when the second is the earlier. ``like`` lends its zone to bare dates.
    """
    zone = next((value.tzinfo for value in (start, end, like) if isinstance(value, datetime)), None)
    if isinstance(start, time) and (isinstance(end, time) or end is None):
        low = of_day(start)
        high = None if end is None else of_day(end)
        return Interval(low, high + DAY if high is not None and high <= low else high)
    if is_number(start) and (end is None or is_number(end)):
        return Interval(start, end)
    first = _moment(start, zone, ending=False)
    if first is None:
        return None
    return Interval(first, _moment(end, zone, ending=True))


def _moment(value: object, zone: object, *, ending: bool) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        midnight = datetime(value.year, value.month, value.day, tzinfo=zone)  # type: ignore[arg-type]
        return midnight + DAY if ending else midnight
    return None


def windows_of(value: object, season: str) -> tuple[tuple[time, time], ...]:
    """Named hours of the settings: ``12:00-13:30``, several of them, or a mapping by season."""
    if isinstance(value, Mapping):
        return windows_of(value.get(season, value.get("normal")), season)
    if isinstance(value, str):
        ends = value.replace("–", "-").split("-")
        if len(ends) != 2:
            return ()
        try:
            low, high = (_clock(end) for end in ends)
        except ValueError:
            return ()
        return ((low, high),)
    if isinstance(value, Sequence):
        return tuple(window for item in value for window in windows_of(item, season))
    return ()


def _clock(text: str) -> time:
    hours, minutes = text.strip().split(":")
    return time(int(hours) % 24, int(minutes))


def window_around(moment: datetime, windows: Iterable[tuple[time, time]]) -> Interval | None:
    """The occurrence of the daily windows that ``moment`` falls in; they may cross midnight."""
    for low, high in windows:
        length = (of_day(high) - of_day(low)) % DAY or DAY
        for back in (0, 1):
            day = moment.date() - back * DAY
            start = datetime.combine(day, low, tzinfo=moment.tzinfo)
            if start <= moment < start + length:
                return Interval(start, start + length)
    return None


def overlaps(intervals: Sequence[Interval]) -> bool:
    """Two of the intervals share a moment; the kinds must agree, others never meet."""
    for kind in ("moments", "hours", "numbers"):
        ordered = sorted(
            (item for item in intervals if item.kind == kind and item.start != item.end),
            key=lambda item: item.start,
        )
        for earlier, later in itertools.pairwise(ordered):
            if earlier.meets(later):
                return True
    return False


def uncovered(intervals: Iterable[Interval], whole: Interval) -> bool:
    """Some moment of ``whole`` lies in none of the intervals."""
    reached = whole.start
    for item in sorted((item for item in intervals if item.kind == whole.kind), key=lambda item: item.start):
        if reached < item.start:
            break
        if item.end is None:
            return False
        reached = max(reached, item.end)
    return whole.end is None or bool(reached < whole.end)


def days_between(first: object, last: object) -> Iterator[date]:
    """Every day from one to the other, both included."""
    if isinstance(first, date) and isinstance(last, date):
        day, end = day_of(first), day_of(last)
        while day <= end:
            yield day
            day += DAY


def spoken(text: object) -> object:
    """What the text of a setting means: a number, a date, a time, a span; else the text itself."""
    if not isinstance(text, str):
        return Decimal(str(text)) if isinstance(text, float) else text
    words = text.strip()
    digits = words.removeprefix("-")
    if digits[:1].isdigit():
        try:
            if digits.isdigit() and (digits == "0" or digits[0] != "0"):
                return int(words)
            if len(words) == 10 and words[4] == words[7] == "-":
                return date.fromisoformat(words)
            if len(words) in (4, 5) and words[-3] == ":":
                return time(int(words[:-3]), int(words[-2:]))
            number, _, unit = words.partition(" ")
            amount = Decimal(number)
            if not unit:
                return amount
            plural = unit if unit.endswith("s") else f"{unit}s"
            return constant(int(amount) if amount == int(amount) else amount, plural)
        except (ValueError, ArithmeticError, KeyError):
            return text
    return {"true": True, "false": False}.get(words, text)
