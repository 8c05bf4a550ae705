"""What is judged at the audited head: A15 (numbers), A16 (duties), A17 (ledgers), A20 (monthly reviews)."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import timedelta

from logbook.core.findings import Finding
from logbook.core.findings import warning
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.record import Stored
from logbook.operations.audit.tally import Item
from logbook.operations.session import Session
from logbook.store.records import number
from logbook.store.records import path_of
from logbook.store.records import split_number

REVIEW = "audit_review"
# The review of a month may be written until this day of the next.
REVIEW_BY = 10


def numbers(session: Session, paths: Iterable[str]) -> Iterator[Finding]:
    """A15: the numbers of a form, a desk and a day run from 001 without a gap; a gap may be voided (a stub)."""
    drawn: dict[tuple[str, str, str], set[int]] = {}
    for path in paths:
        parts = split_number(path.rpartition("/")[2][:-5])
        if parts is not None:
            prefix, day, desk, n = parts
            drawn.setdefault((prefix, day, desk), set()).add(n)
    forms = {form.prefix: form for form in session.library.forms.values() if not form.register}
    for (prefix, day, desk), taken in sorted(drawn.items()):
        missing = [n for n in range(1, max(taken)) if n not in taken]
        if not missing:
            continue
        ids = [number(prefix, day, desk, n) for n in missing]
        form = forms.get(prefix)
        place = path_of(form, ids[0], f"{day[:4]}-{day[4:6]}-{day[6:]}") if form is not None else None
        told = {"missing": ids[:20], "count": len(ids), "first": ids[0]}
        yield Finding("A15", Issue("audit.gap", told, id=ids[0], path=place))


def duties(session: Session) -> Iterator[Finding]:
    """A16: duties that stand unfulfilled and were not excused (rulings 23: a warning)."""
    if not session.library.shared.get("duties"):
        return
    from logbook.operations.overdue import _duty_rows

    for row in _duty_rows(session, None, expand=False):
        label = row.zh if session.lang == "zh" else row.en
        told = {"duty": f"{label} {row.subject_title}".rstrip(), "missed": max(row.missed, 1), "id": row.duty}
        yield Finding("A16", warning(Issue("audit.duty", told, id=row.duty, field=row.subject)))


def ledgers(session: Session) -> Iterator[Finding]:
    """A17: keys, stock and shifts against their counts (rulings 23: warnings)."""
    for issue in session.library_issues:
        if issue.rule in ("shift.gap", "shift.overlap", "shift.doubled"):
            yield Finding("A17", warning(issue))
    yield from _keys(session)
    for form in session.library.forms.values():
        lists = [name for name, field in form.fields.items() if "diff" in field.columns]
        for name in lists:
            yield from _counts(session, form.name, name)
    yield from _handed(session)


def _keys(session: Session) -> Iterator[Finding]:
    if "key" not in session.library.forms or "key_checkout" not in session.library.forms:
        return
    from logbook.operations.custody import ledger

    for balance in ledger(session):
        if balance.in_cabinet < 0:
            told = {"key": balance.key, "total": balance.total, "out": balance.lent + balance.issued}
            issue = Issue("audit.keys-short", told, id=balance.key, path=f"records/key/{balance.key}.yaml")
            yield Finding("A17", warning(issue))


def _latest(session: Session, form: str) -> State | None:
    from logbook.operations.reading import load

    rows = [row for row in session.index.all_equal(form, {}) if not row.voided]
    return load(session, max(rows, key=lambda row: (row.at, row.id))).state if rows else None


def _counts(session: Session, form: str, name: str) -> Iterator[Finding]:
    """Differences of the latest count that nobody explained."""
    from logbook.operations.deriving import derived_values

    state = _latest(session, form)
    if state is None:
        return
    rows = derived_values(session, state.form, state).get(name)
    for place, row in enumerate(rows if isinstance(rows, list) else (), 1):
        diff = row.get("diff") if isinstance(row, dict) else None
        if not isinstance(row, dict) or diff in (None, "", "0", "0.0", "0.00"):
            continue
        if any(row.get(why) for why in ("why", "reason", "loss")):
            continue
        told = {"thing": _thing(row), "diff": diff, "count": state.record.id}
        issue = Issue("audit.difference", told, id=state.record.id, field=f"{name}.{place}.diff")
        path = path_of(state.form, state.record.id, state.record.at)
        yield Finding("A17", warning(issue.at(path=path)), state.by)


def _handed(session: Session) -> Iterator[Finding]:
    """Tools the last handover counted otherwise than they should be."""
    if "handover" not in session.library.forms:
        return
    state = _latest(session, "handover")
    rows = state.fields.get("tools") if state is not None else None
    for place, row in enumerate(rows if state is not None and isinstance(rows, list) else (), 1):
        if not isinstance(row, dict) or row.get("expected") == row.get("actual") or row.get("why") != "ok":
            continue
        count = state.record.id if state is not None else ""
        diff = f"{row.get('actual')}/{row.get('expected')}"
        told = {"thing": row.get("item") or "", "diff": diff, "count": count}
        issue = Issue("audit.difference", told, id=count, field=f"tools.{place}.actual")
        yield Finding("A17", warning(issue))


def _thing(row: Mapping[str, Stored]) -> str:
    return next((str(row[name]) for name in ("key", "item", "name") if row.get(name)), "")


def reviews(session: Session, found: Mapping[str, Mapping[tuple[str, str], Item]], today: date) -> Iterator[Finding]:
    """A20: each month that is over has its review, and the review names what there was to review. ``found``: by
    month, what there was."""
    if REVIEW not in session.library.forms:
        return
    from logbook.operations.reading import load

    listed: dict[str, set[tuple[str, str]]] = {}
    for row in session.index.all_equal(REVIEW, {}):
        if row.voided:
            continue
        state = load(session, row).state
        rows = state.fields.get("items")
        named = {
            (str(one.get("kind")), str(one.get("record")))
            for one in (rows if isinstance(rows, list) else ())
            if isinstance(one, dict)
        }
        listed.setdefault(str(state.fields.get("month")), set()).update(named)
    for month, items in sorted(found.items()):
        if today < _end_of(month) + timedelta(days=REVIEW_BY):
            continue
        if month not in listed:
            yield Finding("A20", warning(Issue("audit.no-review", {"month": month, "count": len(items)})))
            continue
        left = [item for key, item in items.items() if key not in listed[month]]
        if left:
            told = {"month": month, "count": len(left), "first": sorted({item.record for item in left})[:5]}
            yield Finding("A20", warning(Issue("audit.review-lacks", told)))


def _end_of(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1)
