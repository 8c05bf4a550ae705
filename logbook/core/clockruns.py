"""When the clocks of a record ran: each start with the stop that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from logbook.core.clockfacts import Facts
from logbook.core.clockfacts import cells_of
from logbook.core.clockfacts import column_of
from logbook.core.clockfacts import seconds_of
from logbook.core.clockplans import Plan
from logbook.core.record import Stored
from logbook.core.value import changing


@changing
class Stop:
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
class Run:
    start: int
    position: int
    settled: int
    imported: bool
    loose: bool = False  # started by a moment, not by an event: any stop may be its own
    stop: Stop | None = None


class Runs(Facts):
    """The starts and stops of one record's clocks."""

    __slots__ = ()

    def runs(self, plan: Plan) -> list[Run]:
        """Starts and stops paired, in the order of the events."""
        starts, stops = plan.starts, plan.stops
        events = self.events
        runs: list[Run] = []
        run = self.early_start(plan)
        if run is not None:
            runs.append(run)
        elsewhere: list[Stop] | None = None
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
                    run = Run(at, position, at, position > 0 and bool(event.source))
                    runs.append(run)
            if run is not None and name in ends:
                if stops.links or stops.columns:
                    elsewhere = self.stops_elsewhere(plan) if elsewhere is None else elsewhere
                    run = self.stopped_elsewhere(run, elsewhere, at)
                if run is not None:
                    void = name not in self.form.steps
                    run.stop = Stop(at, at, at, imported=False, position=position, final=True, void=void)
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

    def early_start(self, plan: Plan) -> Run | None:
        """The start that needs no event: the header's moment, or a moment in a field, a column or a
        linked record (the earliest)."""
        starts = plan.starts
        if starts.at:
            at = self.at_of(0)
            return None if at is None else Run(at, 0, at, imported=False)
        best: Run | None = None
        for name in (*starts.fields, *(".".join(pair) for pair in (*starts.columns, *starts.links))):
            found = self.instant(name)
            if found is None or (best is not None and best.start <= found[0]):
                continue
            position = self.touched.get(name.partition(".")[0], 0)
            imported = position > 0 and bool(self.events[position].source)
            best = Run(found[0], position, self.at_of(position) or found[0], imported, loose=True)
        return best

    def stop_at(self, position: int, at: int) -> Stop:
        return Stop(
            at, self.recorded_of(position), at, bool(self.events[position].source), position=position
        )

    def field_stop(self, names: Iterable[str], position: int, known: int) -> Stop | None:
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
            return Stop(
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

    def corrected(self, run: Run, position: int, at: int) -> Run | None:
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

    def stops_elsewhere(self, plan: Plan) -> list[Stop]:
        """Stops that are no events of this record: columns (every row, the latest) and links."""
        found: list[Stop] = []
        for name, path in plan.stops.links:
            moment = self.stored_instant(self.link(name, path))
            if moment is not None:
                at = moment[0]
                found.append(Stop(at, at, at, imported=bool(self.events[0].source), final=True))
        for name, column in plan.stops.columns:
            values = [self.stored_instant(value) for value in column_of(self.state, name, column)]
            if values and all(values):
                at = max(value[0] for value in values if value is not None)
                found.append(self.row_stop(name, column, at))
        return sorted(found, key=lambda stop: stop.at)

    def row_stop(self, name: str, column: str, at: int) -> Stop:
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
        return Stop(at, self.recorded_of(position), self.at_of(position) or at, imported, position=position)

    def stopped_elsewhere(self, run: Run, stops: list[Stop], before: int | None) -> Run | None:
        """The run, or None when one of ``stops`` (not later than ``before``) has stopped it."""
        for stop in stops:
            if (run.loose or stop.at >= run.start) and (before is None or stop.at <= before):
                run.stop = stop
                return None
        return run

    def row_run(self, plan: Plan, name: str, row: Mapping[str, Stored], whole: Sequence[Run]) -> Run | None:
        """The start and stop of one row."""
        run: Run | None = None
        for start_list, column in plan.starts.columns:
            cell = self.stored_instant(row.get(column)) if start_list == name else None
            if cell is not None:
                source = self.row_stop(name, column, cell[0])
                run = Run(cell[0], source.position, source.exists, source.imported, loose=True)
        if run is None and not plan.starts.columns and whole:
            last = whole[-1]
            run = Run(last.start, last.position, last.settled, last.imported, last.loose, last.stop)
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

    def whole_stop(self, plan: Plan, run: Run) -> Stop | None:
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
                return Stop(at, at, at, imported=False, position=position, final=True, void=void)
        return None
