"""Clocks: which deadlines a record has had, when each was up, and what became of it.

Nothing of this is stored in a record: a clock is a pure function of the form, the events and
corrections of the record, the book's zone and its calendars. Instants are whole seconds since 1970 UTC.

How a clock is told from events:

* It starts at ``at``, at a step, at the moment in a field, at the earliest moment in a column, or at a
  moment of a linked record. A start while it runs changes nothing (reassigning resets nothing); a start
  after a stop is a new cycle, and the verdict on the cycle before stands.
* It stops at the first stop after that start. A stop that is a column waits for every row and takes the
  latest. A final state stops it at that event's ``at``; voiding cancels it (rulings 2).
* A start counts from ``at``. A stop written down more than ``grace`` (or a quarter of the budget, if that
  is less) after it happened counts from when it was written, unless it was imported (rulings 4).
* An imported start counts only when its stop was imported too (rulings 2).
* Paused time is credited in the calendar the budget counts in; an approved extension gives a new due, at
  most twice; neither has an effect once the due has passed (clocks 7, 10).
* A clock that a change of level would take away runs on once it is late (clocks 8).
* A clock counts by the version of the form that was in force when it started (clocks 11).
* A change of what the budget is chosen by, or of an agreed moment: see :func:`~logbook.core.budgets.replay`
  (rulings 5).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from typing import cast
from zoneinfo import ZoneInfo

from logbook.core.budgets import Change
from logbook.core.budgets import Chosen
from logbook.core.budgets import Note
from logbook.core.budgets import Or
from logbook.core.budgets import Plain
from logbook.core.budgets import Replay
from logbook.core.budgets import Within
from logbook.core.budgets import agreed_fields
from logbook.core.budgets import can_pause
from logbook.core.budgets import chosen
from logbook.core.budgets import due_of
from logbook.core.budgets import end_of
from logbook.core.budgets import replay
from logbook.core.calendars import SHIPPED
from logbook.core.calendars import Calendar
from logbook.core.calendars import Interval
from logbook.core.clockevents import Extension
from logbook.core.clockevents import Pause
from logbook.core.clockevents import credited
from logbook.core.clockevents import extensions_of
from logbook.core.clockevents import is_approved
from logbook.core.clockevents import pauses_of
from logbook.core.clockfacts import Facts
from logbook.core.clockfacts import Link
from logbook.core.clockfacts import Row
from logbook.core.clockfacts import cells_of
from logbook.core.clockfacts import column_of
from logbook.core.clockfacts import own_amendments
from logbook.core.clockfacts import seconds_of
from logbook.core.clockplans import Plan
from logbook.core.clockplans import in_force
from logbook.core.clockplans import plan_by
from logbook.core.clockplans import plans_of
from logbook.core.form import Form
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import State
from logbook.core.lifecycle import put_path
from logbook.core.lifecycle import state_of
from logbook.core.moments import from_epoch
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Stored
from logbook.core.value import changing
from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.core.rules import World

GRACE = 7200  # how late a stop may be written down and still count from when it happened (clocks 2)


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


def due_after(
    within: Within,
    start: datetime,
    *,
    zone: ZoneInfo,
    calendar: Calendar | None = None,
    value: Callable[[str], object] = lambda name: None,
) -> datetime | None:
    """The end of a budget that begins at ``start`` outside any clock (``default: {within: same day}``);
    None when it depends on a moment nobody gave."""
    return moment_of(due_of(within, int(start.timestamp()), zone=zone, calendar=calendar, value=value), zone)


def clocks_of(
    form: Form,
    state: State,
    *,
    zone: ZoneInfo,
    calendars: Mapping[str, Calendar],
    link: Link,
    world: World | None = None,
    grace: int = GRACE,
    versions: Sequence[Form] = (),
    settings: Mapping[str, object] | None = None,
) -> list[ClockState]:
    """Every cycle of every clock of a record, in the form's order.

    ``link`` gives a moment or value of the record a reference points at; ``world`` answers conditions
    that ask for more than that (without one, ``settings`` are the numbers they may name); ``versions`` are
    those of the form that say from when they apply (see :func:`~logbook.core.clockplans.versions_of`). A
    clock that counts in a calendar the book does not have sleeps (see :func:`sleeping`); BookError
    ``clock.empty-calendar`` when its calendar has no windows.
    """
    if not form.clocks or not state.events:
        return []
    plans, watched = plans_of(form)
    case = _Case(form, state, zone, calendars, link, world, watched, settings)
    case.grace = grace
    case.read_steps()
    found: list[ClockState] = []
    for plan in plans:
        if plan.working and not _has_calendar(plan.calendar, calendars):
            continue
        own = case.rows(plan) if plan.rows is not None else case.clock(plan)
        if versions:
            own = case.by_version(plan, own, versions)
        found.extend(own)
    return found


def sleeping(form: Form, calendars: Mapping[str, Calendar]) -> dict[str, str]:
    """The clocks of a form that sleep because the book lacks their calendar: clock to calendar."""
    return {
        plan.id: plan.calendar
        for plan in plans_of(form)[0]
        if plan.working and not _has_calendar(plan.calendar, calendars)
    }


def _has_calendar(name: str, calendars: Mapping[str, Calendar]) -> bool:
    return name in calendars or name in SHIPPED


# -- one record ------------------------------------------------------------------------------------


@changing
class _Stop:
    at: int
    recorded: int
    exists: int  # from when on the record knows of it
    imported: bool
    field: str | None = None
    position: int = -1
    corrections: tuple[tuple[int, int], ...] = ()
    final: bool = False  # counts as it is: a final state, a linked record
    void: bool = False


@changing
class _Run:
    start: int
    position: int
    settled: int
    imported: bool
    loose: bool = False  # started by a moment, not by an event: any stop may be its own
    stop: _Stop | None = None


@changing
class _Shot:
    """What the record said after a change of a field that decides."""

    at: int
    position: int  # of the event; -1 for a correction
    state: State
    source: Event | Amendment | None


class _Case(Facts):
    """The clocks of one record."""

    __slots__ = ("_extending", "_pausing", "grace")

    grace: int
    _pausing: list[Pause]
    _extending: list[Extension]

    def read_steps(self) -> None:
        """Find the pauses and extensions; most records have none."""
        steps = {event.step for event in self.events}
        self._pausing = pauses_of(self) if "pause" in steps else []
        self._extending = extensions_of(self) if "extend" in steps else []

    def by_version(self, plan: Plan, own: list[ClockState], versions: Sequence[Form]) -> list[ClockState]:
        """The cycles of a clock, each by the version of the form that was in force when it started."""
        form = self.form
        found = [one for one in own if self.version_of(one, versions) is form]
        for version in versions:
            if version.version == form.version:
                continue
            other = plan_by(form, version, plan.id)
            if other is None:
                found += [one for one in own if self.version_of(one, versions) is version]
                continue
            if other.working and not _has_calendar(other.calendar, self.calendars):
                continue
            theirs = self.rows(other) if other.rows is not None else self.clock(other)
            found += [one for one in theirs if self.version_of(one, versions) is version]
        found.sort(key=lambda one: (one.started, one.cycle))
        if plan.rows is None:
            found = [one._replace(cycle=number) for number, one in enumerate(found, 1)]
        return found

    def version_of(self, one: ClockState, versions: Sequence[Form]) -> Form:
        found = in_force(self.form, versions, date.fromordinal(self.days.of(one.started)).isoformat())
        return self.form if found.version == self.form.version else found

    # cycles

    def clock(self, plan: Plan) -> list[ClockState]:
        """The cycles of a clock that is not a row's."""
        # The usual case first: nothing it depends on ever changed, so one look at the values is enough.
        changes = plan.by_state or ((self.touched or self.amended) and self.changed(plan.decides))
        if not changes and not self.wanted(plan):
            return []
        found: list[ClockState] = []
        for run in self.runs(plan):
            if run.imported and (run.stop is None or not run.stop.imported):
                continue
            if changes and self.changed_after(plan, run):
                for part, first, later in self.segments(plan, run):
                    found.append(self.replayed(plan, part, len(found) + 1, first, later))
            elif not changes or self.wanted(plan):
                found.append(self.plain(plan, run, len(found) + 1))
        return found

    def plain(self, plan: Plan, run: _Run, cycle: int, row: Row | None = None) -> ClockState:
        """A cycle during which nothing its budget depends on has changed."""
        number = cycle if row is not None else None
        if not (self._pausing or self._extending or plan.not_before):
            due = self.due(plan, run.start, row)
            return self.judged(plan, run, cycle, due, due, row=number)
        fields = self.state.fields if row is None else {**self.state.fields, **row[1]}

        def value(name: str) -> object:
            return fields.get(name.removeprefix(f"{row[0]}.") if row is not None else name)

        first = Change(
            run.start, chosen(plan.within, value), self.frame(plan, None, row), begin=self.begin_of(plan)
        )
        return self.replayed(plan, run, cycle, first, [], number)

    def begin_of(self, plan: Plan, state: State | None = None) -> int | None:
        """The moment before which the budget does not begin to count."""
        found = self.instant(plan.not_before, state) if plan.not_before is not None else None
        return found[0] if found is not None else None

    def replayed(
        self,
        plan: Plan,
        run: _Run,
        cycle: int,
        first: Change,
        later: Sequence[Change],
        row: int | None = None,
    ) -> ClockState:
        """A cycle with everything that happened to it."""
        done, pauses, mine = self.story(plan, run, first, later)
        run.settled = done.said
        run.start = run.start if done.start is None else done.start
        begin = first.begin
        for change in later:
            begin = change.begin if change.extension is None else begin
        one = self.judged(plan, run, cycle, done.due, done.original, row, begin)
        counting = [p for p in mine if done.due is None or p.at <= done.due]
        last = counting[-1] if counting else None
        return one._replace(
            paused_from=last.at if last is not None else None,
            paused_until=last.end if last is not None else None,
            resumed=last.resumed if last is not None else False,
            pauses=tuple(p for p in pauses if done.due is None or p[0] <= done.due),
            notes=done.notes,
            paused=len(counting),
        )

    def story(
        self, plan: Plan, run: _Run, first: Change, later: Sequence[Change]
    ) -> tuple[Replay, list[Interval], list[Pause]]:
        """The replay of a cycle, the time it was paused, and the pauses that were its own."""
        grace = self.grace
        if not (self._pausing or self._extending):
            return replay(run.start, first, later, said=run.settled), [], []
        plainly = replay(run.start, first, later).due
        if plainly is not None and plainly > run.start:
            grace = min(grace, (plainly - run.start) // 4)
        stop = run.stop.at if run.stop is not None else None
        within = next((one.within for one in reversed(later) if one.extension is None), first.within)
        agreed = isinstance(within, Or) and not within.earlier and self.instant(within.field) is not None
        pausable = plan.pausable and can_pause(within) and not agreed
        mine = [
            one._replace(at=one.begin(grace))
            for one in self._pausing
            if pausable and one.end > max(run.start, one.begin(grace)) and (stop is None or one.begin(grace) < stop)
        ]
        changes = [*later, *self.extensions(plan, run, first, grace)]
        changes.sort(key=lambda change: change.at)
        pauses = credited(mine)
        said = max([run.settled, *(one.settled for one in mine)])
        return replay(run.start, first, changes, pauses, said=said), pauses, mine

    def extensions(self, plan: Plan, run: _Run, first: Change, grace: int) -> list[Change]:
        """The extensions of one cycle. One written down late counts from then, as a stop does."""
        end = run.stop
        return [
            Change(
                one.recorded if one.recorded - one.at > grace else one.at,
                first.within,
                first.frame,
                approved=one.approved,
                extension=one.due,
            )
            for one in self._extending
            if one.clock == plan.id
            and one.position > run.position
            and (
                end is None or (one.position < end.position if end.position >= 0 else one.at < end.at)
            )
        ]

    def changed(self, names: frozenset[str]) -> bool:
        """Whether an event or a correction has changed one of these fields."""
        return not names.isdisjoint(self.touched) or any(
            amendment.field.partition(".")[0] in names for amendment in self.history
        )

    def changed_after(self, plan: Plan, run: _Run) -> bool:
        """Whether one has changed after the run began."""
        if plan.by_state:
            return True
        touched = self.touched
        if any(touched.get(name, -1) > run.position for name in plan.decides):
            return True
        return any(amendment.field.partition(".")[0] in plan.decides for amendment in self.history)

    def due(self, plan: Plan, start: int, row: Row | None = None) -> int | None:
        """The end of a budget by the values the record has now."""
        within = plan.within
        if type(within) is Chosen:
            name = within.field
            choice = row[1].get(name.removeprefix(f"{row[0]}.")) if row is not None else None
            found = within.table.get(cast(str, choice or self.state.fields.get(name)))
            if found is None:
                return None
            within = found
        return end_of(cast("Plain | Or", within), start, self.frame(plan, None, row))

    def runs(self, plan: Plan) -> list[_Run]:
        """Starts and stops paired, in the order of the events."""
        starts, stops = plan.starts, plan.stops
        events = self.events
        runs: list[_Run] = []
        run = self.early_start(plan)
        if run is not None:
            runs.append(run)
        elsewhere: list[_Stop] | None = None
        acts, ends = plan.acts, plan.ends
        for position, event in enumerate(events):
            name = event.step
            if name not in acts and position and not (event.set and stops.fields):
                continue
            at = self.at_of(position)
            if at is None:
                continue
            if run is not None:
                if name in stops.steps or (stops.at and position == 0):
                    run.stop = self.stop_at(position, at)
                    run = None
                elif stops.fields:
                    stop = self.field_stop(stops.fields, position, at)
                    if stop is not None:
                        run.stop = stop
                        run = None
            elif stops.fields and event.set and runs:
                run = self.corrected(runs[-1], position, at)
            if name in starts.steps:
                if run is not None and (stops.links or stops.columns):
                    elsewhere = self.stops_elsewhere(plan) if elsewhere is None else elsewhere
                    run = self.stopped_elsewhere(run, elsewhere, at)
                if run is not None and run.imported and not event.source:
                    runs.remove(run)
                    run = None
                if run is None:
                    # The making of an imported record is no step brought in: its deadlines run (rulings 2).
                    run = _Run(at, position, at, position > 0 and bool(event.source))
                    runs.append(run)
            if run is not None and name in ends:
                if stops.links or stops.columns:
                    elsewhere = self.stops_elsewhere(plan) if elsewhere is None else elsewhere
                    run = self.stopped_elsewhere(run, elsewhere, at)
                if run is not None:
                    void = name not in self.form.steps
                    run.stop = _Stop(at, at, at, imported=False, position=position, final=True, void=void)
                run = None
        if run is not None and (stops.links or stops.columns):
            elsewhere = self.stops_elsewhere(plan) if elsewhere is None else elsewhere
            run = self.stopped_elsewhere(run, elsewhere, None)
            only_rows = stops.columns and not (stops.links or stops.steps or stops.fields)
            if (
                run is not None
                and only_rows
                and not any(self.state.fields.get(name) for name, _ in stops.columns)
            ):
                runs.remove(run)  # no row that could need it
        if run is not None and run in runs and run.position == 0 and self.passed_over:
            runs.remove(run)  # an import brought later steps and not this one: history we did not keep
        return runs

    @property
    def passed_over(self) -> bool:
        """Whether an import brought the record together with later steps."""
        return bool(self.events[0].source) and any(event.source for event in self.events[1:])

    def early_start(self, plan: Plan) -> _Run | None:
        """The start that needs no event: the header's moment, or a moment in a field, a column or a
        linked record (the earliest)."""
        starts = plan.starts
        if starts.at:
            at = self.at_of(0)
            return None if at is None else _Run(at, 0, at, imported=False)
        best: _Run | None = None
        for name in (*starts.fields, *(".".join(pair) for pair in (*starts.columns, *starts.links))):
            found = self.instant(name)
            if found is None or (best is not None and best.start <= found[0]):
                continue
            position = self.touched.get(name.partition(".")[0], 0)
            imported = position > 0 and bool(self.events[position].source)
            best = _Run(found[0], position, self.at_of(position) or found[0], imported, loose=True)
        return best

    def stop_at(self, position: int, at: int) -> _Stop:
        return _Stop(
            at, self.recorded_of(position), at, bool(self.events[position].source), position=position
        )

    def field_stop(self, names: Iterable[str], position: int, known: int) -> _Stop | None:
        """The stop a moment in a field is, where this event (or the record's making) filled it in."""
        event = self.events[position]
        for name in names:
            values: list[tuple[Stored, int]] = []
            if name in event.set:
                values = [(event.set[name], self.recorded_of(position))]
            elif position == 0 and name not in self.touched:
                values = self.corrected_values(name)
            filled = [
                (found[0], recorded) for value, recorded in values if (found := self.stored_instant(value))
            ]
            if not filled or not values[-1][0]:
                continue
            at = filled[-1][0]
            exists = max(known, filled[-1][1]) if len(filled) > 1 else known
            return _Stop(
                at, filled[-1][1], exists, bool(event.source), name, position, corrections=tuple(filled[:-1])
            )  # fmt: skip
        return None

    def corrected_values(self, name: str) -> list[tuple[Stored, int]]:
        """The values a field entered at the making has had, each with when it was written down."""
        own = [amendment for amendment in self.history if amendment.field == name]
        made = self.recorded_of(0)
        if not own:
            return [(self.state.fields.get(name), made)]
        return [(own[0].old, made)] + [(one.new, seconds_of(one.recorded or one.at) or 0) for one in own]

    def corrected(self, run: _Run, position: int, at: int) -> _Run | None:
        """An event that sets a stop's field again corrects that stop, or takes it back (then it runs)."""
        stop = run.stop
        if stop is None or stop.field is None or stop.field not in self.events[position].set:
            return None
        run.settled = max(run.settled, at)
        found = self.stored_instant(self.events[position].set[stop.field])
        if found is None:
            run.stop = None
            return run
        stop.corrections = (*stop.corrections, (stop.at, stop.recorded))
        stop.at, stop.recorded, stop.exists = found[0], self.recorded_of(position), at
        return None

    def stops_elsewhere(self, plan: Plan) -> list[_Stop]:
        """Stops that are no events of this record: columns (every row, the latest) and links."""
        found: list[_Stop] = []
        for name, path in plan.stops.links:
            moment = self.stored_instant(self.link(name, path))
            if moment is not None:
                at = moment[0]
                found.append(_Stop(at, at, at, imported=bool(self.events[0].source), final=True))
        for name, column in plan.stops.columns:
            values = [self.stored_instant(value) for value in column_of(self.state, name, column)]
            if values and all(values):
                at = max(value[0] for value in values if value is not None)
                found.append(self.row_stop(name, column, at))
        return sorted(found, key=lambda stop: stop.at)

    def row_stop(self, name: str, column: str, at: int) -> _Stop:
        """A stop in a cell, written down by the first event that shows it (else when the record was made)."""
        position = 0
        for place, event in enumerate(self.events):
            if any(
                path.partition(".")[0].rstrip("+") == name
                and any(
                    found[0] == at for cell in cells_of(value, column) if (found := self.stored_instant(cell))
                )
                for path, value in event.set.items()
            ):
                position = place
                break
        imported = bool(self.events[position].source)
        return _Stop(at, self.recorded_of(position), self.at_of(position) or at, imported, position=position)

    def stopped_elsewhere(self, run: _Run, stops: list[_Stop], before: int | None) -> _Run | None:
        """The run, or None when one of ``stops`` (not later than ``before``) has stopped it."""
        for stop in stops:
            if (run.loose or stop.at >= run.start) and (before is None or stop.at <= before):
                run.stop = stop
                return None
        return run

    # changes

    def shots(self, plan: Plan) -> list[_Shot]:
        """What the record said at its making and after every change of a deciding field, in time."""
        record = self.state.record
        fields: dict[str, Stored] = dict(record.fields)
        own = own_amendments(self.state, every=True)
        for amendment in reversed(own):
            fields = put_path(fields, amendment.field, amendment.old)
        exist = {id(amendment) for amendment in self.history}
        changes: list[tuple[int, int, Event | Amendment]] = [
            (at, position, event)
            for position, event in enumerate(self.events)
            if position
            and (at := self.at_of(position)) is not None
            and (
                plan.by_state or any(path.partition(".")[0].rstrip("+") in plan.decides for path in event.set)
            )
        ]
        changes += [
            (seconds_of(amendment.at) or 0, -1, amendment)
            for amendment in own
            if id(amendment) in exist and amendment.field.partition(".")[0] in plan.decides
        ]
        changes.sort(key=lambda change: change[0])
        reached = 0
        shots = [_Shot(self.at_of(0) or 0, 0, self.shot(fields, 0), None)]
        for at, position, source in changes:
            if isinstance(source, Amendment):
                fields = put_path(fields, source.field, source.new)
            reached = max(reached, position)
            shots.append(_Shot(at, position, self.shot(fields, reached), source))
        return shots

    def shot(self, fields: Mapping[str, Stored], position: int) -> State:
        record = replace(self.state.record, fields=fields, events=self.events[: position + 1], amendments=())
        return state_of(self.form, record)

    def segments(self, plan: Plan, run: _Run) -> list[tuple[_Run, Change, list[Change]]]:
        """A run as the changes of its record cut it: from when to when the clock existed at all, and
        what its budget was."""
        shots = self.shots(plan)
        base = 0
        for number, shot in enumerate(shots):
            if shot.position <= run.position if shot.position >= 0 else shot.at <= run.start:
                base = number
        end = run.stop
        later = [
            shot
            for shot in shots[base + 1 :]
            if end is None
            or (
                shot.position < end.position if shot.position >= 0 and end.position >= 0 else shot.at < end.at
            )
        ]
        if run.loose and base == 0 and not self.instant_of_start(plan, shots[base].state):
            # The moment it starts at was filled in later: what was said before that is no change.
            while later and not self.instant_of_start(plan, shots[base].state):
                base += 1
                later = later[1:]
        first = shots[base]
        found: list[tuple[_Run, Change, list[Change]]] = []
        current: _Run | None = None
        if self.wanted(plan, first.state):
            current = _Run(
                run.start, run.position, max(run.settled, min(first.at, run.start)), run.imported, run.loose
            )
            found.append((current, self.shot_change(plan, first, None), []))
        unfilled = not any(first.state.fields.get(name) for name in plan.when_names)
        before = first
        taken = False
        for shot in later:
            wanted = self.wanted(plan, shot.state)
            if wanted and current is None and taken and _by_value(plan, shot):
                # Taken away and given back by values: it goes on, no toggling makes it start afresh.
                current = found[-1][0]
                current.stop = None
                found[-1][2].append(replace(self.shot_change(plan, shot, before), again=True))
            elif wanted and current is None:
                # A clock that exists only at the new level starts at the change (rulings 5); where
                # nothing had been said before, nothing was changed and it counts from its start.
                start = run.start if unfilled and not found else max(run.start, shot.at)
                current = _Run(start, run.position, max(run.settled, shot.at), run.imported, run.loose)
                found.append((current, self.shot_change(plan, shot, None), []))
            elif not wanted and current is not None and self.late_already(plan, found[-1], shot):
                # A breach is never erased (clocks 8): what was late when it ceased to be asked for runs on.
                pass
            elif not wanted and current is not None:
                current.stop = _Stop(shot.at, shot.at, shot.at, imported=False, final=True, void=True)
                current, taken = None, _by_value(plan, shot)
            elif current is not None:
                found[-1][2].append(self.shot_change(plan, shot, before))
            before = shot
            unfilled = unfilled and not any(shot.state.fields.get(name) for name in plan.when_names)
        if current is not None:
            current.stop = end
        return found

    def late_already(self, plan: Plan, part: tuple[_Run, Change, list[Change]], shot: _Shot) -> bool:
        """Whether a running clock was past its due when a change of a value took away its reason."""
        if not _by_value(plan, shot):
            return False  # the record moved on: that is what such a clock was to end with
        due = self.story(plan, *part)[0].due
        return due is not None and shot.at > due

    def instant_of_start(self, plan: Plan, state: State) -> bool:
        names = (*plan.starts.fields, *(".".join(pair) for pair in plan.starts.columns))
        return not names or any(self.instant(name, state) is not None for name in names)

    def shot_change(self, plan: Plan, shot: _Shot, before: _Shot | None) -> Change:
        level = False
        source = shot.source
        if before is not None and isinstance(plan.within, Chosen):
            name = plan.within.field
            old = before.state.fields.get(name)
            # The same value once more is how a level that nobody had approved is approved afterwards.
            level = bool(old) and (shot.state.fields.get(name) != old or name in _changed_by(source))
        approved = is_approved(source, self.state)
        within = chosen(plan.within, shot.state.fields.get)
        begin = self.begin_of(plan, shot.state)
        corrects = isinstance(source, Amendment) or (source is not None and source.step == AMEND)
        amended = corrects and not agreed_fields(plan.within).isdisjoint(_changed_by(source))
        counted = None
        if isinstance(source, Event) and source.recorded and not source.source:
            counted = seconds_of(source.recorded)  # as `extend`: nobody lengthens out of a breach afterwards
        return Change(
            shot.at, within, self.frame(plan, shot.state), level, approved, begin, amended=amended, counted=counted
        )

    # verdicts

    def judged(
        self,
        plan: Plan,
        run: _Run,
        cycle: int,
        due: int | None,
        original: int | None,
        row: int | None = None,
        begin: int | None = None,
    ) -> ClockState:
        """One cycle with its verdict. ``begin``: it does not begin to count before that."""
        settled = run.settled
        started = run.start if begin is None or begin < run.start else begin
        counts_from = started
        if plan.before and due is not None:
            # It is owed before it starts: there from when the record is.
            started = min(started, max(self.at_of(0) or 0, run.settled), due)
        stop = run.stop
        provisional = plan.working and due is not None and not self.covered(plan, due)
        if stop is None:
            return ClockState(
                plan.id, cycle, started, due, None, "running", settled, plan.to, row, None, original,
                provisional, plan.version,
            )  # fmt: skip
        grace = self.grace
        if due is not None and due > counts_from:
            grace = min(grace, (due - counts_from) // 4)
        counted = stop.at
        if stop.recorded - counted > grace or stop.corrections:
            counted = _counted(stop, grace)
        if stop.exists > stop.at:
            settled = max(settled, stop.exists)
        late = due is not None and counted > due
        state = "breached" if late else "met"
        if stop.void and not (late and stop.position < 0):
            state = "cancelled"
        return ClockState(
            plan.id, cycle, min(started, stop.at), due, stop.at, state, settled, plan.to, row, counted,
            original, provisional, plan.version,
        )  # fmt: skip

    def covered(self, plan: Plan, due: int) -> bool:
        hours = self.frame(plan).hours()
        return hours.calendar.covers(date.fromordinal(self.days.of(due)))

    # a clock a row

    def rows(self, plan: Plan) -> list[ClockState]:
        """A clock for every row of a list: its own column, or what the record says for all."""
        from logbook.core.values import typed

        name = cast(str, plan.rows)
        field = self.form.fields.get(name)
        stored = self.state.fields.get(name)
        if field is None or not isinstance(stored, list):
            return []
        values = cast("Sequence[Mapping[str, Any]]", typed(field, stored) or ())
        whole = self.runs(plan)
        found: list[ClockState] = []
        for number, row in enumerate(stored, 1):
            if not isinstance(row, dict):
                continue
            if plan.when is not None and not (
                number <= len(values) and self.ask(plan, self.state, values[number - 1])
            ):
                continue
            run = self.row_run(plan, name, row, whole)
            if run is None or (run.imported and (run.stop is None or not run.stop.imported)):
                continue
            found.append(self.plain(plan, run, number, (name, row)))
        return found

    def row_run(self, plan: Plan, name: str, row: Mapping[str, Stored], whole: Sequence[_Run]) -> _Run | None:
        """The start and stop of one row."""
        run: _Run | None = None
        for start_list, column in plan.starts.columns:
            cell = self.stored_instant(row.get(column)) if start_list == name else None
            if cell is not None:
                source = self.row_stop(name, column, cell[0])
                run = _Run(cell[0], source.position, source.exists, source.imported, loose=True)
        if run is None and not plan.starts.columns and whole:
            last = whole[-1]
            run = _Run(last.start, last.position, last.settled, last.imported, last.loose, last.stop)
        if run is None:
            return None
        for stop_list, column in plan.stops.columns:
            cell = self.stored_instant(row.get(column)) if stop_list == name else None
            if cell is not None:
                run.stop = self.row_stop(name, column, cell[0])
                return run
            if run.stop is not None and not run.stop.final:
                run.stop = None
        if run.stop is None:
            run.stop = self.whole_stop(plan, run)
        return run

    def whole_stop(self, plan: Plan, run: _Run) -> _Stop | None:
        """The step or final state that stops what is left of all rows."""
        for position, event in enumerate(self.events):
            if position <= run.position and not run.loose:
                continue
            at = self.at_of(position)
            if at is None:
                continue
            if event.step in plan.stops.steps and at >= run.start:
                return self.stop_at(position, at)
            if event.step in plan.ends:
                void = event.step not in self.form.steps
                return _Stop(at, at, at, imported=False, position=position, final=True, void=void)
        return None


def _changed_by(source: Event | Amendment | None) -> set[str]:
    """The fields an event or a correction gave a value."""
    if source is None:
        return set()
    paths = (source.field,) if isinstance(source, Amendment) else source.set
    return {path.partition(".")[0].rstrip("+") for path in paths}


def _by_value(plan: Plan, shot: _Shot) -> bool:
    """Whether a value was changed that decides over the clock, and the record did not only move on."""
    return not plan.decides.isdisjoint(_changed_by(shot.source))


def _counted(stop: _Stop, grace: int) -> int:
    """When a stop counts as having been. Correcting its moment cannot erase a breach: the earliest that
    any of its entries gave counts, but never less than the moment it names now."""
    if stop.imported or stop.final:
        return stop.at
    counts = [
        at if recorded - at <= grace else recorded
        for at, recorded in (*stop.corrections, (stop.at, stop.recorded))
    ]
    return max(stop.at, min(counts))
