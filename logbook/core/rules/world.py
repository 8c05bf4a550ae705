"""What a sentence is asked about: a record as a view, its rows, and the world around it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import Any
from typing import Protocol

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.rules.quantities import Interval
from logbook.core.rules.quantities import interval

VOIDED = "voided"


class StepFact(Protocol):
    """The latest time a step was taken."""

    @property
    def at(self) -> datetime: ...
    @property
    def by(self) -> str: ...
    @property
    def recorded(self) -> datetime: ...


class View(Protocol):
    """A record as rules see it. ``get`` answers None for an empty or unknown field; lists are
    sequences of mappings of typed values; a view that can show its history also has ``state_of``
    (a :class:`~logbook.core.lifecycle.State`), whose events ``frozen`` and ``changes only`` read."""

    @property
    def id(self) -> str: ...
    @property
    def form(self) -> Form: ...
    @property
    def state(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def by(self) -> str: ...
    def get(self, field: str) -> Any: ...
    def step(self, name: str) -> StepFact | None: ...


class World(Protocol):
    """Everything else a sentence may read.

    ``all`` finds the records of a form. Its keywords are fields that must have these typed values
    (references are given as ids), and ``state``, the names of the states wanted (``open`` and
    ``finished`` as in a sentence); it may return too many records, never too few: what it cannot
    look up is ignored. ``signed``: the record bears a signature of that meaning, and what it covers was not
    changed since (rulings 18). A world may also have ``season(day) -> str``, which chooses among named
    hours, and ``with_row(form, list, **equal)``: the records that have such a row.
    """

    @property
    def now(self) -> datetime: ...
    @property
    def today(self) -> date: ...
    def find(self, form: str, id: str) -> View | None: ...
    def all(self, form: str, **equal: Any) -> Iterable[View]: ...
    def setting(self, path: tuple[str, ...]) -> Any: ...
    def roles(self, staff_id: str) -> frozenset[str]: ...
    def is_holiday(self, day: date) -> bool: ...
    def is_workday(self, day: date) -> bool: ...
    def as_of(self, view: View, name: str, moment: datetime) -> Any: ...
    def signed(self, view: View, meaning: str) -> bool: ...


class Row:
    """One row of a list, with the record it stands in; ``index`` counts from 0."""

    __slots__ = ("data", "field", "index", "view", "world")

    def __init__(
        self, view: Any, field: Field | None, index: int, data: Mapping[str, Any], world: Any = None
    ) -> None:
        self.view = view
        self.field = field
        self.index = index
        self.data = data
        self.world = world

    def get(self, name: str) -> Any:
        """The value of a column; None when empty. Derived columns are computed here."""
        value = self.data.get(name)
        if value is not None and value != "":
            return value
        column = self.field.columns.get(name) if self.field is not None else None
        if column is None or column.derived is None or self.field is None or self.world is None:
            return None
        from logbook.core.rules.evaluate import value as computed

        # A column that comes back to itself finds the empty place left here, and ends.
        row = {**self.data, name: None}
        shown = Field(self.field.id, self.field.label, self.field.type, columns=_without(self.field, name))
        here = Row(self.view, shown, self.index, row, self.world)
        return computed(column.derived, self.view, self.world, row=here, field=column)

    @property
    def span(self) -> Interval | None:
        """The interval the list names with ``span:``."""
        names = self.field.span if self.field is not None else None
        return interval(self.get(names[0]), self.get(names[1])) if names else None


def _without(field: Field, name: str) -> Mapping[str, Field]:
    return {column: its for column, its in field.columns.items() if column != name}


def rows_of(view: Any, name: str, world: Any = None) -> Iterable[Row]:
    """The rows of a list field; a checklist gives a row an item (``item``, ``result``, ``remark``)."""
    form: Form | None = getattr(view, "form", None)
    data = None if form is None else view.get(name)
    if form is None or not data:
        return ()
    field = form.fields.get(name)
    if isinstance(data, Mapping):
        return [Row(view, field, i, _answer(item, data[item]), world) for i, item in enumerate(data)]
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [Row(view, field, i, row, world) for i, row in enumerate(data) if isinstance(row, Mapping)]
    return ()


def _answer(item: str, said: object) -> Mapping[str, Any]:
    return {"item": item, **said} if isinstance(said, Mapping) else {"item": item, "result": said}


def span_of(holder: Any) -> Interval | None:
    """The interval a record or a row names with ``span:``."""
    if isinstance(holder, Row):
        return holder.span
    form: Form | None = getattr(holder, "form", None)
    if form is None or form.span is None:
        return None
    return interval(holder.get(form.span[0]), holder.get(form.span[1]))
