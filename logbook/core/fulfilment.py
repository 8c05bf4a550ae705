"""Which record fulfilled which occurrence of a duty, and how each stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from heapq import heappop
from heapq import heappush
from operator import itemgetter
from typing import TYPE_CHECKING

from logbook.core.duties import Monthly
from logbook.core.duties import Weekly
from logbook.core.duties import Weeks
from logbook.core.duties import Yearly
from logbook.core.moments import add_months
from logbook.core.occurrences import Mark
from logbook.core.occurrences import Occurrence
from logbook.core.occurrences import Standing
from logbook.core.occurrences import Waiver

if TYPE_CHECKING:
    from logbook.core.duties import Duty

# Ruling 4: a record written down later than this, or than a quarter of the budget, counts from then.
_GRACE = 7200
_IN_TIME = itemgetter(0, 1, 2)


def stand(
    duty: Duty, occurrences: Sequence[Occurrence], marks: Iterable[Mark], now: int, waived: Sequence[Waiver] = ()
) -> list[Standing]:
    """How each occurrence of one subject stands at ``now``, in the given order.

    Marks in time order each fulfil the occurrence that accepts them and closes first; one that names a
    period counts for an occurrence of that period, whenever it was made. What has not happened by
    ``now`` does not exist; waived occurrences take no marks.
    """
    excused = [is_waived(one, waived) for one in occurrences] if waived else []
    given = sorted((mark for mark in marks if mark.at <= now), key=_IN_TIME)
    fulfilled = _fulfilled(duty, occurrences, excused, given) if given else {}
    taken = fulfilled.get
    standings = []
    for place, one in enumerate(occurrences):
        mark = taken(place)
        _, _, opens, due, _ = one
        if mark is not None:
            at, counted, *_ = mark
            if counted > at:
                at = counts_from(one, mark)
            state = "done" if at <= due else "late"
        elif excused and excused[place]:
            state = "waived"
        else:
            state = "missed" if now > due else "due" if now >= opens else "upcoming"
        standings.append(Standing(one, state, mark))
    return standings


def counts_from(one: Occurrence, mark: Mark) -> int:
    """The instant from which a mark counts for an occurrence: that of its recording when it was written down
    after the grace (ruling 4)."""
    late_entry = mark.counted - mark.at > min(_GRACE, max(one.due - one.opens, 0) // 4)
    return mark.counted if late_entry and mark.counted > mark.at else mark.at


def is_waived(one: Occurrence, waived: Sequence[Waiver]) -> bool:
    """Whether one of the waivers excuses an occurrence: its nominal day, and its slot where one is named."""
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
    cadence = duty.cadence_on(nominal)
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
