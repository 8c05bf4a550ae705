"""Sign a record: review, approve, hand over, receive; a customer signs through a member of staff."""

from __future__ import annotations

<<<<<<< HEAD
=======
import hashlib
import json
from collections.abc import Iterator
>>>>>>> f41f391 (Merging and exchanging: records of two desks become one, field by field)
from datetime import datetime
from itertools import combinations
from itertools import islice

from logbook.core.checking import event_time_issues
from logbook.core.definition import find_signature
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import SignaturePlace
from logbook.core.issues import Issue
from logbook.core.moments import to_text
<<<<<<< HEAD
=======
from logbook.core.record import Amendment
from logbook.core.record import Event
>>>>>>> f41f391 (Merging and exchanging: records of two desks become one, field by field)
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.operations.deriving import is_asked
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.signatures import is_stale
from logbook.operations.signatures import signature_hash
from logbook.operations.writing import SAME_MOMENT
from logbook.operations.writing import Draft
from logbook.operations.writing import Written
from logbook.operations.writing import moment
from logbook.operations.writing import writing

CUSTOMER = "customer"


def sign(
    session: Session,
    word: str,
    meaning: str,
    *,
    by: str | None = None,
    name: str | None = None,
    at: str | None = None,
) -> Written:
    """Sign with a meaning of the form; Refused where the form gives that to another role or the
    step it belongs to was not taken yet."""
    with writing(session) as write:
        loaded = load(session, find(session, word))
        form, record, state = loaded.form, loaded.record, loaded.state
        operator = session.operator(by)
        place = find_signature(form, meaning)
        issues: list[Issue] = []
        if isinstance(place, Issue):
            allowed = [f"{one} ({sig.label.say(session.lang)})" for one, sig in form.signatures.items()]
            raise Refused(
                [
                    Issue(
                        "record.sign-meaning",
                        {"found": meaning, "allowed": allowed},
                        field="as",
                        id=record.id,
                    )
                ]
            )
        if not is_asked(session, state, place):
            issues.append(
                Issue("record.sign-unasked", {"meaning": place.label, "rule": _said(session, form, place)}, field="as")
            )
        if state.voided:
            issues.append(Issue("record.voided", {"id": record.id}))
        if place.at and place.at in form.steps and state.last(place.at) is None:
            issues.append(
                Issue(
                    "record.sign-step",
                    {"step": form.steps[place.at].label, "meaning": place.label},
                    field="as",
                )
            )
        roles = write.world.roles(operator)
        if CUSTOMER in place.roles:
            if not (name or "").strip():
                issues.append(Issue("record.sign-name", {}, field="name"))
        elif place.roles and "staff" not in place.roles and set(place.roles).isdisjoint(roles):
            if not session.is_administrator(operator):
                issues.append(
                    Issue(
                        "record.sign-role",
                        {"meaning": place.label, "by": operator, "roles": list(place.roles)},
                        field="by",
                    )
                )
        named = state.fields.get(place.of) if place.of else None
        if named and named != operator:  # four eyes: not even the administrator signs for the one named
            issues.append(
                Issue("record.sign-role", {"meaning": place.label, "by": operator, "roles": [named]}, field="by")
            )
        standing = [
            s for s in record.signatures if s.meaning == place.id and s.by == operator and s.name == name
        ]
        if any(not is_stale(form, record, one) for one in standing):
            issues.append(
                Issue("record.signed-already", {"by": operator, "meaning": place.label}, field="as")
            )
        signed = moment(session, at) or write.when
        issues += event_time_issues(signed, write.when, datetime.fromisoformat(state.at))
        if issues:
            raise Refused([issue.at(id=record.id) for issue in issues])
        recorded = to_text(write.when.astimezone(session.zone))
        count = len(record.events)
        signature = Signature(
            to_text(signed.astimezone(session.zone)),
            operator,
            place.id,
            count,
            signature_hash(form, record, count),
            (name or "").strip() or None,
            recorded if abs(write.when - signed) > SAME_MOMENT else None,
        )
        after: Record = replace(record, signatures=(*record.signatures, signature))
        said = place.label.say(session.book.settings.language)
        return write.publish([Draft(form, after, "sign", operator, base=loaded.data, said=said)])[0]


def _said(session: Session, form: Form, place: SignaturePlace) -> Text:
    """The condition of a place to sign, in words."""
    from logbook.core.rules import say

    text = place.when_text or ""
    if place.when is None:
        return Text("", text)
<<<<<<< HEAD
    return Text(*(say(place.when, form, lang, library=session.library) or text for lang in ("zh", "en")))
=======
    return Text(say(place.when, form, "zh") or text, say(place.when, form, "en") or text)


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
    if count < len(known) and count:
        choices = combinations(known[1:], len(known) - count)
        for left_out in islice(choices, _CHOICES):
            out = [id(one) for one in left_out]
            yield tuple(one for one in known if id(one) not in out)


def _undone(before: Record, record: Record, amendment: Amendment) -> Record:
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
>>>>>>> f41f391 (Merging and exchanging: records of two desks become one, field by field)
