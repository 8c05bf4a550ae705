"""Loading records: from an index row or a path to what they amount to."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import time
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.value import frozen
from logbook.core.view import View
from logbook.operations.session import Session
from logbook.store import codec
from logbook.store.records import record_from

if TYPE_CHECKING:
    from logbook.core.calendars import Calendar
    from logbook.core.clockstates import ClockState
    from logbook.index.book_index import Row


@frozen
class Loaded:
    """A record with its place and bytes, and what it amounts to at the session's moment."""

    row: Row
    record: Record
    form: Form
    state: State
    data: bytes

    @property
    def path(self) -> str:
        return self.row.path


def opened(session: Session, state: State) -> State:
    """The state with private values plain where this desk can read them."""
    if session.vault is None:
        return state
    from logbook.operations import secrecy

    return secrecy.opened(session, state)


def find(session: Session, word: str, *, form: str | None = None) -> Row:
    """The one record meant by ``ID`` or ``FORM/ID``; Refused with the candidates otherwise."""
    name, slash, rest = word.partition("/")
    target = form
    if slash:
        target = session.form(name).name
        word = rest
    rows = session.index.find(target, word)
    if len(rows) == 1:
        return rows[0]
    if rows:
        candidates = [f"{row.form}/{row.id}" for row in rows]
        raise Refused(
            [
                Issue(
                    "record.several",
                    {"found": word, "candidates": candidates, "first": candidates[0]},
                    field="id",
                )
            ]
        )
    for broken in session.index.broken():
        if broken.path.endswith(f"/{word}.yaml"):
            raise Refused([Issue("record.unreadable", {}, path=broken.path), *broken.issues])
    raise Refused([Issue("record.not-found", {"found": word}, field="id")])


def load(session: Session, row: Row, *, until: datetime | None = None) -> Loaded:
    """Read a record's text as committed and replay it (until a moment)."""
    data = session.repository.objects.read(row.blob)[1]
    return loaded_from(session, row, data, until=until)


def loaded_from(session: Session, row: Row, data: bytes, *, until: datetime | None = None) -> Loaded:
    """The same from bytes at hand; Refused with the findings when they are no record."""
    record = record_in(data, row.path)
    form = form_of(session, record)
    return Loaded(row, record, form, opened(session, state_of(form, record, until=until)), data)


def record_in(data: bytes, path: str) -> Record:
    """The record a text says; Refused with the findings when it says none."""
    document, issues = codec.read(data, path=path)
    if document is None:
        raise Refused([issue.at(path=path) for issue in issues])
    record, issues = record_from(document.plain)
    if record is None:
        raise Refused([issue.at(path=path) for issue in issues])
    return record


def unknown_form(name: str, library: Library) -> Issue:
    """A form the book does not have, with the nearest it has."""
    from logbook.core.suggest import hint

    known = list(library.forms)
    return Issue("record.unknown-form", {"found": name, "known": known, "hint": hint(name, known)}, field="form")


def form_of(session: Session, record: Record) -> Form:
    """The form at the record's own version."""
    form = session.library.form_at(record.form, record.version)
    if form is None:
        if record.form in session.library.forms:
            issue = Issue("record.form-version", {"found": record.form_version}, field="form")
        else:
            issue = unknown_form(record.form, session.library)
        raise Refused([issue])
    return form


def clocks(session: Session, loaded: Loaded) -> list[ClockState]:
    """Every clock of a record, computed from its events."""
    from logbook.core.clockplans import versions_of
    from logbook.core.clocks import clocks_of

    world = World(session)
    return clocks_of(
        loaded.form,
        loaded.state,
        zone=session.zone,
        calendars=session.calendars,
        link=world.linked_moment(loaded.state),
        versions=versions_of(session.library, loaded.form.name),
        settings=session.library.settings,
    )


# Values the index and a record's text write in one way only: what is equal is found by them.
LOOKED_UP = ("text", "phone", "choice", "bool", "int", "staff", "ref", "date", "time", "datetime")
_MOMENTS: Mapping[str, type] = {"datetime": datetime, "date": date, "time": time}


# A form, one of its lists, and the columns that are compared.
_RowKey = tuple[str, str, tuple[str, ...]]
# States by what they hold in the compared fields, then by id: a record changed anew takes the place of the old.
_Buckets = dict[tuple[object, ...], dict[str, State]]


class World:
    """The other records as the rules see them, read through the index and kept for one command.

    ``until``: as they were at that moment; such a world looks at every record of a form it is asked for.
    ``whole``: the overlay holds every record of the book, so the index is not asked at all.
    """

    def __init__(
        self,
        session: Session,
        *,
        overlay: Mapping[tuple[str, str], State] | None = None,
        until: datetime | None = None,
        whole: bool = False,
    ) -> None:
        self._session = session
        self._whole = whole
        self._views: dict[tuple[str, str], View | None] = {}
        self._overlay = dict(overlay or {})
        self._until = until
        self._later: dict[str, list[Row]] | None = None
        self._pasts: dict[datetime, World] = {}
        self._roles: dict[str, frozenset[str]] = {}
        self._row_buckets: dict[_RowKey, _Buckets] = {}
        self._buckets: dict[tuple[str, tuple[str, ...]], _Buckets] = {}

    @property
    def now(self) -> datetime:
        return self._until or self._session.now

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(self._session.zone).date()

    def put(self, state: State) -> View:
        """Let the rules see a record as it is about to be written."""
        state = opened(self._session, state)
        key = (state.record.form, state.record.id)
        if key in self._overlay:
            self.take_back(self._overlay[key])
        self._overlay[key] = state
        self._pasts.clear()
        view = View(state, self)
        self._views[key] = view
        for (form, names), buckets in self._buckets.items():
            if form == state.record.form:
                buckets.setdefault(self._values(state, names), {})[state.record.id] = state
        for row_key, rows in self._row_buckets.items():
            if row_key[0] == state.record.form:
                self._put_rows(rows, row_key, state)
        return view

    def take_back(self, state: State) -> None:
        """Forget a record that was put and is not written after all."""
        key = (state.record.form, state.record.id)
        self._overlay.pop(key, None)
        self._views.pop(key, None)
        self._pasts.clear()
        itself = state.record.id
        for (form, names), buckets in self._buckets.items():
            if form == state.record.form:
                buckets.get(self._values(state, names), {}).pop(itself, None)
        for row_key, rows in self._row_buckets.items():
            if row_key[0] == state.record.form:
                for place in self._places(row_key, state):
                    rows.get(place, {}).pop(itself, None)

    def find(self, form: str, id: str) -> View | None:
        """The record of that form and id; None when there is none."""
        key = (form, id)
        if key not in self._views:
            if key in self._overlay:
                self._views[key] = self._seen(self._overlay[key])
            elif self._whole:
                return None
            else:
                rows = self._session.index.find(form, id)
                self._views[key] = self._view(rows[0]) if rows else None
        return self._views[key]

    def all(self, form: str, *, state: tuple[str, ...] = (), **equal: Any) -> Iterator[View]:
        """Every record of a form, void ones left out; ``equal`` narrows by field values and ``state`` by
        states where the index can tell, else there are more (never fewer) than asked for."""
        narrow = self._narrowing(form, equal)
        asked = {**narrow, **_in_state(state)}
        rows = () if self._whole else self._then_too(form, self._session.index.all_equal(form, asked))
        return self._views_of(form, self._overlaid(form, narrow), rows)

    def with_row(self, form: str, name: str, /, **equal: Any) -> Iterator[View]:
        """Records of a form that have such a row in the list ``name``; again perhaps more of them."""
        known = self._session.library.forms.get(form)
        field = known.fields.get(name) if known is not None else None
        narrow = self._narrowing(form, equal, field.columns if field is not None else {})
        rows = () if self._whole else self._then_too(form, self._session.index.with_row(form, name, narrow))
        return self._views_of(form, self._overlaid_rows(form, name, narrow), rows)

    def _views_of(self, form: str, overlaid: Iterable[State], rows: Iterable[Row]) -> Iterator[View]:
        for state in overlaid:
            view = self.find(form, state.record.id)
            if view is not None and not view.state_of.voided:
                yield view
        for row in rows:
            key = (form, row.id)
            if key in self._overlay or (row.voided and self._until is None):
                continue
            if key not in self._views:
                self._views[key] = self._view(row)
            found = self._views[key]
            if found is not None and not found.state_of.voided:
                yield found

    def _then_too(self, form: str, rows: list[Row]) -> list[Row]:
        """``rows``, what the index found as of now; in the past also whatever something happened to since,
        for it may have been otherwise then."""
        if self._until is None:
            return rows
        if self._later is None:
            self._later = {}
            for row in self._session.index.later_than(self._until):
                self._later.setdefault(row.form, []).append(row)
        later = self._later.get(form, [])
        ids = {row.id for row in later}
        return [*later, *(row for row in rows if row.id not in ids)]

    def _narrowing(
        self, form: str, equal: Mapping[str, object], columns: Mapping[str, Field] | None = None
    ) -> dict[str, object]:
        """What of ``equal`` can be looked up: stored fields whose value has one writing."""
        if columns is None:
            known = self._session.library.forms.get(form)
            columns = known.fields if known is not None else {}
        narrow: dict[str, object] = {}
        for name, value in equal.items():
            field = columns.get(name)
            if field is None or field.derived is not None or field.type not in LOOKED_UP:
                continue
            if field.private and self._session.encrypts:
                continue  # the index knows nothing of it
            if field.type in _MOMENTS and type(value) is not _MOMENTS[field.type]:
                continue
            if field.type in ("ref", "staff") and isinstance(value, str):
                value = value.rpartition("/")[2]
            narrow[name] = value
        return narrow

    def _overlaid(self, form: str, equal: Mapping[str, object]) -> Iterable[State]:
        """States put into this world that match; kept in buckets so that an import stays linear."""
        names = tuple(sorted(equal))
        buckets = self._buckets.get((form, names))
        if buckets is None:
            buckets = self._buckets[(form, names)] = {}
            for (name, _), state in self._overlay.items():
                then = self._then(state) if name == form else None
                if then is not None:
                    buckets.setdefault(self._values(then, names), {})[state.record.id] = state
        return tuple(buckets.get(tuple(_folded(equal[name]) for name in names), {}).values())

    def _overlaid_rows(self, form: str, name: str, equal: Mapping[str, object]) -> Iterable[State]:
        """States put into this world with such a row; in buckets, so that a whole book stays linear."""
        names = tuple(sorted(equal))
        key = (form, name, names)
        buckets = self._row_buckets.get(key)
        if buckets is None:
            buckets = self._row_buckets[key] = {}
            for (other, _), state in self._overlay.items():
                if other == form:
                    self._put_rows(buckets, key, state)
        return tuple(buckets.get(tuple(_folded(equal[one]) for one in names), {}).values())

    def _put_rows(self, buckets: _Buckets, key: _RowKey, state: State) -> None:
        for place in self._places(key, state):
            buckets.setdefault(place, {})[state.record.id] = state

    def _places(self, key: _RowKey, state: State) -> Iterator[tuple[object, ...]]:
        """What the rows of a list hold in the columns that are compared."""
        then = self._then(state)
        rows = View(then, self).get(key[1]) if then is not None else ()
        for row in rows if isinstance(rows, tuple) else ():
            yield tuple(_folded(row.get(one)) for one in key[2])

    def _values(self, state: State, names: tuple[str, ...]) -> tuple[object, ...]:
        view = View(state, self)
        return tuple(_folded(view.get(name)) for name in names)

    def exists(self, forms: Iterable[str], record_id: str) -> bool:
        """Whether one of these forms has a record of that id."""
        name, slash, rest = record_id.partition("/")
        if slash:
            forms, record_id = (name,), rest
        return any(
            (form, record_id) in self._overlay
            or any(r.id == record_id for r in self._session.index.find(form, record_id))
            for form in forms
        )

    def setting(self, path: tuple[str, ...]) -> object:
        value: object = self._session.library.settings
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None and len(path) == 2 and path[0] == "hours":
            return self._hours_of(path[1])
        return value

    def season(self, day: date) -> str:
        """The season the site has dated for a day, ``normal`` outside them."""
        from logbook.core.calendarfile import season_on

        return season_on(self._session.book.settings.settings, day) or "normal"

    def _hours_of(self, name: str) -> object:
        """Named hours the settings do not say: those of the calendar of that name (night, noon)."""
        from logbook.operations.calendar import hours_of

        return hours_of(self._session.calendars.get(name))

    def roles(self, staff: str) -> frozenset[str]:
        """The roles of a member of staff; empty for nobody we know."""
        if staff not in self._roles:
            view = self.find("staff", staff)
            roles = view.get("roles") if view is not None else None
            self._roles[staff] = frozenset(roles) if isinstance(roles, tuple) else frozenset()
        return self._roles[staff]

    def signed(self, view: Any, meaning: str) -> bool:
        """Whether a record bears a signature of that meaning that still stands."""
        record = view.state_of.record
        if not record.signatures:
            return False
        from logbook.operations.signatures import is_signed

        return is_signed(view.form, record, meaning)

    def is_holiday(self, day: date) -> bool:
        """Whether ``day`` is a public holiday by the office's calendar; none is in a book without one."""
        return self._office is not None and self._office.is_holiday(day)

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` counts as a working day: by the office's calendar, else every day does."""
        return self._office is None or self._office.is_working(day)

    def add_working_hours(self, moment: date, count: int) -> datetime | None:
        """``moment`` moved on by so many hours of the office; None in a book without one and backwards."""
        if self._office is None or count < 0:
            return None
        from logbook.core.calendars import Hours
        from logbook.core.calendars import add_working_time
        from logbook.core.moments import from_epoch

        zone = self._session.zone
        start = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), zone)
        end = add_working_time(Hours(self._office, zone), int(start.timestamp()), count * 3600)
        return from_epoch(end, zone)

    @cached_property
    def _office(self) -> Calendar | None:
        return self._session.calendars.get("office")

    def as_of(self, view: Any, name: str, moment: datetime | date) -> Any:
        """What a field or the state of a record was at a moment (rule grammar 10), a date being the
        beginning of that day; None before there was such a record."""
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time(), self._session.zone)
        past = opened(self._session, state_of(view.form, view.state_of.record, until=moment))
        if not past.exists:
            return None
        if name == "state":
            return past.status
        world = self
        field = view.form.fields.get(name)
        if field is not None and field.derived is not None:  # a balance reads other records as of then, too
            if moment not in self._pasts:
                self._pasts[moment] = World(self._session, overlay=self._overlay, until=moment, whole=self._whole)
            world = self._pasts[moment]
        return View(past, world).get(name)

    def linked_moment(self, state: State) -> _LinkedMoment:
        return _LinkedMoment(self, state)

    def _view(self, row: Row) -> View | None:
        try:
            return self._seen(load(self._session, row).state)
        except Refused:
            return None

    def _seen(self, state: State) -> View | None:
        """The record as this world sees it; None when there was none yet."""
        then = self._then(state)
        return View(then, self) if then is not None else None

    def _then(self, state: State) -> State | None:
        """What the record amounted to at this world's moment; None when there was none yet."""
        state = opened(self._session, state)
        if self._until is None:
            return state
        record = state.record
        moments = [one.at for one in record.events]
        moments += [one.at for one in record.amendments]
        moments += [one.at for one in record.signatures]
        if all(datetime.fromisoformat(at) <= self._until for at in moments):
            return state
        then = opened(self._session, state_of(state.form, record, until=self._until))
        return then if then.exists else None


def _in_state(words: tuple[str, ...]) -> dict[str, object]:
    """States a sentence names, as the index knows them; nothing where it cannot tell."""
    if not words or not {"open", "finished"}.isdisjoint(words):
        return {"final": words == ("finished",)} if words in (("open",), ("finished",)) else {}
    return {"status": frozenset(words)}


def _folded(value: object) -> object:
    """Ids compare without case (as in the index), so texts do here: rather too many than too few."""
    return value.rpartition("/")[2].casefold() if isinstance(value, str) else value


class _LinkedMoment:
    """Moments and values of linked records, for clocks that start or stop there."""

    def __init__(self, world: World, state: State) -> None:
        self._world = world
        self._state = state

    def __call__(self, field: str, path: str) -> object | None:
        value = self._state.fields.get(field)
        target = self._state.form.fields.get(field)
        if not isinstance(value, str) or target is None:
            return None
        for form in target.target:
            view = self._world.find(form, value)
            if view is not None:
                if path == "state":
                    return view.state
                return view.get(path) or view.state_of.moment(path)
        return None
