"""A record as the rules see it: typed values by name, its steps, and its derived fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.value import frozen
from logbook.core.values import typed

if TYPE_CHECKING:
    from logbook.core.rules import World


@frozen
class StepFact:
    """The latest time a step was taken: when, by whom, and when it was written down."""

    at: datetime
    by: str
    recorded: datetime
    approved_by: str | None = None


class View:
    """One record for the rules. Values are read and typed on demand and kept."""

    __slots__ = ("_typed", "_world", "state_of")

    def __init__(self, state: State, world: World | None = None) -> None:
        self.state_of = state
        self._world = world
        self._typed: dict[str, object | None] = {}

    @property
    def id(self) -> str:
        return self.state_of.record.id

    @property
    def form(self) -> Form:
        return self.state_of.form

    @property
    def state(self) -> str:
        return self.state_of.status

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.state_of.at)

    @property
    def by(self) -> str:
        return self.state_of.by

    def get(self, name: str) -> object | None:
        """The typed value of a field; None for an empty or unknown one. Derived fields are computed."""
        values = self._typed
        if name in values:
            return values[name]
        field = self.state_of.form.fields.get(name)
        value: object | None
        if field is None:
            value = None
        elif field.derived is not None and self._world is not None:
            from logbook.core.rules import value as evaluate

            values[name] = None  # a derived field that comes back to itself is empty, not endless
            value = evaluate(field.derived, self, self._world, field=field)
        else:
            value = typed(field, self.state_of.fields.get(name))
        values[name] = value
        return value

    def step(self, name: str) -> StepFact | None:
        event = self.state_of.last(name)
        if event is None:
            return None
        at = datetime.fromisoformat(event.at)
        recorded = datetime.fromisoformat(event.recorded) if event.recorded else at
        return StepFact(at, event.by, recorded, event.approved_by)

    def steps_taken(self) -> Mapping[str, int]:
        taken: dict[str, int] = {}
        for event in self.state_of.events:
            taken[event.step] = taken.get(event.step, 0) + 1
        return taken
