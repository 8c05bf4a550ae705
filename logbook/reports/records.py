"""Records as reports look at them: read from the index many at once, not from their files one by one."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.lifecycle import State
from logbook.core.moments import from_epoch
from logbook.core.record import Stored
from logbook.core.reportforms import CLOCKS
from logbook.core.reportforms import FORM_TITLE
from logbook.core.reportforms import LAST_AT
from logbook.core.reportforms import LAST_STEP
from logbook.core.reportforms import NEXT_DUE
from logbook.core.reportforms import STEPS
from logbook.core.reportforms import TITLE
from logbook.core.reportforms import extended
from logbook.core.values import typed
from logbook.core.view import StepFact
from logbook.index import facts
from logbook.index.book_index import Row
from logbook.index.build import stored_value
from logbook.operations.reading import World
from logbook.operations.session import Session

_MISSING: Any = object()
_AT_ONCE = 500


class Layout:
    """A form at a version, and where its values stand in what the index gives."""

    def __init__(self, form: Form, columns: Mapping[str, Field]) -> None:
        self.form = form
        self.places = {
            name: (place, form.fields.get(name, field)) for place, (name, field) in enumerate(columns.items())
        }


class Seen:
    """One record for the sentences, out of the index. Values are typed on demand and kept."""

    __slots__ = ("_cells", "_layout", "_state", "_typed", "form", "row", "world")

    def __init__(self, found: facts.Facts, layout: Layout, world: ReportWorld) -> None:
        self.row = found.row
        self._cells = found.cells
        self._layout = layout
        self.form = layout.form
        self.world = world
        self._typed: dict[str, Any] = {}
        self._state: State | None = None

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def state(self) -> str:
        return self.row.status

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.row.at)

    @property
    def by(self) -> str:
        return self.row.by

    @property
    def spot(self) -> facts.Spot:
        return self.row.number, self.row.then

    def get(self, name: str) -> Any:
        """The typed value of a field; None for an empty or unknown one. Derived fields are computed."""
        value = self._typed.get(name, _MISSING)
        if value is _MISSING:
            value = self._read(name)
            self._typed[name] = value
        return value

    def _read(self, name: str) -> Any:
        known = self._layout.places.get(name)
        if known is not None:
            place, field = known
            cell = self._cells[place]
            if cell is None:
                return None
            return typed(field, stored_value(field, cell))
        field = self.form.fields.get(name)  # type: ignore[assignment]
        if field is None:
            return None
        if field.derived is not None:
            from logbook.core.rules import value as evaluate

            self._typed[name] = None  # a derived field that comes back to itself is empty, not endless
            return evaluate(field.derived, self, self.world, field=field)
        if name == TITLE:
            return self.row.title or None
        if name == FORM_TITLE:
            return self.form.title.say(self.world.session.lang)
        if name in (CLOCKS, STEPS, NEXT_DUE, LAST_AT, LAST_STEP):
            return self.world.made(self, name)
        return self.world.rows(self, name, field)

    def step(self, name: str) -> StepFact | None:
        for event in reversed(self.world.events(self)):
            if event.step == name:
                zone = self.world.zone
                return StepFact(from_epoch(event.at, zone), event.by, from_epoch(event.recorded, zone))
        return None

    def steps_taken(self) -> Mapping[str, int]:
        taken: dict[str, int] = {}
        for event in self.world.events(self):
            taken[event.step] = taken.get(event.step, 0) + 1
        return taken

    @property
    def state_of(self) -> State:
        """The record itself, for what the index does not hold: read from its file."""
        if self._state is None:
            from logbook.operations.reading import load

            until = self.world.now if self.row.then is not None else None
            self._state = load(self.world.session, self.row, until=until).state
        return self._state


class Made:
    """Something that is no record: a duty expected, an entry of the list of what is late."""

    __slots__ = ("_values", "at", "by", "form", "id", "state")

    def __init__(self, form: Form, id: str, state: str, at: datetime, values: Mapping[str, Any]) -> None:
        self.form = form
        self.id = id
        self.state = state
        self.at = at
        self.by = ""
        self._values = values

    def get(self, name: str) -> Any:
        return self._values.get(name)

    def step(self, name: str) -> None:
        return None


class ReportWorld(World):
    """The records of a book as they stood at a moment."""

    def __init__(self, session: Session, library: Library, moment: datetime | None = None) -> None:
        """``library`` is the one reports see; ``moment`` None: the session's own."""
        super().__init__(session, until=moment)
        self.session = session
        self.library = library
        self.zone = session.zone
        self._layouts: dict[tuple[str, int], Layout | None] = {}
        self._known: dict[int, Seen] = {}
        self._named: dict[tuple[str, str], Seen | None] = {}
        self._bunch: dict[str, list[Seen]] = {}
        self._lists: dict[tuple[str, str], dict[facts.Spot, list[dict[str, Any]]]] = {}
        self._events: dict[facts.Spot, list[facts.Happened]] = {}
        self._clocks: dict[int, list[Any]] = {}

    # --- finding records ----------------------------------------------------------------------

    def candidates(self, form: str, **narrow: Any) -> list[Seen]:
        """Records of a form, void ones left out; ``narrow`` as for :func:`logbook.index.facts.facts`."""
        found = facts.facts(self.session.index, form, self.now, **narrow)
        return self._take(form, (one for one in found if not one.row.voided))

    def find(self, form: str, id: str) -> Any:
        key = (form, id.casefold())
        if key not in self._named:
            self._named[key] = None
            rows = self.session.index.find(form, id, now=self.now)
            if rows:
                for one in self._take(form, facts.facts_of(self.session.index, rows[:1])):
                    self._named[key] = one
        return self._named[key]

    def find_all(self, form: str, ids: Iterable[str]) -> None:
        """Look these up together; :meth:`find` knows them then."""
        if form not in self.session.library.forms:
            return
        wanted = sorted({id for id in ids if (form, id.casefold()) not in self._named})
        for id in wanted:
            self._named[(form, id.casefold())] = None
        for start in range(0, len(wanted), _AT_ONCE):
            found = facts.facts(self.session.index, form, self.now, ids=wanted[start : start + _AT_ONCE])
            for one in self._take(form, found):
                self._named[(form, one.id.casefold())] = one

    def _views_of(self, form: str, overlaid: Iterable[State], rows: Iterable[Row]) -> Iterator[Any]:
        index, now = self.session.index, self.now
        then = [past for row in rows if (past := index.as_of(row, now)) is not None and not past.voided]
        fresh = [row for row in then if row.number not in self._known]
        self._take(form, facts.facts_of(index, fresh))
        yield from (self._known[row.number] for row in then if row.number in self._known)

    def _take(self, form: str, found: Iterable[facts.Facts]) -> list[Seen]:
        taken = []
        bunch = self._bunch.setdefault(form, [])
        for one in found:
            seen = self._known.get(one.row.number)
            if seen is None:
                layout = self._layout(one.row)
                if layout is None:
                    continue
                seen = self._known[one.row.number] = Seen(one, layout, self)
                bunch.append(seen)
            taken.append(seen)
        return taken

    def _layout(self, row: Row) -> Layout | None:
        key = (row.form, row.version)
        if key not in self._layouts:
            newest = self.library.forms.get(row.form)
            form = newest
            if newest is not None and newest.version != row.version:
                older = self.session.library.form_at(row.form, row.version)
                form = extended(older) if older is not None else newest
            columns = facts.columns_of(self.session.index, row.form)
            self._layouts[key] = Layout(form, columns) if form is not None else None
        return self._layouts[key]

    # --- what a record holds besides its values -----------------------------------------------

    def _near(self, seen: Seen, known: Mapping[facts.Spot, object]) -> list[Seen]:
        """Records that were found together with this one and were not asked yet: the next to be asked."""
        bunch = self._bunch.get(seen.row.form, [])
        if len(bunch) < 2:
            return [seen]
        fresh = [one for one in bunch if one.spot not in known]
        return fresh if any(one is seen for one in fresh) else [seen, *fresh]

    def rows(self, seen: Seen, name: str, field: Field) -> Any:
        """The typed rows of a list; the answers of a checklist by item."""
        lists = self._lists.setdefault((seen.row.form, name), {})
        if seen.spot not in lists:
            index, form = self.session.index, seen.row.form
            if name not in index.tables[form].lists:
                return None
            near = self._near(seen, lists)
            for one in near:
                lists[one.spot] = []
            lists.update(facts.rows_of(index, form, name, (one.spot for one in near)))
        stored = lists[seen.spot]
        if not stored:
            return None
        if field.type == "checklist":
            return {str(row.get("item")): {k: v for k, v in row.items() if k != "item"} for row in stored}
        return typed(field, cast("list[Stored]", stored))

    def events(self, seen: Seen) -> Sequence[facts.Happened]:
        if seen.spot not in self._events:
            near = self._near(seen, self._events)
            for one in near:
                self._events[one.spot] = []
            self._events.update(facts.events_of(self.session.index, (one.spot for one in near)))
        return self._events[seen.spot]

    def clocks(self, seen: Seen) -> Sequence[Any]:
        number = seen.row.number
        if number not in self._clocks:
            bunch = [one.row for one in self._bunch.get(seen.row.form, []) if one.row.number not in self._clocks]
            rows = bunch if any(row.number == number for row in bunch) else [seen.row, *bunch]
            self._clocks.update(self.session.index.clocks_of(rows, self.now))
        return self._clocks.get(number, ())

    def made(self, seen: Seen, name: str) -> Any:
        """The values reports add to a form."""
        zone = self.zone
        if name == CLOCKS:
            return tuple(
                {
                    "clock": one.clock,
                    "started": from_epoch(one.started, zone),
                    "due": from_epoch(one.due, zone) if one.due is not None else None,
                    "stopped": from_epoch(one.stopped, zone) if one.stopped is not None else None,
                    "verdict": one.adjusted,
                    "strict": one.strict,
                    "overdue": one.state == "overdue",
                    "to": one.to,
                }
                for one in self.clocks(seen)
            )
        if name == NEXT_DUE:
            dues = [one.due for one in self.clocks(seen) if one.due is not None and one.stopped is None]
            return from_epoch(min(dues), zone) if dues else None
        events = self.events(seen)
        if name == STEPS:
            return tuple({"step": one.step, "done_at": from_epoch(one.at, zone), "done_by": one.by} for one in events)
        if not events:
            return None
        return from_epoch(events[-1].at, zone) if name == LAST_AT else events[-1].step
