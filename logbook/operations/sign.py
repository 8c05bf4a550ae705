"""Sign a record: review, approve, hand over, receive; a customer signs through a member of staff."""

from __future__ import annotations

from dataclasses import replace

from logbook.core.definition import find_signature
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import get_path
from logbook.core.lifecycle import put_path
from logbook.core.moments import to_text
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.writing import Draft
from logbook.operations.writing import Written
from logbook.operations.writing import signature_hash
from logbook.operations.writing import writing

CUSTOMER = "customer"


def sign(session: Session, word: str, meaning: str, *, by: str | None = None, name: str | None = None) -> Written:
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
            raise Refused([Issue("record.sign-meaning", {"found": meaning, "allowed": allowed}, field="as", id=record.id)])
        if state.voided:
            issues.append(Issue("record.voided", {"id": record.id}))
        if place.at and place.at in form.steps and state.last(place.at) is None:
            issues.append(
                Issue("record.sign-step", {"step": form.steps[place.at].label, "meaning": place.label}, field="as")
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
        standing = [s for s in record.signatures if s.meaning == place.id and s.by == operator and s.name == name]
        if any(not is_stale(form, record, one) for one in standing):
            issues.append(Issue("record.signed-already", {"by": operator, "meaning": place.label}, field="as"))
        if issues:
            raise Refused([issue.at(id=record.id) for issue in issues])
        count = len(record.events)
        signature = Signature(
            to_text(write.when.astimezone(session.zone)),
            operator,
            place.id,
            count,
            signature_hash(form, record, count),
            (name or "").strip() or None,
        )
        after: Record = replace(record, signatures=(*record.signatures, signature))
        said = place.label.say(session.book.settings.language)
        return write.publish([Draft(form, after, "sign", operator, base=loaded.data, said=said)])[0]


def is_stale(form: Form, record: Record, signature: Signature) -> bool:
    """Whether a value the signature covers was changed after it (rulings 18): adding events and
    filling empty fields keeps it valid."""
    for one in record.events[signature.events :]:
        if one.step == AMEND and any(_was_filled(record, path, one.at) for path in one.set):
            return True
    fields = dict(record.fields)
    for amendment in (*reversed(record.amendments), None):
        if signature_hash(form, replace(record, fields=fields), signature.events) == signature.sha256:
            return False
        if amendment is None or amendment.old not in (None, "", []):
            break
        if get_path(fields, amendment.field) == amendment.new:
            fields = put_path(fields, amendment.field, None)
    return True


def _was_filled(record: Record, path: str, at: str) -> bool:
    return any(a.field == path and a.at == at and a.old not in (None, "", []) for a in record.amendments)
