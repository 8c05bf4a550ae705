"""Encrypted values as they stand in a record: opaque text that only its key makes readable.

A *secret* is ``enc:1:<key id>:<base64>``. Only texts are encrypted, never the lists and mappings around
them, so that what is there (and how much of it) can still be seen, checked and counted. Here nothing is
encrypted or decrypted: this module knows the shape, and where in a record private texts stand.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.record import Amendment
from logbook.core.record import Conflict
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.value import replace

PREFIX = "enc:1:"
# What a column of the index says in place of a private value in a book that encrypts them.
MASK = "***"
# Ids of records and hashes of files are looked up, counted and checked everywhere: these stay.
CLEAR_TYPES = frozenset(("ref", "staff", "duty", "attachment", "list"))
# The verdict of a checklist answer is no private matter.
_OPEN_KEYS = frozenset(("result",))



class Unread(str):
    """The typed value of a secret nobody can read here: rules see that something is there, and nothing else."""

    __slots__ = ()


class Hidden(str):
    """What people are shown where a secret cannot be read: a word, never a value to be taken in."""

    __slots__ = ()


# What is done to one private text: its place (``phone``, ``calls.phone``) and the text.
Change = Callable[[str, str], str]


def is_secret(value: object) -> bool:
    """Whether a stored value is an encrypted text."""
    return isinstance(value, str) and value.startswith(PREFIX)


def has_secret(value: object) -> bool:
    """Whether a stored value is one or holds one anywhere."""
    if isinstance(value, str):
        return value.startswith(PREFIX)
    if isinstance(value, list):
        return any(map(has_secret, value))
    return isinstance(value, dict) and any(map(has_secret, value.values()))


def key_id(secret: str) -> str:
    """The id of the key a secret was made with; empty when its shape is broken."""
    return secret[len(PREFIX) :].partition(":")[0]


def key_ids(value: object) -> set[str]:
    """The keys of all secrets in a stored value."""
    if isinstance(value, str):
        return {key_id(value)} if value.startswith(PREFIX) else set()
    if isinstance(value, list):
        return set().union(*map(key_ids, value)) if value else set()
    return set().union(*map(key_ids, value.values())) if isinstance(value, dict) and value else set()


def record_key_ids(record: Record) -> set[str]:
    """The keys of all secrets in a record, of what was corrected too."""
    found = key_ids(dict(record.fields))
    for event in record.events:
        found |= key_ids(dict(event.set))
    for amendment in record.amendments:
        found |= key_ids([amendment.old, amendment.new])
    for signature in record.signatures:
        found |= key_ids(signature.name)
    return found


def subject_of(form: Form, record: Record) -> str:
    """Whom the private values of a record are about: the record that the form's ``private_subject`` field
    points at, else the record itself; as ``form/id``."""
    field = form.fields.get(form.private_subject) if form.private_subject else None
    if field is not None:
        value = record.fields.get(field.id)
        for event in record.events:
            value = event.set.get(field.id, value)
        if isinstance(value, str) and value:
            return value if "/" in value else f"{field.target[0] if field.target else field.id}/{value}"
    return f"{record.form}/{record.id}"


def change_fields(form: Form, fields: Mapping[str, Stored], change: Change) -> dict[str, Stored]:
    """``fields`` (names, or paths as an event sets them) with ``change`` done to every private text."""
    return {path: change_path(form, path, value, change) for path, value in fields.items()}


def change_path(form: Form, path: str, value: Stored, change: Change) -> Stored:
    """One value at a path (``name``, ``list+``, ``list.2``, ``list.2.column``, ``checklist.item``)."""
    if value is None or value == "":
        return value
    name, _, rest = path.partition(".")
    name = name.rstrip("+")
    field = form.fields.get(name)
    if field is None or field.holds:
        # A field the form no longer has may still hold secrets; nothing else is touched.
        return _changed(value, name, change, known=False)
    column = rest.partition(".")[2] if field.columns else ""
    if column:
        known = field.private or (column in field.columns and field.columns[column].private)
        return _changed(value, f"{name}.{column}", change, known=known and _may(field.columns.get(column)))
    if field.columns:
        return _rows(field, value, change)
    return _changed(value, name, change, known=field.private and _may(field))


def change_record(form: Form, record: Record, change: Change) -> Record:
    """A record with ``change`` done to every private text: values, events, corrections, names signed."""
    changed: Record = replace(
        record,
        fields=change_fields(form, record.fields, change),
        events=tuple(_event(form, event, change) for event in record.events),
        amendments=tuple(_amendment(form, amendment, change) for amendment in record.amendments),
        signatures=tuple(_signature(signature, change) for signature in record.signatures),
        conflicts=tuple(_conflict(form, conflict, change) for conflict in record.conflicts),
    )
    return changed


def _event(form: Form, event: Event, change: Change) -> Event:
    if not event.set:
        return event
    changed: Event = replace(event, set=change_fields(form, event.set, change))
    return changed


def _amendment(form: Form, amendment: Amendment, change: Change) -> Amendment:
    changed: Amendment = replace(
        amendment,
        old=change_path(form, amendment.field, amendment.old, change),
        new=change_path(form, amendment.field, amendment.new, change),
    )
    return changed


def _conflict(form: Form, conflict: Conflict, change: Change) -> Conflict:
    if conflict.what != "value":
        return conflict
    changed: Conflict = replace(
        conflict,
        kept=change_path(form, conflict.field, conflict.kept, change),
        other=change_path(form, conflict.field, conflict.other, change),
    )
    return changed


def _signature(signature: Signature, change: Change) -> Signature:
    if not signature.name:
        return signature
    changed: Signature = replace(signature, name=change("signatures.name", signature.name))
    return changed


def _may(field: Field | None) -> bool:
    return field is None or field.type not in CLEAR_TYPES


def _rows(field: Field, value: Stored, change: Change) -> Stored:
    if isinstance(value, list):
        return [_rows(field, row, change) for row in value]
    if not isinstance(value, dict):
        return _changed(value, field.id, change, known=False)
    return {
        name: _changed(
            cell,
            f"{field.id}.{name}",
            change,
            known=(field.private or (name in field.columns and field.columns[name].private))
            and _may(field.columns.get(name)),
        )
        for name, cell in value.items()
    }


def _changed(value: Stored, place: str, change: Change, *, known: bool) -> Stored:
    """``known``: the form says that it is private; else only what is a secret already is touched."""
    if isinstance(value, str):
        return change(place, value) if value and (known or value.startswith(PREFIX)) else value
    if isinstance(value, list):
        return [_changed(one, place, change, known=known) for one in value]
    if isinstance(value, dict):
        return {
            name: one if name in _OPEN_KEYS else _changed(one, place, change, known=known)
            for name, one in value.items()
        }
    return value
