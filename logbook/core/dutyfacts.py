"""What records say about duties: what they fulfil, what they make expected, when they are a subject."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.duties import Every
from logbook.core.duties import OnEvent
from logbook.core.duties import OnRows
from logbook.core.occurrences import Mark
from logbook.core.occurrences import Trigger

if TYPE_CHECKING:
    from logbook.core.duties import Duty
    from logbook.core.lifecycle import State
    from logbook.core.rules import World


class _Nobody:
    """Stands in for a record where a condition is asked of the site as a whole."""

    def __init__(self) -> None:
        from logbook.core.duties import SITE

        self.form = SITE
        self.id = self.state = self.by = ""

    def get(self, name: str) -> None:
        return None

    def step(self, name: str) -> None:
        return None


def wanted(duty: Duty, world: World, subject: State | None = None) -> bool:
    """Whether the duty's ``while`` holds in ``world`` (its ``now`` should be the occurrence's due), asked
    of the subject's record, or of the site where the duty has none. True without a ``while``."""
    if duty.while_ is None:
        return True
    from logbook.core.rules import evaluate
    from logbook.core.view import View

    view: Any = View(subject, world) if subject is not None else _Nobody()
    return evaluate(duty.while_, view, world) is True


def marks_of(duty: Duty, state: State, world: World) -> list[tuple[str, Mark]]:
    """What a record of ``duty.form`` fulfils: (subject, mark); subject "" for a duty of the site."""
    if state.voided or not state.exists or not _holds(duty.where, state, world):
        return []
    if duty.rows is not None:
        return _row_marks(duty, state)
    subject = _subject(duty, state, state.fields)
    if subject is None:
        return []
    period, slot = _text(state.fields, duty.period), _slot(duty, state.fields)
    return [
        (subject, Mark(at, counted, state.record.id, period, slot)) for at, counted in _moments(duty, state)
    ]


def triggers_of(duty: Duty, state: State, world: World) -> list[Trigger]:
    """What a record of ``duty.trigger_form`` makes expected."""
    cadence = duty.cadence
    if state.voided or not state.exists:
        return []
    record = state.record.id
    if isinstance(cadence, OnRows):
        return _row_triggers(cadence, state, world)
    if isinstance(cadence, Every):
        if cadence.form is None or not _holds(cadence.where, state, world):
            return []
        end = next((event.at for event in reversed(state.events)), None) if state.final else None
        return [Trigger(record, _epoch(state.at), _epoch(end) if end is not None else None, record)]
    if not isinstance(cadence, OnEvent) or not _holds(cadence.where, state, world):
        return []
    from logbook.core import budgets

    within, agreed = cadence.within, None
    if isinstance(within, (budgets.ByField, budgets.Or)):
        agreed = _agreed(state, within.field)
    if cadence.event in state.form.steps:
        taken = [_epoch(event.at) for event in state.events if event.step == cadence.event]
    else:
        moment = state.moment(cadence.event)
        taken = [int(moment.timestamp())] if moment is not None else []
    return [Trigger(record, at, agreed, record) for at in taken]


def spans_of(duty: Duty, state: State, world: World) -> list[tuple[int, int | None]]:
    """When a record of ``duty.each.form`` was a subject: [from, until) by its own events and corrections;
    None = still. A record in a final state is none, unless ``where`` speaks of its state."""
    from datetime import datetime

    from logbook.core.lifecycle import state_of

    if duty.each is None or not state.exists:
        return []
    moments = {event.at for event in state.events} | {one.at for one in state.record.amendments}
    named = duty.each.where is not None and re.search(r"\bstate\b", duty.each.text) is not None
    spans: list[tuple[int, int | None]] = []
    since: int | None = None
    for text in sorted(moments, key=_epoch):
        then = state_of(state.form, state.record, until=datetime.fromisoformat(text))
        holds = (
            then.exists
            and not then.voided
            and (named or not then.final)
            and _holds(duty.each.where, then, world)
        )
        if holds and since is None:
            since = _epoch(text)
        elif not holds and since is not None:
            spans.append((since, _epoch(text)))
            since = None
    return [*spans, (since, None)] if since is not None else spans


def _agreed(state: State, name: str) -> int | None:
    """An agreed moment of the record; a date means the end of its day."""
    from datetime import timedelta

    moment = state.moment(name)
    if moment is None:
        return None
    whole_day = len(_text(state.fields, name) or "") == 10
    return int((moment + timedelta(days=1) if whole_day else moment).timestamp())


def _holds(condition: Any, state: State, world: World, within: str | None = None, row: Any = None) -> bool:
    if condition is None:
        return True
    from logbook.core.rules import evaluate
    from logbook.core.view import View

    return evaluate(condition, View(state, world), world, within=within, row=row) is True


def _epoch(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


def _text(fields: Mapping[str, Any], name: str | None) -> str | None:
    value = fields.get(name) if name is not None else None
    return value if isinstance(value, str) and value else None


def _subject(duty: Duty, state: State, fields: Mapping[str, Any]) -> str | None:
    """The subject a record or a row is about; None where it names none."""
    form = duty.subject_form
    if form is None:
        return ""
    if duty.subject is None:
        return state.record.id if form == duty.form else None
    found = _text(fields, duty.subject) or _text(state.fields, duty.subject)
    return found.rpartition("/")[2] if found is not None else None


def _slot(duty: Duty, fields: Mapping[str, Any]) -> str | None:
    value = _text(fields, duty.slot)
    return duty.slots.get(value, value) if value is not None else None


def _moments(duty: Duty, state: State) -> list[tuple[int, int]]:
    """When a record counts, and when that was written down."""
    name = duty.moment or "at"
    first = state.events[0]
    if name != "at" and name.removesuffix(".at") in state.form.steps:
        events = [event for event in state.events if event.step == name.removesuffix(".at")]
        if not (duty.form == duty.trigger_form and isinstance(duty.cadence, OnEvent)):
            events = events[:1]  # one record fulfils one occurrence; here each answers one event
        return [(_epoch(event.at), _written(event)) for event in events]
    if name == "at":
        return [(_epoch(state.at), _written(first))]
    text = _text(state.fields, name)
    if text is None:
        return []
    event = next((event for event in reversed(state.events) if name in event.set), first)
    return [(_instant(text, event.at), _written(event))]


def _written(event: Any) -> int:
    """When an event was written down; imported ones are judged by their own time (clocks.md 2)."""
    return _epoch(event.at if event.source or not event.recorded else event.recorded)


def _instant(text: str, around: str) -> int:
    """The instant of a stored moment, day or time of day of an event that happened ``around``. A day is
    its beginning, or the event's own time when that is the day; a time before the event's is the next day's."""
    from datetime import datetime
    from datetime import timedelta

    base = datetime.fromisoformat(around)
    if len(text) == 5:
        found = base.replace(hour=int(text[:2]), minute=int(text[3:]), second=0)
        if found < base - timedelta(hours=1):
            found += timedelta(days=1)
        return int(found.timestamp())
    if len(text) == 10:
        if text == around[:10]:
            return int(base.timestamp())
        return int(datetime.fromisoformat(text).replace(tzinfo=base.tzinfo, second=1).timestamp())
    return _epoch(text)


def _row_marks(duty: Duty, state: State) -> list[tuple[str, Mark]]:
    name = duty.rows or ""
    listed = state.form.fields.get(name)
    rows = state.fields.get(name)
    if listed is None or not isinstance(rows, list):
        return []
    column = duty.moment if duty.moment in listed.columns else None
    if duty.moment is not None and column is None:
        moments = _moments(duty, state)
        if not moments:
            return []
    else:
        moments = []
        kinds = {one: its.type for one, its in listed.columns.items()}
        column = column or ("at" if "at" in kinds else None)
        column = column or next((one for one, kind in kinds.items() if kind in ("datetime", "time")), None)
    events = _row_events(state, name, len(rows))
    found: list[tuple[str, Mark]] = []
    for row, event in zip(rows, events, strict=True):
        if not isinstance(row, dict):
            continue
        subject = _subject(duty, state, row)
        if subject is None:
            continue
        text = _text(row, column)
        if moments:
            at, counted = moments[0]
        else:
            base = state.at if event is state.events[0] else event.at
            at, counted = _instant(text, base) if text is not None else _epoch(base), _written(event)
        period = _text(row, duty.period) or _text(state.fields, duty.period)
        slot = _slot(duty, row) or _slot(duty, state.fields)
        found.append((subject, Mark(at, counted, state.record.id, period, slot)))
    return found


def _row_events(state: State, name: str, count: int) -> list[Any]:
    """The event that brought each row of a list."""
    entered = state.record.fields.get(name)
    events: list[Any] = [state.events[0]] * (len(entered) if isinstance(entered, list) else 0)
    for event in state.events:
        for path, value in event.set.items():
            if path == f"{name}+" and isinstance(value, list):
                events += [event] * len(value)
            elif path == name and isinstance(value, list):
                events = [*events[: len(value)], *[event] * (len(value) - len(events))]
            elif path.startswith(f"{name}."):
                number = path[len(name) + 1 :].partition(".")[0]
                if number.isdigit() and int(number) == len(events) + 1:
                    events.append(event)
    return [*events[:count], *[state.events[0]] * (count - len(events))]


def _row_triggers(cadence: OnRows, state: State, world: World) -> list[Trigger]:
    rows = state.fields.get(cadence.rows)
    listed = state.form.fields.get(cadence.rows)
    if listed is None or not isinstance(rows, list):
        return []
    from logbook.core.values import typed

    triggers = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        values = {name: typed(column, row.get(name)) for name, column in listed.columns.items()}
        if not _holds(cadence.where, state, world, cadence.rows, values):
            continue
        begin, end = _text(row, cadence.before), _text(row, cadence.after)
        ends = _instant(end, state.at) if end is not None else None
        begins = _instant(begin, state.at) if begin is not None else ends
        if begins is not None:
            triggers.append(Trigger("", begins, ends, state.record.id))
    return triggers
