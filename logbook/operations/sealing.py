"""Seals: what a step covers by hash, whether it still stands, and what was written down after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import TYPE_CHECKING

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.moments import from_epoch
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.value import frozen
from logbook.core.view import View
from logbook.operations.reading import World
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.signatures import is_stale
from logbook.operations.signatures import signature_hash

if TYPE_CHECKING:
    from logbook.index.book_index import Row

SEALED = "sealed"
SEAL = "seal"
# A handover is prepared before what it seals ends and accepted after it began; none runs longer than this.
_LONGEST = timedelta(days=2)

# The state of a record by form and id; None when there is none.
Find = Callable[[str, str], "State | None"]


@frozen
class Addendum:
    """Something that happened inside a sealed shift and was written down after it was sealed: a record, or
    (``event``, from 1) one event of a record that was sealed."""

    record: str
    at: str
    recorded: str
    event: int | None = None


@frozen
class Seal:
    """A seal as it stands: when and by whom it was taken, over how many records, which of them were changed
    since (``form/id``), what was added since. ``broken``: the list itself does not give the hash."""

    at: str
    by: str
    count: int
    broken: bool
    stale: tuple[str, ...]
    addenda: tuple[Addendum, ...]

    @property
    def valid(self) -> bool:
        """Nothing that it covers was changed; what was only added does not matter (rulings 18)."""
        return not self.broken and not self.stale


def sealed_by(session: Session, world: World, state: State) -> dict[str, Stored]:
    """What the step that seals sets: the list of records with their hashes, and the hash over that list."""
    form = state.form
    if form.seals is None:
        return {}
    start, end = _bounds(session, world, state)
    found: dict[tuple[str, str], Row] = {}
    for row in _rows_between(session, form, start, end):
        found[(row.form, row.id)] = row
    # What the record itself names: the log was opened before the shift it is the log of began.
    for row in _named(session, state):
        found[(row.form, row.id)] = row
    found.pop((form.name, state.record.id), None)
    listed: list[Stored] = []
    for (name, _), row in sorted(found.items()):
        try:
            loaded = load(session, row)
        except Refused:
            continue  # an unreadable record is told of by validate
        n = len(loaded.record.events)
        sha = signature_hash(loaded.form, loaded.record, n)
        listed.append({"record": f"{name}/{row.id}", "n": str(n), "sha256": sha})
    return {SEALED: listed, SEAL: seal_hash(listed)}


def seal_hash(listed: Sequence[Stored]) -> str:
    """SHA-256 over the list of what is sealed, as canonical JSON."""
    text = json.dumps(list(listed), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def seal_of(session: Session, state: State, find: Find | None = None) -> Seal | None:
    """The seal of a record as it stands now; None for one that is not sealed."""
    form = state.form
    taken = state.last(form.seals.at) if form.seals is not None else None
    if form.seals is None or taken is None or not isinstance(state.fields.get(SEAL), str):
        return None
    world = World(session)
    lookup = find or _finder(world)
    value = state.fields.get(SEALED)
    listed = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    at = taken.recorded or taken.at
    start, end = _bounds(session, world, state)
    stale: list[str] = []
    addenda: list[Addendum] = []
    for row in listed:
        name = str(row.get("record"))
        target, _, record_id = name.partition("/")
        now = lookup(target, record_id)
        if now is None:
            stale.append(name)
            continue
        n = int(str(row.get("n") or "0"))
        if _changed(now.form, now.record, n, str(row.get("sha256")), at, taken.by):
            stale.append(name)
        addenda += [
            Addendum(name, event.at, event.recorded or event.at, number)
            for number, event in enumerate(now.record.events[n:], n + 1)
            if datetime.fromisoformat(event.at) <= end
        ]
    known = {str(row.get("record")) for row in listed}
    addenda += [
        Addendum(f"{row.form}/{row.id}", row.at, row.recorded_at)
        for row in _rows_between(session, form, start, end)
        if f"{row.form}/{row.id}" not in known and row.id != state.record.id
    ]
    addenda.sort(key=lambda one: (one.at, one.record))
    return Seal(at, taken.by, len(listed), seal_hash(listed) != state.fields[SEAL], tuple(stale), tuple(addenda))


def seal_issues(session: Session, state: State, find: Find | None = None) -> list[Issue]:
    """A seal in words of ``validate``: what was changed and what was added, both warnings."""
    seal = seal_of(session, state, find)
    if seal is None:
        return []
    issues = []
    itself = state.record.id
    number = max(n for n, event in enumerate(state.record.events, 1) if SEAL in event.set)
    place = f"events.{number}.set.{SEAL}"
    if seal.broken:
        issues.append(Issue("seal.broken", {"id": itself}, severity="warning", id=itself, field=place))
    if seal.stale:
        changed = [name.partition("/")[2] for name in seal.stale]
        issues.append(
            Issue(
                "seal.stale", {"id": itself, "changed": changed, "first": changed[0]},
                severity="warning", id=itself, field=place,
            )
        )  # fmt: skip
    for record in dict.fromkeys(one.record.partition("/")[2] for one in seal.addenda):
        issues.append(
            Issue("seal.addendum", {"id": record, "sealed": itself}, severity="warning", id=itself, field=place)
        )
    return issues


def addenda_in(session: Session, rows: Iterable[Row]) -> dict[str, str]:
    """Of these records those that were written down after their shift had been sealed: id -> the record that
    sealed it."""
    found: dict[str, str] = {}
    wanted = list(rows)
    if not wanted:
        return found
    for form in _sealing_forms(session):
        assert form.seals is not None
        ours = [row for row in wanted if row.form in form.seals.forms]
        if not ours:
            continue
        first = from_epoch(min(row.at_epoch for row in ours), session.zone) - _LONGEST
        last = from_epoch(max(row.at_epoch for row in ours), session.zone) + _LONGEST
        world = World(session)
        for handover in session.index.select("", now=session.now, form=form.name, since=first, until=last):
            state = state_of(form, load(session, handover).record, until=session.now)
            if state.last(form.seals.at) is None or SEAL not in state.fields:
                continue
            value = state.fields.get(SEALED)
            known = {row.get("record") for row in value if isinstance(row, dict)} if isinstance(value, list) else set()
            start, end = _bounds(session, world, state)
            for row in ours:
                inside = start.timestamp() < row.at_epoch <= end.timestamp()
                if inside and f"{row.form}/{row.id}" not in known:
                    found[row.id] = handover.id
    return found


def _sealing_forms(session: Session) -> list[Form]:
    # `handover` is the one shipped; looking through every form would build them all for each `show`.
    form = session.library.forms.get("handover")
    return [form] if form is not None and form.seals is not None else []


def _bounds(session: Session, world: World, state: State) -> tuple[datetime, datetime]:
    """From when (excluded) to when (included) a record seals. With no moment to begin at (the first handover of
    a book) it begins with the shift it was made in, or with the log it names."""
    seals = state.form.seals
    assert seals is not None
    view = View(state, world)
    end = _moment(view.get(seals.to), session) or datetime.fromisoformat(state.at)
    start = _moment(view.get(seals.from_), session) if seals.from_ is not None else None
    if start is None:
        from logbook.core.shifts import shift_at
        from logbook.operations.shifts import posts_in

        shift = shift_at(posts_in(session), datetime.fromisoformat(state.at), zone=session.zone)
        begins = [shift.start if shift is not None else int(datetime.fromisoformat(state.at).timestamp()) - 86400]
        begins += [row.at_epoch for row in _named(session, state) if row.at_epoch > begins[0] - 86400]
        start = from_epoch(min(begins) - 1, session.zone)
    return start, end


def _named(session: Session, state: State) -> list[Row]:
    """The records the sealing record points at by a field of its own (not in its lists)."""
    found = []
    for field in state.form.fields.values():
        value = state.fields.get(field.id)
        if field.type == "ref" and isinstance(value, str) and value:
            found += [row for target in field.target for row in session.index.find(target, value.rpartition("/")[2])]
    return found


def _moment(value: object, session: Session) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), session.zone) if isinstance(value, date) else None


def _rows_between(session: Session, form: Form, start: datetime, end: datetime) -> list[Row]:
    assert form.seals is not None
    names = [name for name in form.seals.forms if name in session.library.forms]
    if not names:
        return []
    rows = session.index.select(
        [f"form:{','.join(names)}"],
        now=session.now,
        since=start + timedelta(seconds=1),
        until=end + timedelta(seconds=1),
    )
    return [row for row in rows if row.form in names]


def _changed(form: Form, record: Record, n: int, sha256: str, at: str, by: str) -> bool:
    return is_stale(form, record, Signature(at, by, SEAL, n, sha256))


def _finder(world: World) -> Find:
    def find(form: str, record_id: str) -> State | None:
        view = world.find(form, record_id)
        return view.state_of if view is not None else None

    return find


def summary(seal: Seal) -> Mapping[str, object]:
    """A seal in the shape of the JSON contract."""
    return {
        "state": "valid" if seal.valid else "stale",
        "at": seal.at,
        "by": seal.by,
        "records": seal.count,
        "changed": list(seal.stale),
        "addenda": [
            {"record": one.record, "at": one.at, "recorded_at": one.recorded, "event": one.event}
            for one in seal.addenda
        ],
    }
