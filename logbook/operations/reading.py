"""Loading records: from an index row or a path to what they amount to."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.view import View
from logbook.operations.session import Session
from logbook.store import codec
from logbook.store.records import record_from

if TYPE_CHECKING:
    from logbook.core.clocks import ClockState
    from logbook.index.book_index import Row


@dataclass(frozen=True, slots=True)
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
            [Issue("record.several", {"found": word, "candidates": candidates, "first": candidates[0]}, field="id")]
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
    document, issues = codec.read(data, path=row.path)
    if document is None:
        raise Refused([issue.at(path=row.path) for issue in issues])
    record, issues = record_from(document.plain)
    if record is None:
        raise Refused([issue.at(path=row.path) for issue in issues])
    form = form_of(session, record)
    return Loaded(row, record, form, state_of(form, record, until=until), data)


def form_of(session: Session, record: Record) -> Form:
    """The form at the record's own version."""
    form = session.library.form_at(record.form, record.version)
    if form is None:
        if record.form in session.library.forms:
            issue = Issue("record.form-version", {"found": record.form_version}, field="form")
        else:
            issue = Issue(
                "record.unknown-form",
                {"found": record.form, "known": list(session.library.forms), "near": ""},
                field="form",
            )
        raise Refused([issue])
    return form


def clocks(session: Session, loaded: Loaded) -> list[ClockState]:
    """Every clock of a record, computed from its events."""
    from logbook.core.calendars import SHIPPED
    from logbook.core.clocks import clocks_of

    world = World(session)
    return clocks_of(
        loaded.form, loaded.state, zone=session.zone, calendars=SHIPPED, link=world.linked_moment(loaded.state)
    )


class World:
    """The other records as the rules see them, read through the index and kept for one command."""

    def __init__(self, session: Session, *, overlay: Mapping[tuple[str, str], State] | None = None) -> None:
        self._session = session
        self._views: dict[tuple[str, str], View | None] = {}
        self._overlay = dict(overlay or {})
        self._roles: dict[str, frozenset[str]] = {}
        self._buckets: dict[tuple[str, tuple[str, ...]], dict[tuple[object, ...], list[State]]] = {}

    @property
    def now(self) -> datetime:
        return self._session.now

    @cached_property
    def today(self) -> date:
        return self._session.now.astimezone(self._session.zone).date()

    def put(self, state: State) -> View:
        """Let the rules see a record as it is about to be written."""
        key = (state.record.form, state.record.id)
        self._overlay[key] = state
        view = View(state, self)
        self._views[key] = view
        for (form, names), buckets in self._buckets.items():
            if form == state.record.form:
                buckets.setdefault(self._values(state, names), []).append(state)
        return view

    def find(self, form: str, record_id: str) -> View | None:
        """The record of that form and id; None when there is none."""
        key = (form, record_id)
        if key not in self._views:
            if key in self._overlay:
                self._views[key] = View(self._overlay[key], self)
            else:
                rows = self._session.index.find(form, record_id)
                self._views[key] = self._view(rows[0]) if rows else None
        return self._views[key]

    def all(self, form: str, **equal: object) -> Iterator[View]:
        """Every record of a form, void ones left out; ``equal`` narrows by field values."""
        for state in self._overlaid(form, equal):
            view = self.find(form, state.record.id)
            if view is not None and not view.state_of.voided:
                yield view
        for row in self._session.index.all_equal(form, equal):
            key = (form, row.id)
            if row.voided or key in self._overlay:
                continue
            if key not in self._views:
                self._views[key] = self._view(row)
            found = self._views[key]
            if found is not None:
                yield found

    def _overlaid(self, form: str, equal: Mapping[str, object]) -> list[State]:
        """States put into this world that match; kept in buckets so that an import stays linear."""
        names = tuple(sorted(equal))
        buckets = self._buckets.get((form, names))
        if buckets is None:
            buckets = self._buckets[(form, names)] = {}
            for (name, _), state in self._overlay.items():
                if name == form:
                    buckets.setdefault(self._values(state, names), []).append(state)
        return list(buckets.get(tuple(equal[name] for name in names), ()))

    def _values(self, state: State, names: tuple[str, ...]) -> tuple[object, ...]:
        view = self.find(state.record.form, state.record.id)
        assert view is not None
        return tuple(view.state if name in ("status", "state") else view.get(name) for name in names)

    def exists(self, forms: Iterable[str], record_id: str) -> bool:
        """Whether one of these forms has a record of that id."""
        name, slash, rest = record_id.partition("/")
        if slash:
            forms, record_id = (name,), rest
        return any(
            (form, record_id) in self._overlay or any(r.id == record_id for r in self._session.index.find(form, record_id))
            for form in forms
        )

    def setting(self, path: tuple[str, ...]) -> object:
        value: object = self._session.book.settings.settings
        for part in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value

    def roles(self, staff: str) -> frozenset[str]:
        """The roles of a member of staff; empty for nobody we know."""
        if staff not in self._roles:
            view = self.find("staff", staff)
            roles = view.get("roles") if view is not None else None
            self._roles[staff] = frozenset(roles) if isinstance(roles, tuple) else frozenset()
        return self._roles[staff]

    def is_holiday(self, day: date) -> bool:
        # Public holidays come with the calendars of a book; until a book has them no day is one.
        return False

    def is_workday(self, day: date) -> bool:
        return not self.is_holiday(day)

    def as_of(self, view: View, name: str, moment: datetime) -> object:
        """What a field or state of another record was at a moment (rule grammar 10)."""
        past = state_of(view.form, view.state_of.record, until=moment)
        if name == "state":
            return past.status or None
        return View(past, self).get(name)

    def linked_moment(self, state: State) -> _LinkedMoment:
        return _LinkedMoment(self, state)

    def _view(self, row: Row) -> View | None:
        try:
            return View(load(self._session, row).state, self)
        except Refused:
            return None


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
