"""One cycle of one clock: when it was due and stopped, and what that makes of it at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from logbook.core.budgets import Note
from logbook.core.calendars import Interval
from logbook.core.moments import from_epoch


class ClockState(NamedTuple):
    """One cycle of one clock. All instants are seconds since 1970 UTC.

    ``cycle``: from 1; for a clock a row, the number of the row (then also ``row``).
    ``stopped``: when it stopped; ``counted``: when the stop counts as having been (later than
    ``stopped`` when it was written down late); the verdict compares ``counted`` with ``due``.
    ``state``: what became of it in the end: running, met, breached or cancelled; see :meth:`status`.
    ``settled``: from this instant on the row is exact; for an earlier ``now``, replay the record until
    then. The stop has no part in it: :meth:`status` knows a stop that has not happened yet.
    ``first_due``: the due before any change of level, agreement or extension and without the credit for
    pauses; ``provisional``: counted in a year the calendar does not know; ``version``: of the form whose
    definition it was counted by.
    ``paused_from``, ``paused_until``: its latest pause (``until``, or when it was resumed before that);
    ``resumed``: it has been. ``pauses``: the paused time it is credited with, in intervals; ``paused``: how
    often. ``notes``: what happened to its due.
    """

    clock: str
    cycle: int
    started: int
    due: int | None
    stopped: int | None
    state: str
    settled: int
    to: str | None
    row: int | None = None
    counted: int | None = None
    first_due: int | None = None
    provisional: bool = False
    version: int = 0
    paused_from: int | None = None
    paused_until: int | None = None
    resumed: bool = False
    pauses: tuple[Interval, ...] = ()
    notes: tuple[Note, ...] = ()
    paused: int = 0

    def running(self, now: datetime | int) -> bool:
        """Whether it runs at ``now``."""
        at = _instant(now)
        return self.started <= at and (self.stopped is None or self.stopped > at)

    def status(self, now: datetime | int) -> str:
        """At ``now``: ``waiting`` (it starts later), ``running``, ``paused``, ``pause_expired`` (the pause
        is over and nobody resumed it), ``overdue`` (strictly after due), or what became of it."""
        at = _instant(now)
        if self.stopped is not None and self.stopped <= at:
            return self.state
        if self.started > at:
            return "waiting"
        if self.due is not None and at > self.due:
            return "overdue"
        if self.paused_from is None or self.paused_until is None or at < self.paused_from:
            return "running"
        if self.resumed:
            return "paused" if at < self.paused_until else "running"
        return "paused" if at <= self.paused_until else "pause_expired"

    def strict(self, now: datetime | int) -> str:
        """The verdict by the first due, whatever was paused or granted later (clocks 10): ``met``,
        ``breached``, ``cancelled``, or ``running`` while neither is certain."""
        first = self.first_due
        return self._verdict(now, self.due if first is None or self.due is None else min(first, self.due))

    def adjusted(self, now: datetime | int) -> str:
        """The verdict by the due that approved changes and credited pauses led to."""
        return self._verdict(now, self.due)

    def _verdict(self, now: datetime | int, due: int | None) -> str:
        at = _instant(now)
        stopped = self.stopped is not None and self.stopped <= at
        if stopped and self.state == "cancelled":
            return "cancelled"
        end = (self.counted if self.counted is not None else self.stopped) if stopped else at
        if due is not None and end is not None and end > due:
            return "breached"
        return "met" if stopped else "running"

    def overdue_seconds(self, now: datetime | int) -> int:
        """How late it is at ``now``, or was when it stopped; 0 when in time, waiting or cancelled."""
        if self.due is None:
            return 0
        status = self.status(now)
        if status == "breached":
            return max(0, (self.counted or self.due) - self.due)
        return _instant(now) - self.due if status == "overdue" else 0


def _instant(moment: datetime | int) -> int:
    return moment if isinstance(moment, int) else int(moment.timestamp())


def moment_of(seconds: int | None, zone: ZoneInfo) -> datetime | None:
    """An instant of a :class:`ClockState` as a moment in ``zone``."""
    return None if seconds is None else from_epoch(seconds, zone)
