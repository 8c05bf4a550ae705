"""Erase a person: destroy the key of their private values, and leave a decision that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.secret import PREFIX
from logbook.core.secret import subject_of
from logbook.core.value import frozen
from logbook.operations import add as adding
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.secrecy import ERASURE
from logbook.operations.session import Session
from logbook.operations.writing import Written


@frozen
class Erased:
    """What an erasure did: its record, the subject, how many records and values read as erased from now on,
    how many keys this machine held."""

    written: Written
    subject: str
    records: int
    values: int
    keys: int


@frozen
class _Traces:
    records: int
    values: int
    keys: tuple[str, ...]


def erase(
    session: Session,
    words: Sequence[str],
    *,
    reason: str | None,
    approved_by: str | None,
    basis: str | None = None,
    by: str | None = None,
) -> list[Erased]:
    """Erase subjects (register entries such as ``customer/C-001``, or records that stand for themselves).

    Refused where the book does not encrypt (``privacy.cannot-erase``), where a record belongs to another
    subject, and where nothing is encrypted. The decision is committed before the key goes: killed between
    the two, the next command on any desk ends it.
    """
    if not session.encrypts or session.vault is None:
        raise Refused([Issue("privacy.cannot-erase", {})])
    if ERASURE not in session.library.forms:
        raise Refused([Issue("privacy.no-form", {"form": ERASURE})])
    issues: list[Issue] = []
    if not (reason or "").strip():
        issues.append(Issue("record.needs-reason", {}, field="reason"))
    if not approved_by:
        issues.append(Issue("privacy.approver", {}, field="approved_by"))
    subjects = [_subject(session, word, issues) for word in dict.fromkeys(words)]
    found = {subject: _traces(session, subject) for subject in subjects if subject}
    issues += [Issue("privacy.nothing", {"subject": name}) for name, traces in found.items() if not traces.keys]
    if issues:
        raise Refused(issues)
    return [
        _erase(session, subject, traces, reason=str(reason), approved_by=approved_by, basis=basis, by=by)
        for subject, traces in found.items()
    ]


def _subject(session: Session, word: str, issues: list[Issue]) -> str:
    loaded = load(session, find(session, word))
    own = f"{loaded.record.form}/{loaded.record.id}"
    subject = subject_of(loaded.form, loaded.record)
    if subject != own:
        issues.append(Issue("privacy.other-subject", {"id": loaded.record.id, "subject": subject}))
    return subject


def _traces(session: Session, subject: str) -> _Traces:
    """Every secret of a subject as the book stands, and the keys that made them, held here or not."""
    from logbook.store.vault import mark_of

    vault = session.vault
    assert vault is not None
    secret = re.compile(re.escape(f"{PREFIX}{mark_of(subject)}-").encode() + rb"([0-9a-f]{16}):")
    keys = dict.fromkeys(vault.keys_of(subject))
    records = values = 0
    for _, _, data in session.repository.objects.read_many(session.index.blobs()):
        names = secret.findall(data)
        if names:
            records += 1
            values += len(names)
            keys.update(dict.fromkeys(f"{mark_of(subject)}-{name.decode()}" for name in names))
    return _Traces(records, values, tuple(sorted(name for name in keys if not vault.is_erased(name))))


def _erase(
    session: Session,
    subject: str,
    traces: _Traces,
    *,
    reason: str,
    approved_by: str | None,
    basis: str | None,
    by: str | None,
) -> Erased:
    vault = session.vault
    assert vault is not None
    rows: list[Stored] = [{"key": name} for name in traces.keys]
    given: dict[str, Stored] = {
        "about": subject,
        "reason": reason,
        "record_count": str(traces.records),
        "value_count": str(traces.values),
        "keys": rows,
    }
    if basis:
        given["basis"] = basis
    written = adding.add(
        session, adding.prepare(session, ERASURE, given=given, by=by, reason=None, approved_by=approved_by)
    )
    held = vault.destroy(traces.keys)
    session.index.rebuild()
    return Erased(written, subject, traces.records, traces.values, held)
