"""Sign a record: review, approve, hand over, receive; a customer signs through a member of staff."""

from __future__ import annotations

from datetime import datetime

from logbook.core.checking import event_time_issues
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import SignaturePlace
from logbook.core.formwords import find_signature
from logbook.core.issues import Issue
from logbook.core.moments import to_text
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
    return Text(*(say(place.when, form, lang, library=session.library) or text for lang in ("zh", "en")))
