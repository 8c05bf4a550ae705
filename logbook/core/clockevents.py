"""What built-in steps say to clocks: the pauses and extensions a record's events hold."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from logbook.core.calendars import Interval
from logbook.core.calendars import merged
from logbook.core.clockfacts import Facts
from logbook.core.clockfacts import seconds_of
from logbook.core.lifecycle import ASSIGNED
from logbook.core.lifecycle import VOIDED
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Amendment
from logbook.core.record import Event


class Pause(NamedTuple):
    """One `pause`: from when, until when it was to last, when it ended (not later than ``until``), and
    whether a `resume` ended it. ``settled``: the last event that had a say in it."""

    at: int
    recorded: int
    until: int
    end: int
    resumed: bool
    position: int
    settled: int
    imported: bool

    def begin(self, grace: int) -> int:
        """From when it counts: one written down late counts from then, so that nobody pauses backwards
        out of a breach (rulings 4)."""
        return self.recorded if not self.imported and self.recorded - self.at > grace else self.at


class Extension(NamedTuple):
    """One `extend`: the new due, for which clock (None: not said), whether somebody else approved it."""

    at: int
    recorded: int
    due: int
    clock: str | None
    approved: bool
    position: int


def pauses_of(facts: Facts) -> list[Pause]:
    """The pauses of a record in the order of its events. One without an `until` is none."""
    form = facts.form
    if "pause" in form.steps:
        return []
    found: list[Pause] = []
    for position, event in enumerate(facts.events):
        at = facts.at_of(position)
        if at is None:
            continue
        step = form.steps.get(event.step)
        if event.step == "pause":
            until = event.set.get("until")
            end = seconds_of(until) if isinstance(until, str) else None
            if end is not None and end > at:
                recorded = facts.recorded_of(position)
                found.append(Pause(at, recorded, end, end, False, position, at, bool(event.source)))
        elif (event.step == "resume" and step is None) or _ends(event, facts):
            found = [
                one._replace(end=at, resumed=True, settled=at) if not one.resumed and at < one.until
                # Resumed after it had run out: nothing is left to say about it.
                else one._replace(resumed=True, settled=max(one.settled, at))
                for one in found
            ]  # fmt: skip
    return found


def _ends(event: Event, facts: Facts) -> bool:
    step = facts.form.steps.get(event.step)
    if step is None:
        return event.step in ("void", VOIDED)
    return step.to is not None and step.to in facts.form.final


def extensions_of(facts: Facts) -> list[Extension]:
    """The extensions of a record in the order of its events. One without a `due` is none."""
    form = facts.form
    if "extend" in form.steps:
        return []
    found = []
    only = [name for name, clock in form.clocks.items() if not clock.off]
    for position, event in enumerate(facts.events):
        if event.step != "extend":
            continue
        at, due, clock = facts.at_of(position), event.set.get("due"), event.set.get("clock")
        end = seconds_of(due) if isinstance(due, str) else None
        if at is None or end is None:
            continue
        name = clock if isinstance(clock, str) else only[0] if len(only) == 1 else None
        recorded = facts.recorded_of(position)
        if event.source:
            recorded = at
        found.append(Extension(at, recorded, end, name, is_approved(event, facts.state), position))
    return found


def is_approved(source: Event | Amendment | None, state: State) -> bool:
    """Whether a change has a reason and an approver who neither made it nor has the record in hand."""
    if source is None or not source.reason or not source.approved_by:
        return False
    return source.approved_by not in barred_from(source, state)


def barred_from(source: Event | Amendment, state: State) -> set[str]:
    """Who cannot approve a change: whoever made it or typed it, and whoever had the record in hand."""
    made = (source.by, source.extra.get("entered_by"))
    return {one for one in made if isinstance(one, str) and one} | assignees(state, source.at)


def assignees(state: State, until: str | None = None) -> set[str]:
    """Who has the record in hand (at a moment): the last it was reassigned to, and whom its fields name."""
    if until is not None and seconds_of(until) is not None:
        state = state_of(state.form, state.record, until=datetime.fromisoformat(until))
    named: set[str] = set()
    for event in reversed(state.events):
        if event.step == "reassign" and event.step not in state.form.steps:
            named = {
                value
                for name, value in event.set.items()
                if isinstance(value, str) and value and (name == "to" or name in ASSIGNED)
            }
            if named:
                break
    found = (state.fields.get(name) for name in ASSIGNED)
    return named | {value for value in found if isinstance(value, str) and value}


def credited(pauses: list[Pause]) -> list[Interval]:
    """The time of these pauses as disjoint intervals in order."""
    return merged((one.at, one.end) for one in pauses)
