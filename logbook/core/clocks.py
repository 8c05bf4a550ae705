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
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any
from typing import cast
from zoneinfo import ZoneInfo

from logbook.core.budgets import Change
from logbook.core.budgets import Chosen
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
from logbook.core.clockfacts import Link
from logbook.core.clockfacts import Row
from logbook.core.clockfacts import own_amendments
from logbook.core.clockfacts import seconds_of
from logbook.core.clockplans import Plan
from logbook.core.clockplans import in_force
from logbook.core.clockplans import plan_by
from logbook.core.clockplans import plans_of
from logbook.core.clockruns import Run
from logbook.core.clockruns import Runs
from logbook.core.clockruns import Stop
from logbook.core.clockstates import ClockState
from logbook.core.clockstates import moment_of
from logbook.core.form import Form
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import State
from logbook.core.lifecycle import put_path
from logbook.core.lifecycle import state_of
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Stored
from logbook.core.value import changing
from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.core.rules import World

GRACE = 7200  # how late a stop may be written down and still count from when it happened (clocks 2)


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
class _Shot:
    """What the record said after a change of a field that decides."""

    at: int
    position: int  # of the event; -1 for a correction
    state: State
    source: Event | Amendment | None


class _Case(Runs):
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

    def plain(self, plan: Plan, run: Run, cycle: int, row: Row | None = None) -> ClockState:
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
        run: Run,
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
        self, plan: Plan, run: Run, first: Change, later: Sequence[Change]
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

    def extensions(self, plan: Plan, run: Run, first: Change, grace: int) -> list[Change]:
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

    def changed_after(self, plan: Plan, run: Run) -> bool:
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

    def segments(self, plan: Plan, run: Run) -> list[tuple[Run, Change, list[Change]]]:
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
        found: list[tuple[Run, Change, list[Change]]] = []
        current: Run | None = None
        if self.wanted(plan, first.state):
            current = Run(
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
                current = Run(start, run.position, max(run.settled, shot.at), run.imported, run.loose)
                found.append((current, self.shot_change(plan, shot, None), []))
            elif not wanted and current is not None and self.late_already(plan, found[-1], shot):
                # A breach is never erased (clocks 8): what was late when it ceased to be asked for runs on.
                pass
            elif not wanted and current is not None:
                current.stop = Stop(shot.at, shot.at, shot.at, imported=False, final=True, void=True)
                current, taken = None, _by_value(plan, shot)
            elif current is not None:
                found[-1][2].append(self.shot_change(plan, shot, before))
            before = shot
            unfilled = unfilled and not any(shot.state.fields.get(name) for name in plan.when_names)
        if current is not None:
            current.stop = end
        return found

    def late_already(self, plan: Plan, part: tuple[Run, Change, list[Change]], shot: _Shot) -> bool:
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
        run: Run,
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


def _changed_by(source: Event | Amendment | None) -> set[str]:
    """The fields an event or a correction gave a value."""
    if source is None:
        return set()
    paths = (source.field,) if isinstance(source, Amendment) else source.set
    return {path.partition(".")[0].rstrip("+") for path in paths}


def _by_value(plan: Plan, shot: _Shot) -> bool:
    """Whether a value was changed that decides over the clock, and the record did not only move on."""
    return not plan.decides.isdisjoint(_changed_by(shot.source))


def _counted(stop: Stop, grace: int) -> int:
    """When a stop counts as having been. Correcting its moment cannot erase a breach: the earliest that
    any of its entries gave counts, but never less than the moment it names now."""
    if stop.imported or stop.final:
        return stop.at
    counts = [
        at if recorded - at <= grace else recorded
        for at, recorded in (*stop.corrections, (stop.at, stop.recorded))
    ]
    return max(stop.at, min(counts))
