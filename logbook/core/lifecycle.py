"""What a record amounts to: its events, replayed in order, give its state and its current values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from logbook.core.form import Form
from logbook.core.record import HEADER
from logbook.core.record import Conflict
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.secret import is_secret
from logbook.core.value import frozen
from logbook.core.value import replace

VOIDED = "voided"
AMEND = "amend"

# Steps every form has without saying so (rulings 13); a form's own step of that name replaces them.
BUILT_IN_STEPS = ("void", "voided", "amend", "pause", "resume", "extend", "reassign")
# What these bring that is no value of the record: it stays in the event.
EVENT_ONLY: Mapping[str, frozenset[str]] = {
    "pause": frozenset(("until", "why")),
    "resume": frozenset(),
    "extend": frozenset(("due", "clock")),
    "reassign": frozenset(("to",)),
}
# Fields that say who has a record in hand, the likeliest first; a staff field of that name is set by `reassign`.
ASSIGNED = ("assigned_to", "assignee", "worker", "handler")

_NOTHING: frozenset[str] = frozenset()


@frozen
class State:
    """A record at a moment: ``events`` and ``fields`` as far as they exist then.

    ``fields`` holds current stored values, names that are another name of a header or event value
    (``is: forward.at``) included. A record that did not exist yet has no events and status ``""``.
    """

    record: Record
    form: Form
    status: str
    at: str
    by: str
    fields: Mapping[str, Stored]
    events: tuple[Event, ...]

    @property
    def exists(self) -> bool:
        return bool(self.events)

    @property
    def voided(self) -> bool:
        return self.status == VOIDED

    @property
    def final(self) -> bool:
        return self.status == VOIDED or self.status in self.form.final

    def last(self, step: str) -> Event | None:
        """The latest event of that step."""
        for event in reversed(self.events):
            if event.step == step:
                return event
        return None

    def moment(self, name: str) -> datetime | None:
        """``at``, a step's id or ``step.at`` (latest), or a field of type datetime or date
        (a date is the start of that day in the record's own offset); None where there is none."""
        if name == "at":
            return datetime.fromisoformat(self.at)
        step = name[:-3] if name.endswith(".at") else name
        if step in self.form.steps or step in BUILT_IN_STEPS:
            event = self.last(step)
            return datetime.fromisoformat(event.at) if event is not None else None
        value = self.fields.get(name)
        if not isinstance(value, str) or not value or is_secret(value):
            return None
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.fromisoformat(self.at).tzinfo)
        return moment


def state_of(form: Form, record: Record, *, until: datetime | None = None) -> State:
    """Replay a record. With ``until``, events and amendments that happened later do not exist yet
    (rulings 1); the status follows from what remains."""
    events = record.events
    fields: dict[str, Stored] = dict(record.fields)
    if until is not None:
        events = tuple(event for event in events if datetime.fromisoformat(event.at) <= until)
        for amendment in reversed(record.amendments):
            if datetime.fromisoformat(amendment.at) > until and amendment.field not in HEADER:
                _put(fields, amendment.field, amendment.old)
    at, by, status = record.at, record.by, ""
    if events:
        at, by = events[0].at, events[0].by
    steps = form.steps
    for event in events:
        step = steps.get(event.step)
        if step is not None:
            status = step.to or status
            for name, n in step.adds.items():
                fields[name] = str(int(cast(str, fields.get(name)) or "0") + n)
        elif event.step in ("void", VOIDED):
            status = VOIDED
        if event.set:
            kept = EVENT_ONLY.get(event.step, _NOTHING) if step is None else _NOTHING
            for path, value in event.set.items():
                if path in kept:
                    continue
                if path == "at":
                    at = cast(str, value)
                elif path == "by":
                    by = cast(str, value)
                else:
                    _put(fields, path, value)
    if until is not None and (record.amendments or record.signatures or record.conflicts):
        record = replace(
            record,
            amendments=tuple(a for a in record.amendments if datetime.fromisoformat(a.at) <= until),
            signatures=tuple(s for s in record.signatures if datetime.fromisoformat(s.at) <= until),
            conflicts=tuple(c for c in record.conflicts if all(_moment(at) <= until for at in _moments(c))),
        )
    state = State(record, form, status, at, by, fields, events)
    for name, holds, is_date in _holding(form):
        held = _held(state, holds)
        if held is not None:
            fields[name] = held[:10] if is_date else held
    return state


_Holding = tuple[tuple[str, str, bool], ...]
_HOLDING: dict[int, tuple[Form, _Holding]] = {}


def _holding(form: Form) -> _Holding:
    """The fields that are another name of something: name, of what, whether a date; found once a form value."""
    made = _HOLDING.get(id(form))
    if made is None or made[0] is not form:
        if len(_HOLDING) > 1000:
            _HOLDING.clear()
        fields = form.fields.items()
        made = (form, tuple((name, one.holds, one.type == "date") for name, one in fields if one.holds))
        _HOLDING[id(form)] = made
    return made[1]


def get_path(fields: Mapping[str, Stored], path: str) -> Stored:
    """The stored value at ``name``, ``list.N.column`` (N from 1) or ``checklist.item``."""
    value: Stored = cast(Stored, fields)
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and 1 <= int(part) <= len(value):
            value = value[int(part) - 1]
        else:
            return None
    return value


def put_path(fields: Mapping[str, Stored], path: str, value: Stored) -> dict[str, Stored]:
    """A copy of ``fields`` with ``path`` set: ``name``, ``name+`` (append these rows),
    ``list.N.column`` or ``checklist.item``. None takes the value away."""
    new = dict(fields)
    _put(new, path, value)
    return new


def _put(fields: dict[str, Stored], path: str, value: Stored) -> None:
    if path.endswith("+"):
        name = path[:-1]
        rows = fields.get(name)
        fields[name] = (list(rows) if isinstance(rows, list) else []) + cast(list[Stored], value)
        return
    name, _, rest = path.partition(".")
    if not rest:
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
        return
    inner = fields.get(name)
    head, _, tail = rest.partition(".")
    if isinstance(inner, list) and head.isdigit():
        number = int(head)
        rows = list(inner)
        if number == len(rows) + 1:
            rows.append({})
        if not 1 <= number <= len(rows):
            return
        row = rows[number - 1]
        if tail:
            row = dict(row) if isinstance(row, dict) else {}
            _put(row, tail, value)
            rows[number - 1] = row
        elif value is None:
            del rows[number - 1]
        else:
            rows[number - 1] = value
        fields[name] = rows
    else:
        mapping = dict(inner) if isinstance(inner, dict) else {}
        _put(mapping, rest, value)
        fields[name] = mapping


def _moments(conflict: Conflict) -> list[str]:
    return [at for at in (conflict.kept_at, conflict.other_at) if at]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _held(state: State, name: str) -> str | None:
    if name == "at":
        return state.at
    if name == "by":
        return state.by
    if name == "id":
        return state.record.id
    step, _, what = name.partition(".")
    event = state.last(step)
    if event is None:
        return None
    return event.at if what == "at" else event.by if what == "by" else event.approved_by
