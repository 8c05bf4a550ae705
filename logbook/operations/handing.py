"""Handing a shift over: gather what is open, write it, take both signatures, seal."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.moments import from_epoch
from logbook.core.moments import to_text
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.shifts import SERVICE_CENTRE
from logbook.core.shifts import Arrival
from logbook.core.shifts import Post
from logbook.core.shifts import Shift
from logbook.core.shifts import judge_arrival
from logbook.core.shifts import next_shift
from logbook.core.shifts import shift_at
from logbook.core.shifts import shifts_of
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.core.values import shown
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.shifts import LOGS
from logbook.operations.shifts import desk_of
from logbook.operations.shifts import open_log_of
from logbook.operations.shifts import posts_in
from logbook.operations.signatures import signature_hash
from logbook.operations.writing import SAME_MOMENT
from logbook.operations.writing import Draft
from logbook.operations.writing import Writing
from logbook.operations.writing import Written
from logbook.operations.writing import moment
from logbook.operations.writing import title_of
from logbook.operations.writing import writing
from logbook.store import codec
from logbook.store.records import plain_from

if TYPE_CHECKING:
    from logbook.index.book_index import Row

FORM = "handover"
PREPARED = "prepared"
DONE = ("accepted", "checked")
GIVEN, RECEIVED = "handed_over", "received"
# What counts as received in a shift and must stand in its handover in writing (002 交接班制度 2).
MATTERS = ("repair", "complaint", "incident")
OUT = {"key_checkout": "out", "loan": "out"}


@frozen
class Matter:
    """Something open: its words, the record it stands in, why it is open."""

    text: str
    record: str | None
    why: str


@frozen
class Out:
    """A key or a tool that is out: its record, what, since when and until when, whether it is late."""

    record: str
    form: str
    title: str
    since: str
    due: str | None
    late: bool


@frozen
class Gathered:
    """All that a handover tells, as the book has it now."""

    post: str
    shift: Shift | None
    relief: Shift | None
    log: Row | None
    previous: Row | None
    since: datetime
    matters: tuple[Matter, ...]
    written: tuple[Row, ...]
    out: tuple[Out, ...]
    tools: tuple[dict[str, Stored], ...]
    key_count: Row | None
    last_count: Row | None
    unconverted: int
    waiting: tuple[Row, ...]


@frozen
class Accepted:
    """A handover that was taken over: how the relief came, how many records were sealed, what is amiss."""

    written: Written
    arrival: Arrival
    sealed: int


def gather(session: Session, *, word: str | None = None, by: str | None = None, at: str | None = None) -> Gathered:
    """What the running shift has to hand over. ``word``: a desk or post, default the service centre."""
    operator = session.operator(by)
    now = moment(session, at) or session.now
    form = session.form(FORM)
    posts = posts_in(session)
    desk, post = desk_of(posts, word)
    name = _post_text(form, posts.desks[desk].label.zh if desk in posts.desks else "", post)
    shift, relief = _turns(session, now, desk, post)
    log = None if post is not None and not post.log else open_log_of(session, operator) or _last_log(session, operator)
    if log is not None and relief is not None and shift is not None:
        shift, relief = _of_log(session, log, shift, relief, desk or SERVICE_CENTRE)
    previous = _previous(session, name, now)
    since = _completed(session, previous) if previous is not None else None
    if since is None:
        begins = shift.start if shift is not None else int(now.timestamp()) - 86400
        # The first handover of a book: a day's log goes through both halves of the day.
        since = from_epoch(min(begins, log.at_epoch if log is not None else begins) - 1, session.zone)
    written = _received(session, since, now)
    matters, unconverted = _matters(session, log, previous, written, now)
    out = _out(session, now)
    for one in out:
        if one.late and not any(matter.record == one.record for matter in matters):
            matters.append(Matter(one.title, one.record, "逾期未还"))
    counts = session.index.select("", now=session.now, form="key_count", sort="-at", limit=1) if (
        "key_count" in session.library.forms
    ) else []
    last = counts[0] if counts else None
    return Gathered(
        name,
        shift,
        relief,
        log,
        previous,
        since,
        tuple(matters),
        tuple(written),
        tuple(out),
        tuple(_tools(session, previous, out)),
        last if last is not None and last.at_epoch > since.timestamp() else None,
        last,
        unconverted,
        tuple(waiting(session)),
    )


def waiting(session: Session, *, relief: str | None = None) -> list[Row]:
    """Handovers that were prepared and nobody has taken over, the oldest first."""
    if FORM not in session.library.forms:
        return []
    words = [f"status:{PREPARED}", *([f"in_person:{relief}"] if relief else [])]
    return session.index.select(words, now=session.now, form=FORM)


def hand_over(
    session: Session, to: str, words: Iterable[str] = (), *, word: str | None = None, at: str | None = None,
    by: str | None = None, done: Sequence[int] = (), clean: bool = True,
) -> Written:  # fmt: skip
    """Write the handover of the running shift and sign it as the one who leaves: one operation.
    ``done``: numbers of gathered matters that are done and left out."""
    from logbook.operations import add as adding

    found = gather(session, word=word, by=by, at=at)
    form = session.form(FORM)
    relief = session.staff(to, field="in_person")
    given = _given(form, found, done=done, clean=clean)
    given["in_person"] = relief
    if found.relief is not None:
        given["shift_start"] = to_text(from_epoch(found.relief.start, session.zone))
    request = adding.prepare(session, FORM, words, given=given, at=at, by=by)
    if found.log is None and "log" not in request.changes.set and found.shift is not None:
        request.changes.issues.append(Issue("shift.no-log", {}, field="log"))
    with writing(session) as write:
        draft, _ = adding.draft_of(session, write, request)
        return _publish_signed(session, write, draft, GIVEN, request.by, request.at)


def accept(
    session: Session, word: str | None = None, words: Iterable[str] = (), *, at: str | None = None,
    by: str | None = None,
) -> Accepted:  # fmt: skip
    """Take a shift over: what came in since it was prepared is added, the step is taken, signed and sealed in
    one operation. The arrival is that of the relief's own log where he has signed on, else now."""
    from logbook.operations.step import draft_of

    operator = session.operator(by)
    with writing(session) as write:
        loaded = load(session, _waiting_one(session, word, operator))
        happened = moment(session, at) or session.now
        typed = list(words)
        given = _completed_with(session, loaded, happened, operator, typed)
        draft = draft_of(session, write, loaded, "accept", typed, given=given, at=at, by=by)
        after = state_of(draft.form, draft.record)
        written = _publish_signed(session, write, draft, RECEIVED, operator, happened)
    start, arrived = after.moment("shift_start"), after.moment("arrived_at")
    arrival = Arrival("on_time")
    if start is not None and arrived is not None:
        arrival = judge_arrival(int(start.timestamp()), int(arrived.timestamp()), _lead(session, start))
    sealed = after.fields.get("sealed")
    return Accepted(written, arrival, len(sealed) if isinstance(sealed, list) else 0)


def refuse(
    session: Session, word: str | None = None, *, reason: str | None, at: str | None = None, by: str | None = None,
    words: Iterable[str] = (),
) -> Written:  # fmt: skip
    """Give a handover back: not clean, tools missing."""
    from logbook.operations.step import step

    row = _waiting_one(session, word, session.operator(by))
    return step(session, f"{FORM}/{row.id}", "refuse", words, at=at, by=by, reason=reason)


def fix(
    session: Session, word: str | None = None, words: Iterable[str] = (), *, at: str | None = None,
    by: str | None = None,
) -> Written:  # fmt: skip
    """Hand over again what had been given back; cleaned up now, unless said otherwise."""
    from logbook.operations.step import step

    rows = session.index.select(["status:refused"], now=session.now, form=FORM, sort="-at", limit=1)
    target = f"{FORM}/{word.rpartition('/')[2]}" if word else f"{FORM}/{rows[0].id}" if rows else None
    if target is None:
        raise Refused([Issue("shift.nothing-to-accept", {}, field="id")])
    happened = moment(session, at) or session.now
    given: dict[str, Stored] = {
        "clean_fixed_at": to_text(happened.astimezone(session.zone)), "clean_ok": "true",
    }  # fmt: skip
    return step(session, target, "fix", words, given=given, at=at, by=by)


# --------------------------------------------------------------------------- gathering


def _turns(
    session: Session, now: datetime, desk: str | None, post: Post | None
) -> tuple[Shift | None, Shift | None]:
    """The shift that runs and the one that relieves it."""
    posts = posts_in(session)
    if post is not None:
        from logbook.core.moments import days_in

        instant = int(now.timestamp())
        day = days_in(session.zone).of(instant)
        ours = [one for on in (day - 1, day, day + 1) for one in shifts_of(posts, post, on, zone=session.zone)]
        running = [one for one in ours if one.start <= instant]
        later = [one for one in ours if one.start > instant]
        return (running[-1] if running else None), (later[0] if later else None)
    shift = shift_at(posts, now, zone=session.zone, desk=desk or SERVICE_CENTRE)
    return shift, next_shift(posts, shift, zone=session.zone, desk=desk or SERVICE_CENTRE) if shift else None


def _of_log(session: Session, log: Row, shift: Shift, relief: Shift, desk: str) -> tuple[Shift, Shift]:
    """The shift of the log that is handed over: at 17:35 the night runs already, yet it is the day's log
    that waits for its relief."""
    state = load(session, log).state
    post = next((one for one in posts_in(session).of_desk(desk) if one.id == shift.post), None)
    same = post is not None and post.log == log.form and post.shift == str(state.fields.get("shift") or post.shift)
    if same:
        return shift, relief
    posts = posts_in(session)
    before = shift_at(posts, from_epoch(shift.start - 1, session.zone), zone=session.zone, desk=desk)
    held = posts[before.post] if before is not None else None
    if before is not None and held is not None and held.log == log.form:
        return before, shift
    return shift, relief


def _post_text(form: Form, label: str, post: Post | None) -> str:
    if post is not None:
        return post.label.zh
    field = form.fields.get("post")
    if field is not None and field.default is not None and field.default.kind == "value":
        return field.default.text
    return label


def _last_log(session: Session, person: str) -> Row | None:
    """The log this person closed last within a day."""
    since = session.now - timedelta(days=1)
    rows = [
        row
        for form in LOGS
        if form in session.library.forms
        for row in session.index.select([f"by:{person}"], now=session.now, form=form, since=since)
        if not row.voided
    ]
    return max(rows, key=lambda row: row.at_epoch, default=None)


def _previous(session: Session, post: str, now: datetime) -> Row | None:
    """The last handover of this post that was taken over before."""
    rows = session.index.select(
        [f"status:{','.join(DONE)}"], now=session.now, form=FORM, sort="-at", until=now
    )
    fields = session.index.fields(rows, ["post"])
    return next((row for row, one in zip(rows, fields, strict=True) if one.get("post") == post), None)


def _completed(session: Session, row: Row) -> datetime | None:
    return load(session, row).state.moment("accept")


def _received(session: Session, since: datetime, until: datetime) -> list[Row]:
    names = [name for name in MATTERS if name in session.library.forms]
    if not names:
        return []
    second = timedelta(seconds=1)
    rows = session.index.select(
        [f"form:{','.join(names)}"], now=session.now, since=since + second, until=until + second
    )
    return [row for row in rows if not row.voided]


def _matters(
    session: Session, log: Row | None, previous: Row | None, written: Sequence[Row], now: datetime
) -> tuple[list[Matter], int]:
    """What is left open: by the log, by what came in, and still open from the handover before."""
    found: list[Matter] = []
    unconverted = 0
    if log is not None:
        entries = load(session, log).state.fields.get("entries")
        for entry in entries if isinstance(entries, list) else []:
            if not isinstance(entry, dict):
                continue
            text = str(entry.get("content") or "")
            if entry.get("open") == "true":
                found.append(Matter(text, _word(entry.get("record")), str(entry.get("why_open") or "")))
            elif log.form == "night_log" and entry.get("solved") != "true" and entry.get("emergency") != "true":
                record = _word(entry.get("converted"))
                if entry.get("kind") in ("repair", "complaint", "entrust"):
                    unconverted += record is None
                    why = str(entry.get("action") or "当夜未处理，次日转单")
                    found.append(Matter(text, record, why))
    listed = {one.record for one in found}
    for row in written:
        if not row.final and row.id not in listed:
            found.append(Matter(row.title, row.id, _why(session, row)))
            listed.add(row.id)
    if previous is not None:
        before = load(session, previous).state.fields.get("open_items")
        for item in before if isinstance(before, list) else []:
            if not isinstance(item, dict):
                continue
            record = _word(item.get("record"))
            why = str(item.get("why") or "")
            if record is None:
                found.append(Matter(str(item.get("text") or ""), None, why))
            elif record not in listed:
                rows = [row for row in session.index.find(None, record) if not row.final and not row.voided]
                if rows:
                    found.append(Matter(str(item.get("text") or rows[0].title), record, why))
                    listed.add(record)
    return found, unconverted


def _why(session: Session, row: Row) -> str:
    """Why a record is still open: what it says itself, else where it stands."""
    loaded = load(session, row)
    stuck = loaded.form.fields.get("stuck_why")
    said = shown(stuck, loaded.state.fields.get("stuck_why"), "zh") if stuck is not None else ""
    label = loaded.form.states.get(row.status)
    return said or (f"正在办理：{label.zh}" if label is not None else row.status)


def _out(session: Session, now: datetime) -> list[Out]:
    found = []
    for name, state in OUT.items():
        if name not in session.library.forms:
            continue
        rows = session.index.select([f"status:{state}"], now=session.now, form=name)
        for row, fields in zip(rows, session.index.fields(rows, ["due_at"]), strict=True):
            due = fields.get("due_at")
            late = isinstance(due, str) and datetime.fromisoformat(due) < now
            found.append(Out(row.id, name, row.title, row.at, due if isinstance(due, str) else None, late))
    return found


def _tools(session: Session, previous: Row | None, out: Sequence[Out]) -> list[dict[str, Stored]]:
    """The tools to count: those the site names (``shifts: {tools: {对讲机: 4}}``), else those of the handover
    before; what is lent by its loan is short by that."""
    own = session.book.settings.settings.get("shifts")
    named = own.get("tools") if isinstance(own, Mapping) else None
    rows: list[dict[str, Stored]] = []
    if isinstance(named, Mapping):
        rows = [{"item": str(name), "expected": str(count), "actual": str(count)} for name, count in named.items()]
    elif previous is not None:
        before = load(session, previous).state.fields.get("tools")
        for row in before if isinstance(before, list) else []:
            if isinstance(row, dict) and row.get("item"):
                rows.append({"item": row["item"], "expected": row.get("expected"), "actual": row.get("expected")})
    for one in out:
        if one.form == "loan":
            _lent(session, rows, one)
    return rows


def _lent(session: Session, rows: list[dict[str, Stored]], loan: Out) -> None:
    fields = load(session, find(session, f"loan/{loan.record}")).state.fields
    for row in rows:
        actual = str(row.get("actual") or "")
        if row["item"] == fields.get("item") and actual.isdigit() and "loan" not in row:
            left = int(actual) - int(str(fields.get("qty") or "1"))
            row |= {"actual": str(max(left, 0)), "why": "lent", "loan": loan.record, "liable": fields.get("lender")}


def _given(form: Form, found: Gathered, *, done: Sequence[int], clean: bool) -> dict[str, Stored]:
    targets = form.fields["open_items"].columns["record"].target
    rows: list[Stored] = []
    for number, one in enumerate(found.matters, 1):
        if number in done:
            continue
        row: dict[str, Stored] = {"text": one.text, "why": one.why}
        if one.record:
            row["record"] = one.record
        rows.append({name: value for name, value in row.items() if value})
    given: dict[str, Stored] = {
        "post": found.post,
        "clean_ok": "true" if clean else "false",
        "open_items": rows,
        "written": [cast("Stored", {"record": row.id}) for row in found.written],
        "tools": [cast("Stored", dict(row)) for row in found.tools],
    }
    if found.log is not None:
        given["log"] = found.log.id
    if found.key_count is not None:
        given["key_count"] = found.key_count.id
    assert targets
    return {name: value for name, value in given.items() if value not in ([], None) and name in form.fields}


# --------------------------------------------------------------------------- taking over


def _waiting_one(session: Session, word: str | None, operator: str) -> Row:
    if word is not None:
        return find(session, word, form=FORM) if "/" not in word else find(session, word)
    rows = waiting(session, relief=operator) or waiting(session)
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise Refused([Issue("shift.several-to-accept", {"candidates": [row.id for row in rows]}, field="id")])
    raise Refused([Issue("shift.nothing-to-accept", {}, field="id")])


def _completed_with(
    session: Session, loaded: Loaded, happened: datetime, relief: str, typed: Sequence[str]
) -> dict[str, Stored]:
    """What the record still lacks at the moment it is taken over: the relief's arrival, what came in since."""
    state = loaded.state
    fields = state.fields
    named = {word.partition("=")[0] for word in typed}
    given: dict[str, Stored] = {}
    if "arrived_at" not in named and "接班人到岗" not in named:
        own = open_log_of(session, relief)
        came = datetime.fromisoformat(own.at) if own is not None and own.at_epoch <= happened.timestamp() else happened
        given["arrived_at"] = to_text(came.astimezone(session.zone))
    if not fields.get("shift_start"):
        desk, post = _desk_or_post(session, fields.get("post"))
        _, after = _turns(session, datetime.fromisoformat(state.at), desk, post)
        if after is not None:
            given["shift_start"] = to_text(from_epoch(after.start, session.zone))
    since = _since(session, state)
    if since is not None:
        have = _records(fields.get("written"))
        more = [row for row in _received(session, since, happened) if row.id not in have]
        if more and "written" not in named:
            added = [cast("Stored", {"record": row.id}) for row in more]
            given["written"] = [*_list(fields.get("written")), *added]
        listed = _records(fields.get("open_items"))
        log = _named_log(session, fields.get("log"))
        matters, _ = _matters(session, log, None, more, happened)
        texts = _texts(fields.get("open_items"))
        late = [
            Matter(one.title, one.record, "逾期未还") for one in _out(session, happened) if one.late
        ]
        rows: list[Stored] = []
        for one in (*matters, *late):
            if (one.record and one.record in listed) or (not one.record and one.text in texts):
                continue
            row: dict[str, Stored] = {"text": one.text, "record": one.record, "why": one.why}
            rows.append({name: value for name, value in row.items() if value})
        if rows and "open_items" not in named:
            given["open_items"] = [*_list(fields.get("open_items")), *rows]
    return given


def _since(session: Session, state: State) -> datetime | None:
    from logbook.core.view import View
    from logbook.operations.reading import World

    found = View(state, World(session)).get("previous_at")
    return found if isinstance(found, datetime) else None


def _desk_or_post(session: Session, text: Stored) -> tuple[str | None, Post | None]:
    try:
        return desk_of(posts_in(session), text if isinstance(text, str) else None)
    except Refused:
        return SERVICE_CENTRE, None


def _named_log(session: Session, value: Stored) -> Row | None:
    rows = [row for form in LOGS for row in session.index.find(form, value)] if isinstance(value, str) else []
    return rows[0] if rows else None


def _records(value: Stored) -> set[str | None]:
    return {_word(row.get("record")) for row in value if isinstance(row, dict)} if isinstance(value, list) else set()


def _list(value: Stored) -> list[Stored]:
    return list(value) if isinstance(value, list) else []


def _texts(value: Stored) -> set[str]:
    return {str(row.get("text")) for row in value if isinstance(row, dict)} if isinstance(value, list) else set()


def _word(value: Stored) -> str | None:
    return value.rpartition("/")[2] if isinstance(value, str) and value else None


def _lead(session: Session, start: datetime) -> int | None:
    posts = posts_in(session)
    shift = shift_at(posts, start, zone=session.zone)
    return posts[shift.post].lead if shift is not None else 15


# --------------------------------------------------------------------------- signing


def _publish_signed(
    session: Session, write: Writing, draft: Draft, meaning: str, operator: str, happened: datetime
) -> Written:
    """Publish a draft and its signature as one operation of two commits: none is there without the other."""
    plain = plain_from(draft.record, draft.form)
    data = codec.write(plain) if draft.base is None else codec.edit(draft.base, plain)
    drafts = [replace(draft, data=data)]
    place = draft.form.signatures.get(meaning)
    if place is not None:
        record = draft.record
        count = len(record.events)
        signature = Signature(
            to_text(happened.astimezone(session.zone)),
            operator,
            meaning,
            count,
            signature_hash(draft.form, record, count),
            None,
            to_text(write.when.astimezone(session.zone)) if abs(write.when - happened) > SAME_MOMENT else None,
        )
        signed: Record = replace(record, signatures=(*record.signatures, signature))
        said = place.label.say(session.book.settings.language)
        drafts.append(Draft(draft.form, signed, "sign", operator, base=data, said=said))
    return write.publish(drafts)[-1]


def title(session: Session, row: Row, lang: str) -> str:
    """A record's title in a reader's language."""
    return title_of(load(session, row).state, lang)
