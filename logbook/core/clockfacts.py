"""What a record says when its clocks ask: moments by name, conditions, corrections, then and now."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any
from typing import cast
from zoneinfo import ZoneInfo

from logbook.core.budgets import Frame
from logbook.core.calendars import SHIPPED
from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.clockplans import Plan
from logbook.core.errors import BookError
from logbook.core.form import Form
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import State
from logbook.core.lifecycle import get_path
from logbook.core.moments import Days
from logbook.core.moments import days_in
from logbook.core.moments import epoch
from logbook.core.record import Amendment
from logbook.core.record import Stored
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.rules import World

# A moment or value of a linked record: the reference field and the name there.
Link = Callable[[str, str], object]

# A row of a list: the list and the row's cells.
Row = tuple[str, Mapping[str, Stored]]


@lru_cache(maxsize=16384)
def seconds_of(text: str) -> int | None:
    """A stored moment in seconds; None for one that cannot be read (`validate` reports it)."""
    try:
        return epoch(text)
    except ValueError:
        return None


_HOURS: dict[tuple[int, str], Hours] = {}


def _hours(calendar: Calendar, zone: ZoneInfo) -> Hours:
    key = (id(calendar), zone.key)
    found = _HOURS.get(key)
    if found is None or found.calendar is not calendar:
        found = _HOURS[key] = Hours(calendar, zone)
    return found


class Facts:
    """What one record says, as its clocks ask for it."""

    __slots__ = (
        "_frame", "_history", "amended", "calendars", "days", "events", "form", "link", "settings", "state",
        "touched", "world", "zone",
    )  # fmt: skip

    def __init__(
        self,
        form: Form,
        state: State,
        zone: ZoneInfo,
        calendars: Mapping[str, Calendar],
        link: Link,
        world: World | None,
        watched: frozenset[str],
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.form = form
        self.state = state
        self.zone = zone
        self.days: Days = days_in(zone)
        self.calendars = calendars
        self.link = link
        self.world = world
        self.settings = {} if settings is None else settings  # not `or`: its length would make it read
        self.events = state.events
        self.amended = bool(state.record.amendments)
        # The fields events have set that any clock cares for, with the last event that did.
        self.touched: dict[str, int] = {}
        for position, event in enumerate(state.events):
            if event.set:
                for path in event.set:
                    name = path if path in watched else path.partition(".")[0].rstrip("+")
                    if name in watched:
                        self.touched[name] = position
        self._history: list[Amendment] | None = None
        self._frame: Frame | None = None

    # what the record says

    def at_of(self, position: int) -> int | None:
        """When an event happened; the header's moment for the one that made the record. None when that
        cannot be read: such an event moves no clock, and `validate` reports it."""
        return seconds_of(self.state.at if position == 0 else self.events[position].at)

    def recorded_of(self, position: int) -> int:
        event = self.events[position]
        return (seconds_of(event.recorded) if event.recorded else None) or seconds_of(event.at) or 0

    @property
    def history(self) -> list[Amendment]:
        """Corrections of values the record was made with, as far as they exist in this state. (A value
        set by an event is corrected by an event; that correction is no second change.)"""
        if self._history is None:
            self._history = own_amendments(self.state) if self.amended else []
        return self._history

    def stored_instant(self, value: object) -> tuple[int, bool] | None:
        """A stored or linked value as an instant, and whether it is a whole day."""
        if isinstance(value, str):
            if len(value) == 10:
                try:
                    return self.days.begin(date.fromisoformat(value).toordinal()), True
                except ValueError:
                    return None
            seconds = seconds_of(value)
            return None if seconds is None else (seconds, False)
        if isinstance(value, datetime):
            aware = value if value.tzinfo is not None else value.replace(tzinfo=self.zone)
            return int(aware.timestamp()), False
        if isinstance(value, date):
            return self.days.begin(value.toordinal()), True
        if isinstance(value, int) and not isinstance(value, bool):
            return value, False
        return None

    def instant(
        self, name: str, state: State | None = None, row: Row | None = None
    ) -> tuple[int, bool] | None:
        """The moment under a name: ``at``, a step, a field, a column (of ``row``, else the earliest of
        all rows), a moment of a linked record."""
        state = state or self.state
        if name == "at":
            return self.stored_instant(state.at)
        head, dot, rest = name.partition(".")
        field = self.form.fields.get(head)
        if dot and field is not None and field.type == "list":
            if row is not None and row[0] == head:
                return self.stored_instant(row[1].get(rest))
            filled = [found for found in map(self.stored_instant, column_of(state, head, rest)) if found]
            return min(filled) if filled else None
        if dot and rest != "at" and field is not None:
            return self.stored_instant(self.link(head, rest))
        if field is not None and not dot:
            found = self.stored_instant(state.fields.get(head))
            if found is not None or field.type in ("datetime", "date"):
                return found
        if row is not None and not dot and field is None and head in self.form.fields[row[0]].columns:
            return self.stored_instant(row[1].get(head))
        event = state.last(head)
        return self.stored_instant(event.at) if event is not None else None

    def frame(self, plan: Plan, state: State | None = None, row: Row | None = None) -> Frame:
        """What the budget of ``plan`` is counted in, as the record stood in ``state``."""
        if state is None and row is None and not plan.working:
            if self._frame is None:
                self._frame = Frame(self.days, self.instant, _no_hours)
            return self._frame
        name = plan.calendar

        def hours() -> Hours:
            calendar = self.calendars.get(name) or SHIPPED.get(name)
            if calendar is None:
                raise BookError("clock.no-calendar", calendar=name)
            return _hours(calendar, self.zone)

        return Frame(self.days, lambda path: self.instant(path, state, row), hours, plan.roll)

    # whether a clock exists

    def wanted(self, plan: Plan, state: State | None = None) -> bool:
        """Whether the condition of the clock is true, as the record stood in ``state``."""
        if plan.when is None:
            return True
        state = state or self.state
        if not plan.local:
            return self.ask(plan, state)
        key: tuple[object, ...] = tuple([state.fields.get(name) for name in plan.when_names])
        try:
            return plan.known[key]
        except KeyError:
            if len(plan.known) > 500:
                plan.known.clear()
            answer = plan.known[key] = self.ask(plan, state)
            return answer
        except TypeError:  # a list cannot be looked up
            return self.ask(plan, state)

    def ask(self, plan: Plan, state: State, row: Mapping[str, Any] | None = None) -> bool:
        from logbook.core.rules import evaluate
        from logbook.core.view import View

        assert plan.when is not None
        world = self.world or cast("World", _Alone(state, self.link, self.zone, self.settings))
        view = View(state, world)
        if row is None:
            return evaluate(plan.when, view, world) is True
        return evaluate(plan.when, view, world, within=plan.rows, row=row) is True


def own_amendments(state: State, *, every: bool = False) -> list[Amendment]:
    """The corrections of values a record was made with; ``every``: those too that this state (a replay
    until some moment) does not know yet."""
    record = state.record
    by_event = {(event.at, path) for event in record.events if event.step == AMEND for path in event.set}
    own = [one for one in record.amendments if (one.at, one.field) not in by_event]
    if every:
        return own
    undone: set[int] = set()
    for path in {one.field for one in own}:
        if any(path in event.set for event in state.events):
            continue
        value = get_path(state.fields, path)
        for one in reversed([one for one in own if one.field == path]):
            if value == one.new or value != one.old:
                break
            undone.add(id(one))
    return [one for one in own if id(one) not in undone]


def column_of(state: State, name: str, column: str) -> list[Stored]:
    return list(cells_of(state.fields.get(name), column))


def cells_of(value: Stored, column: str) -> Iterator[Stored]:
    """The cells of a column in rows, in one row, or the value of one cell that was set alone."""
    if isinstance(value, list):
        for row in value:
            if isinstance(row, dict):
                yield row.get(column)
    elif isinstance(value, dict):
        yield value.get(column)
    elif value is not None:
        yield value


def _no_hours() -> Hours:
    raise BookError("clock.no-calendar", calendar="office")


# -- the world of a record that is asked about alone -----------------------------------------------


class _Linked:
    """A linked record of which only ``link`` knows."""

    def __init__(self, name: str, target: str, record_id: str, link: Link) -> None:
        self._name = name
        self._link = link
        self.id = record_id
        self.form = Form(name=target, version=0, title=Text("", ""), prefix="", pack="")

    @property
    def state(self) -> object:
        return self._link(self._name, "state")

    def get(self, name: str) -> object:
        value = self._link(self._name, name)
        return value == "true" if value in ("true", "false") else value

    def step(self, name: str) -> None:
        return None


class _Alone:
    """The least a condition needs of a world: the records this one points at, and the site's numbers."""

    def __init__(self, state: State, link: Link, zone: ZoneInfo, settings: Mapping[str, object]) -> None:
        self._state = state
        self._link = link
        self._zone = zone
        self._settings = settings

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self._state.events[-1].at)

    @property
    def today(self) -> date:
        return self.now.astimezone(self._zone).date()

    def find(self, form: str, record_id: str) -> _Linked | None:
        for name, field in self._state.form.fields.items():
            if field.type == "ref" and form in field.target and self._state.fields.get(name) == record_id:
                return _Linked(name, form, record_id, self._link)
        return None

    def all(self, form: str, **equal: object) -> Iterable[object]:
        return ()

    def setting(self, path: tuple[str, ...]) -> object:
        value: object = self._settings
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def roles(self, staff_id: str) -> frozenset[str]:
        return frozenset()

    def is_holiday(self, day: date) -> bool:
        return False

    def is_workday(self, day: date) -> bool:
        return True

    def as_of(self, view: object, name: str, moment: datetime) -> None:
        return None

    def signed(self, view: object, meaning: str) -> bool:
        # Whether it still stands only a world with the record's file can tell.
        return any(one.meaning == meaning for one in self._state.record.signatures)
