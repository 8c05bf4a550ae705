"""The JSON shapes that scripts rely on: they may grow, never change (spec: commands)."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import tzinfo
from typing import TYPE_CHECKING
from typing import Protocol
from typing import cast

from logbook.core.secret import Hidden
from logbook.core.text import Text
from logbook.core.values import jsonable
from logbook.locale.catalogue import Catalogue

if TYPE_CHECKING:
    from logbook.core.clockstates import ClockState
    from logbook.core.form import Clock
    from logbook.core.form import Default
    from logbook.core.form import Field
    from logbook.core.form import Form
    from logbook.core.issues import Issue
    from logbook.core.lifecycle import State
    from logbook.core.record import Amendment
    from logbook.core.record import Conflict
    from logbook.core.record import Event
    from logbook.core.record import Signature
    from logbook.core.record import Stored

MASK = "***"

Json = dict[str, object]

# The verdict of a checklist answer is no private matter; its remark and number may be.
_OPEN_KEYS = frozenset({"result"})


def is_masked(text: object) -> bool:
    """Whether a value is the mask: such a value is never taken in by import."""
    return text == MASK or isinstance(text, Hidden)


def mask(form: Form, fields: Mapping[str, Stored]) -> dict[str, Stored]:
    """``fields`` with every private value as ``***``; lists keep their rows, empty stays empty.

    Takes names as a record has them and paths as an event sets them (``calls+``, ``calls.2.phone``).
    """
    return {path: mask_path(form, path, value) for path, value in fields.items()}


def mask_path(form: Form, path: str, value: Stored) -> Stored:
    """One value at a path (``name``, ``list+``, ``list.N.column``, ``checklist.item``), masked if private."""
    name, _, rest = path.partition(".")
    field = form.fields.get(name.removesuffix("+"))
    if field is None:
        return value
    if field.private:
        return _masked(value)
    if not field.columns:
        return value
    if not rest:
        return _mask_rows(field, value)
    column_name = rest.partition(".")[2]
    if not column_name:
        rows = cast("list[Stored]", _mask_rows(field, [value]))
        return rows[0]
    column = field.columns.get(column_name)
    return _masked(value) if column is not None and column.private else value


def _mask_rows(field: Field, value: Stored) -> Stored:
    if not isinstance(value, list):
        return value
    private = {name for name, column in field.columns.items() if column.private}
    return [
        {name: _masked(cell) if name in private else cell for name, cell in row.items()}
        if isinstance(row, dict)
        else row
        for row in value
    ]


def _masked(value: Stored) -> Stored:
    if value is None or value == "":
        return value
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {name: item if name in _OPEN_KEYS else _masked(item) for name, item in value.items()}
    return MASK


def record_json(
    state: State,
    clocks: Iterable[ClockState | ClockRow] = (),
    *,
    now: datetime,
    recorded_at: str | None = None,
    private: bool = False,
) -> Json:
    """One record as ``list`` and ``show`` have it; private values masked unless ``private``.

    ``recorded_at`` is when it was written down, by its first event, unless the caller knows better.
    """
    form, record = state.form, state.record
    still_open: Collection[Conflict] = ()
    if record.conflicts:
        from logbook.core.merging import unsettled

        still_open = unsettled(record)
    return record_object(
        form,
        id=record.id,
        version=record.version,
        status=state.status,
        at=state.at,
        by=state.by,
        recorded_at=recorded_at or _recorded(state.events),
        fields=state.fields,
        events=state.events,
        clocks=clocks,
        signatures=record.signatures,
        amendments=record.amendments,
        conflicts=record.conflicts,
        open_conflicts=still_open,
        was=record.was,
        now=now,
        private=private,
    )


def record_object(
    form: Form,
    *,
    id: str,
    version: int,
    status: str,
    at: str,
    by: str,
    recorded_at: str | None,
    fields: Mapping[str, Stored],
    events: Iterable[Event],
    now: datetime,
    clocks: Iterable[ClockState | ClockRow] = (),
    signatures: Iterable[Signature] = (),
    amendments: Iterable[Amendment] = (),
    conflicts: Iterable[Conflict] = (),
    open_conflicts: Collection[Conflict] = (),
    was: str | None = None,
    private: bool = False,
) -> Json:
    """The same shape from its parts, for rows that come from the index and not from a file."""
    return {
        "id": id,
        "form": form.name,
        "version": version,
        "status": status,
        "at": at,
        "by": by,
        "recorded_at": recorded_at or at,
        "fields": fields_json(form, fields, private=private),
        "events": [event_json(form, event, private=private) for event in events],
        "clocks": [clock_json(clock, now=now) for clock in clocks],
        "signatures": [
            {
                "at": s.at,
                "by": s.by,
                "as": s.meaning,
                "name": s.name if private or not s.name else MASK,
                "events": s.events,
            }
            for s in signatures
        ],
        "amendments": [amendment_json(form, amendment, private=private) for amendment in amendments],
        "conflicts": [
            {**conflict_json(form, one, private=private), "settled": one not in open_conflicts} for one in conflicts
        ],
        **({"was": was} if was is not None else {}),
    }


def conflict_json(form: Form, conflict: Conflict, *, private: bool = False) -> Json:
    """A place that two desks changed at once: what stands there, and what the other had."""
    kept, other = conflict.kept, conflict.other
    if not private:
        kept, other = mask_path(form, conflict.field, kept), mask_path(form, conflict.field, other)
    value = conflict.what == "value"
    return {
        "what": conflict.what,
        "field": conflict.field,
        "kept": _native(form, conflict.field, kept) if value else kept,
        "other": _native(form, conflict.field, other) if value else other,
        "kept_at": conflict.kept_at,
        "kept_by": conflict.kept_by,
        "other_at": conflict.other_at,
        "other_by": conflict.other_by,
    }


def fields_json(form: Form, fields: Mapping[str, Stored], *, private: bool = False) -> Json:
    """Field values natively typed, in the form's order; unknown keys after them."""
    open_fields = fields if private else mask(form, fields)
    ordered = [name for name in form.fields if name in open_fields]
    ordered += [name for name in open_fields if name not in form.fields]
    return {name: _native(form, name, open_fields[name]) for name in ordered}


def event_json(form: Form, event: Event, *, private: bool = False) -> Json:
    """One event: ``recorded_at`` always, the rest where given, what it set under ``set``."""
    told: Json = {
        "at": event.at,
        "by": event.by,
        "step": event.step,
        "recorded_at": event.recorded or event.at,
    }
    for name in ("reason", "approved_by", "source"):
        if (value := getattr(event, name)) is not None:
            told[name] = value
    if event.set:
        given = event.set if private else mask(form, event.set)
        told["set"] = {path: _native(form, path, value) for path, value in given.items()}
    return told


def amendment_json(form: Form, amendment: Amendment, *, private: bool = False) -> Json:
    """One correction: what stood there, what stands there now, who, when, why."""
    old, new = amendment.old, amendment.new
    if not private:
        old, new = mask_path(form, amendment.field, old), mask_path(form, amendment.field, new)
    told: Json = {
        "at": amendment.at,
        "by": amendment.by,
        "field": amendment.field,
        "from": _native(form, amendment.field, old),
        "to": _native(form, amendment.field, new),
        "reason": amendment.reason,
        "recorded_at": amendment.recorded or amendment.at,
    }
    if amendment.approved_by is not None:
        told["approved_by"] = amendment.approved_by
    return told


def _native(form: Form, path: str, value: Stored) -> object | None:
    name, _, rest = path.partition(".")
    field = form.fields.get(name.removesuffix("+"))
    if field is None or is_masked(value):
        return value
    if rest and field.columns:
        number, _, column = rest.partition(".")
        if column:
            return jsonable(field.columns[column], value) if column in field.columns else value
        return cast("list[object]", jsonable(field, [value]))[0] if number else value
    return value if rest else jsonable(field, value)


def clock_json(clock: ClockState | ClockRow, *, now: datetime, zone: tzinfo | None = None) -> Json:
    """One clock at ``now``, as core counts it or as the index holds it; times in ``zone`` (``now``'s own).

    ``overdue_seconds``: how late it is, or was when it stopped counted; 0 when it is not.
    """
    zone = zone or now.tzinfo
    status, late = getattr(clock, "status", clock.state), getattr(clock, "overdue_seconds", 0)
    strict, adjusted = getattr(clock, "strict", None), getattr(clock, "adjusted", None)
    state = status(now) if callable(status) else status
    return {
        "clock": clock.clock,
        "due": _instant(clock.due, zone),
        "state": state,
        "overdue_seconds": late(now) if callable(late) else late,
        "cycle": clock.cycle,
        "started": _instant(clock.started, zone),
        "stopped": _instant(clock.stopped, zone),
        "to": clock.to,
        "first_due": _instant(getattr(clock, "first_due", None), zone),
        "strict": strict(now) if callable(strict) else strict,
        "adjusted": adjusted(now) if callable(adjusted) else adjusted,
        "paused_until": _instant(getattr(clock, "paused_until", None), zone) if state == "paused" else None,
        "version": getattr(clock, "version", None),
        "provisional": bool(getattr(clock, "provisional", False)),
    }


class ClockRow(Protocol):
    """A clock as a row of the index: seconds since 1970, its state and lateness already told."""

    @property
    def clock(self) -> str: ...
    @property
    def cycle(self) -> int: ...
    @property
    def started(self) -> int: ...
    @property
    def due(self) -> int | None: ...
    @property
    def stopped(self) -> int | None: ...
    @property
    def state(self) -> str: ...
    @property
    def to(self) -> str | None: ...


def _instant(seconds: int | None, zone: tzinfo | None) -> str | None:
    return None if seconds is None else moment_json(datetime.fromtimestamp(seconds, zone))


def _recorded(events: Sequence[Event]) -> str | None:
    return (events[0].recorded or events[0].at) if events else None


def moment_json(moment: datetime | str | None) -> str | None:
    """RFC 3339 with seconds and offset."""
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment


_OVERDUE = ("id", "form", "kind", "clock", "subject", "due", "overdue_seconds", "state", "to", "title")


def overdue_json(row: object, *, now: datetime | None = None) -> Json:
    """One row of ``overdue``: an object or mapping that has the contract's names.

    ``clock`` is called ``duty`` in a duty's row. ``overdue_seconds`` is counted from ``due`` and ``now``
    where the row has none. What else a duty knows (``missed``, ``last_done``) is added.
    """

    def get(name: str) -> object:
        return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)

    kind = str(get("kind") or "clock")
    told: Json = {}
    for name in _OVERDUE:
        value = get(name)
        if name == "clock" and kind == "duty":
            told["duty"] = get("duty") or value
        elif name == "kind":
            told["kind"] = kind
        elif isinstance(value, Text):
            told[name] = value.zh or value.en
        else:
            told[name] = moment_json(value) if isinstance(value, datetime) else value
    if told["overdue_seconds"] is None:
        due = get("due")
        due = datetime.fromisoformat(due) if isinstance(due, str) else due
        told["overdue_seconds"] = (
            max(0, int((now - due).total_seconds())) if now is not None and isinstance(due, datetime) else 0
        )
    for name in ("missed", "last_done", "slot", "nominal"):
        if (value := get(name)) is not None or (name == "last_done" and kind == "duty"):
            told[name] = moment_json(value) if isinstance(value, datetime) else value
    return told


def issue_json(issue: Issue, catalogue: Catalogue) -> Json:
    """One finding of ``validate`` or ``audit``; sentence and fix in the catalogue's language."""
    message, fix = catalogue.issue(issue)
    return {
        "path": issue.path,
        "line": issue.line,
        "id": issue.id,
        "rule": issue.rule,
        "severity": issue.severity,
        "field": issue.field,
        "message": message,
        "commit": issue.commit,
        "fix": fix,
    }


def form_json(form: Form, brief: bool = False) -> Json:
    """What a form says of itself; ``brief`` leaves the fields out."""
    told: Json = {
        "form": form.name,
        "version": form.version,
        "pack": form.pack,
        "prefix": form.prefix,
        "register": form.register,
        "title": _both(form.title),
        "alias": list(form.alias),
        "purpose": _both(form.purpose),
        "effective": form.effective,
    }
    if not brief:
        told["fields"] = [_field_json(field) for field in form.fields.values()]
    told["states"] = [
        {"id": name, "label": _both(label), "final": name in form.final}
        for name, label in form.states.items()
    ]
    from logbook.core.builtin import all_steps

    told["steps"] = [
        {
            "id": step.id,
            "label": _both(step.label),
            "from": list(step.from_),
            "to": step.to,
            "by": list(step.by),
            "requires": list(step.requires),
            "reason": step.reason,
            "approver": step.approver,
            **({"when": step.when_text} if step.when_text is not None else {}),
            **({"brings": [_field_json(field) for field in step.fields.values()]} if step.fields else {}),
        }
        for step in all_steps(form).values()
    ]
    told["clocks"] = [_form_clock_json(clock) for clock in form.clocks.values()]
    told["checks"] = [
        {
            "id": check.id,
            "rule": check.text,
            "severity": check.severity,
            "say": _both(check.say),
            "source": check.source,
            "inferred": check.inferred,
        }
        for check in form.checks
    ]
    told["signatures"] = [
        {"id": place.id, "label": _both(place.label), "roles": list(place.roles), "at": place.at}
        | ({"when": place.when_text} if place.when_text else {})
        for place in form.signatures.values()
    ]
    told["sources"] = list(form.source)
    told["keep"] = form.keep
    return told


def _field_json(field: Field) -> Json:
    told: Json = {
        "id": field.id,
        "type": field.type,
        "label": _both(field.label),
        "required": field.required,
        "default": default_json(field.default),
        "private": field.private,
        "choices": {name: _both(label) for name, label in field.choices.items()},
    }
    if field.target:
        told["target"] = list(field.target)
    if field.unit:
        told["unit"] = _both(field.unit) if field.unit.zh and field.unit.en else field.unit.say("zh")
    if field.holds:
        told["is"] = field.holds
    if field.derived is not None or field.derived_text:
        told["derived"] = field.derived_text or ""
    if field.note:
        told["note"] = _both(field.note)
    if field.inferred:
        told["inferred"] = True
    if field.columns:
        told["of"] = [_field_json(column) for column in field.columns.values()]
    return told


def default_json(default: Default | None) -> object | None:
    """A default as the form's file writes it."""
    if default is None:
        return None
    if default.kind == "within":
        return {"within": default.text}
    if default.rows is not None:
        rows = default.rows
        told: Json = {"each": rows.each, "order": rows.order, "row": _cells_json(rows.row)}
        told["otherwise"] = _cells_json(rows.otherwise) if rows.otherwise else None
        return {name: value for name, value in told.items() if value is not None}
    if default.kind == "it":
        return f"it.{default.text}" if default.text else "it"
    said = default.text if default.kind in ("value", "field") else default.kind
    return said if default.other is None else f"{said} or {default_json(default.other)}"


def _cells_json(cells: Mapping[str, Default]) -> Json:
    return {name: default_json(default) for name, default in cells.items()}


def _form_clock_json(clock: Clock) -> Json:
    return {
        "id": clock.id,
        "label": _both(clock.label),
        "starts": list(clock.starts),
        "stops": list(clock.stops),
        "within": _said(clock.within),
        "when": getattr(clock.when, "text", None) if clock.when is not None else None,
        "to": clock.to,
        "calendar": clock.calendar,
        "pauses": clock.pauses is None or clock.pauses.allowed,
        "escalate": [
            {
                "at": f"{one.share}%" if one.share is not None else None,
                "after": _said(one.after),
                "to": one.to,
            }
            for one in clock.escalate
        ],
        "not_before": clock.not_before,
        "off": clock.off,
        "outlives": clock.outlives,
        "source": clock.source,
        "inferred": clock.inferred,
    }


def _said(value: object) -> object | None:
    say = getattr(value, "say", None)
    if callable(say):
        return {"zh": say("zh"), "en": say("en")}
    return None if value is None else str(value)


def _both(text: Text | None) -> Json | None:
    return None if text is None else {"zh": text.zh, "en": text.en}


def json_text(value: object) -> str:
    """One value as compact JSON on one line, Chinese as it is."""
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dump(
    format: str, objects: Iterable[Mapping[str, object]], *, write_yaml: Callable[[Json], bytes] | None = None
) -> Iterator[str]:
    """Objects as ``json`` (one array, an object a line), ``jsonl`` or ``yaml`` (one document each).

    ``write_yaml`` is the store's writer; it is given text, lists and mappings of text only.
    """
    if format == "jsonl":
        for item in objects:
            yield json_text(item) + "\n"
    elif format == "json":
        before = "["
        for item in objects:
            yield before + json_text(item)
            before = ",\n"
        yield "[]\n" if before == "[" else "]\n"
    elif format == "yaml" and write_yaml is not None:
        for place, item in enumerate(objects):
            yield ("---\n" if place else "") + write_yaml(cast(Json, _texts(item))).decode("utf-8")
    else:
        raise ValueError(f"no object format: {format}")


def _texts(value: object) -> object:
    """The value with every number and truth as text, as the YAML of records has it."""
    if isinstance(value, Mapping):
        return {str(name): _texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)
