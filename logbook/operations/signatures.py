"""What a signature covers, and whether it still stands (rulings 18)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from itertools import islice

from logbook.core.form import Form
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import put_path
from logbook.core.lifecycle import state_of
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.value import replace
from logbook.store.records import plain_from


def is_signed(form: Form, record: Record, meaning: str) -> bool:
    """Whether the record bears a signature of that meaning that still stands."""
    return any(one.meaning == meaning and not is_stale(form, record, one) for one in record.signatures)


def is_stale(form: Form, record: Record, signature: Signature) -> bool:
    """Whether something the signature covers was changed after it (rulings 18): adding events, rows
    and values where there were none keeps it valid."""
    signed = _as_signed(form, record, signature)
    if signed is None:
        return True
    then, now = state_of(form, signed), state_of(form, record)
    counted = {name for step in form.steps.values() for name in step.adds}
    return (then.at, then.by) != (now.at, now.by) or not all(
        _kept(value, now.fields.get(name))
        for name, value in then.fields.items()
        if name not in counted and not (name in form.fields and form.fields[name].holds)
    )


def signature_hash(form: Form, record: Record, events: int) -> str:
    """SHA-256 of what a signature covers: the values as entered and the first ``events`` events, as
    canonical JSON. Values filled in later that were empty then are left out (rulings 18)."""
    plain = plain_from(replace(record, events=record.events[:events], signatures=(), amendments=()), form)
    for name in ("status", "conflicts", "was"):
        plain.pop(name, None)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _as_signed(form: Form, record: Record, signature: Signature) -> Record | None:
    """The record as it was signed: later events gone, later amendments undone one by one until the
    hash agrees; None when it never does, so the text was changed past the program."""
    for events in _may_have_been(record, signature):
        before: Record = replace(record, id=record.was or record.id, events=events)
        for amendment in (*reversed(record.amendments), None):
            for one in (before, replace(before, id=record.id)) if record.was else (before,):
                if signature_hash(form, one, signature.events) == signature.sha256:
                    return one
            if amendment is not None:
                before = _undone(before, record, amendment)
    return None


# How many ways to choose the signed events among those of two desks are tried.
_CHOICES = 500


def _may_have_been(record: Record, signature: Signature) -> Iterator[tuple[Event, ...]]:
    """The events the signature may cover: the first ones, or after a merge, which puts another desk's events
    between them, so many of those there were by then. The hash says which."""
    count = signature.events
    yield record.events[:count]
    until = datetime.fromisoformat(signature.recorded or signature.at)
    known = [one for one in record.events if datetime.fromisoformat(one.recorded or one.at) <= until]
    if 0 < count < len(known):
        for left_out in islice(combinations(known[1:], len(known) - count), _CHOICES):
            out = {id(one) for one in left_out}
            yield tuple(one for one in known if id(one) not in out)


def _undone(before: Record, record: Record, amendment: Amendment) -> Record:
    if amendment.field == "status":
        return before  # it only confirmed where the events had led
    if amendment.field in ("at", "by"):
        return replace(before, **{amendment.field: amendment.old})
    if any(
        one.step == AMEND and one.at == amendment.at and amendment.field in one.set for one in record.events
    ):
        return before  # the new value stands in that event
    return replace(before, fields=put_path(before.fields, amendment.field, amendment.old))


def _kept(then: Stored, now: Stored) -> bool:
    if isinstance(then, list) and isinstance(now, list):
        return len(now) >= len(then) and all(map(_kept, then, now))
    if isinstance(then, dict) and isinstance(now, dict):
        return all(_kept(value, now.get(name)) for name, value in then.items())
    return then in (None, "", [], {}) or then == now
