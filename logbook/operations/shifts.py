"""Who is on duty: the published rosters, signing on and off, the book of one shift, minutes nobody holds."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.moments import days_in
from logbook.core.moments import from_epoch
from logbook.core.moments import to_text
from logbook.core.record import Stored
from logbook.core.shifts import ON_TIME
from logbook.core.shifts import SERVICE_CENTRE
from logbook.core.shifts import Arrival
from logbook.core.shifts import Interval
from logbook.core.shifts import Post
from logbook.core.shifts import Posts
from logbook.core.shifts import Shift
from logbook.core.shifts import judge_arrival
from logbook.core.shifts import shift_at
from logbook.core.shifts import shifts_of
from logbook.core.shifts import shifts_on
from logbook.core.shifts import uncovered
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.operations.reading import Loaded
from logbook.operations.reading import World
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.index.book_index import Row
    from logbook.operations.writing import Written

ROSTER = "roster"
# The logs in which duty at the desk is kept; their `covers` are stand-ins.
LOGS = ("duty_log", "night_log")
# How long before a shift somebody may sign on for it.
SOONEST = timedelta(hours=2)
_DAY = timedelta(days=1)
_HALF_DAY = 12 * 3600


@frozen
class Line:
    """One turn on a published roster; times in seconds since 1970."""

    roster: str
    shift: str
    person: str
    start: int
    end: int


@frozen
class Cover:
    """Somebody stands in for somebody, by the roster or by the night's own log (``record``)."""

    record: str
    cover: str
    away: str
    start: int
    end: int
    reason: str = ""


@frozen
class Attendance:
    """One log: who was on duty from when until when (None: still), and how he came."""

    log: str
    form: str
    person: str
    start: int
    end: int | None
    shift: str
    arrival: str | None = None
    late_by: int = 0


@frozen
class Manning:
    """Who holds a desk over a stretch of time, as planned and as it was, and what nobody holds."""

    start: int
    end: int
    lines: tuple[Line, ...]
    covers: tuple[Cover, ...]
    attended: tuple[Attendance, ...]
    planned_gaps: tuple[Interval, ...]
    actual_gaps: tuple[Interval, ...]
    rosters: tuple[str, ...]


@frozen
class Entry:
    """A record of the shift; ``addendum``: the handover that was sealed before it was written down."""

    row: Row
    addendum: str | None = None


@frozen
class Book:
    """All of one shift: who held it, what was written, how it was handed over."""

    shift: Shift
    post: Post
    planned: tuple[Line, ...]
    attended: tuple[Attendance, ...]
    covers: tuple[Cover, ...]
    entries: tuple[Entry, ...]
    handover: Row | None = None
    incoming: Row | None = None
    responsible: str | None = None
    gaps: tuple[Interval, ...] = attribute(default=())


def posts_in(session: Session) -> Posts:
    """The posts of the session's book."""
    from logbook.core.shiftfile import posts_of

    return posts_of(session.library, session.book.settings.settings)


def desk_of(posts: Posts, word: str | None) -> tuple[str | None, Post | None]:
    """The desk, or the post, meant by an id or label; the service centre when nothing is said."""
    if word is None:
        return SERVICE_CENTRE, None
    wanted = word.strip().casefold()
    for desk in posts.desks.values():
        if wanted in {one.casefold() for one in desk.words}:
            return desk.id, None
    for post in posts.values():
        if wanted in {one.casefold() for one in (post.id, post.label.zh, post.label.en, post.shift or post.id)}:
            return None, post
    known = [*posts.desks, *posts]
    raise Refused([Issue("shift.no-post", {"found": word, "allowed": known}, field="post")])


def on_duty(session: Session, role: str, moment: datetime) -> list[str]:
    """Who with this role is on duty at a moment: by the published rosters and their covers; all active
    staff with the role where no roster names one. Staff ids, sorted."""
    instant = int(moment.timestamp())
    world = World(session)
    lines, covers, _ = planned(session, instant, instant + 1, every_post=True)
    found = sorted(staff for staff in present(lines, covers, instant) if role in world.roles(staff))
    return found or with_role(session, role)


def present(lines: Iterable[Line], covers: Iterable[Cover], at: int) -> set[str]:
    """Whom these lines and covers put on duty at an instant: who stands in, instead of who is away."""
    now = [cover for cover in covers if cover.start <= at < cover.end]
    there = {line.person for line in lines if line.start <= at < line.end}
    return there - {cover.away for cover in now} | {cover.cover for cover in now}


def with_role(session: Session, role: str) -> list[str]:
    """All active staff with a role, sorted."""
    return sorted(
        view.id
        for view in World(session).all("staff")
        if view.state not in view.form.final and role in cast("tuple[str, ...]", view.get("roles") or ())
    )


# --------------------------------------------------------------------------- what was planned, what was


def planned(
    session: Session, start: int, end: int, *, desk: str = SERVICE_CENTRE, every_post: bool = False
) -> tuple[list[Line], list[Cover], list[str]]:
    """The lines and covers of published rosters that touch [start, end), and the rosters' ids."""
    from logbook.operations.listing import load_rows

    if ROSTER not in session.library.forms or end <= start:
        return [], [], []
    days = days_in(session.zone)
    first = date.fromordinal(days.of(start) - 1)  # the night before reaches into this day
    last = date.fromordinal(days.of(end - 1))
    rows = session.index.select(
        ["status:published,closed", "kind:shift", f"from_date<={last}", f"to_date>={first}"],
        now=session.now,
        form=ROSTER,
    )
    found = posts_in(session).desks.get(desk)
    words = found.words if found is not None else frozenset()
    lines: list[Line] = []
    covers: list[Cover] = []
    rosters: list[str] = []
    for loaded in load_rows(session, rows):
        fields = loaded.state.fields
        if not every_post and fields.get("post") not in words:
            continue
        rosters.append(loaded.record.id)
        for row in _rows(fields.get("lines")):
            span = _span(row, "start", "end")
            if span is not None and row.get("person") and span[0] < end and span[1] > start:
                lines.append(Line(loaded.record.id, str(row.get("shift") or ""), str(row["person"]), *span))
        covers += _covers(loaded.record.id, fields.get("covers"), "cover", start, end)
    lines.sort(key=lambda one: (one.start, one.end, one.person))
    return lines, covers, rosters


def attended(session: Session, start: int, end: int) -> tuple[list[Attendance], list[Cover]]:
    """Who had signed on during [start, end), and the guards who stood in by the night's log."""
    from logbook.operations.listing import load_rows

    came: list[Attendance] = []
    covers: list[Cover] = []
    since = from_epoch(start, session.zone) - 2 * _DAY
    for form in LOGS:
        if form not in session.library.forms:
            continue
        rows = session.index.select(
            "", now=session.now, form=form, since=since, until=from_epoch(end, session.zone)
        )
        for loaded in load_rows(session, [row for row in rows if not row.voided]):
            one = _attendance(loaded.state)
            if one.end is None or one.end > start:
                came.append(one)
            covers += _covers(one.log, loaded.state.fields.get("covers"), "guard", start, end, away=one.person)
    came.sort(key=lambda one: (one.start, one.log))
    return came, covers


def manning(session: Session, start: int, end: int, *, desk: str = SERVICE_CENTRE) -> Manning:
    """Who holds the desk in [start, end), and every minute nobody does: by plan, and so far in fact."""
    lines, covers, rosters = planned(session, start, end, desk=desk)
    came, stood_in = attended(session, start, end)
    now = int(session.now.timestamp())
    covers += [one for one in stood_in if not any(_same_cover(one, other) for other in covers)]
    stood = [(one.start, one.end) for one in covers]
    planned_gaps = uncovered([*((one.start, one.end) for one in lines), *stood], start, end)
    until = min(end, now)
    was = [(one.start, one.end if one.end is not None else max(now, one.start)) for one in came] + stood
    actual = uncovered(was, start, until) if until > start else []
    return Manning(
        start, end, tuple(lines), tuple(covers), tuple(came), tuple(planned_gaps), tuple(actual), tuple(rosters)
    )


def book_of(session: Session, shift: Shift, *, desk: str | None = SERVICE_CENTRE) -> Book:
    """The book of one shift: its people, every record with its moment in it, how it was handed over."""
    from logbook.operations.sealing import addenda_in

    posts = posts_in(session)
    post = posts[shift.post]
    whole = manning(session, shift.start, shift.end, desk=desk or SERVICE_CENTRE)
    start, end = from_epoch(shift.start, session.zone), from_epoch(shift.end, session.zone)
    registers = sorted(session.library.register_names)
    query = [f"-form:{','.join(registers)}"] if registers else []
    rows = session.index.select(query, now=session.now, since=start, until=end)
    late = addenda_in(session, rows)
    own = [one for one in whole.attended if _kept(one, shift, post)]
    handover = _handover_of(session, own)
    # The handover into this shift that nobody has taken over: who was to leave is still the one on duty.
    incoming = _incoming(session, start) if start <= session.now < end else None
    responsible = None
    if incoming is not None:
        responsible = incoming.by
    elif handover is not None and handover.status in ("prepared", "refused") and session.now >= end:
        responsible = handover.by
    elif handover is None and session.now >= end:
        responsible = next((one.person for one in own if one.end is None), None)
    return Book(
        shift,
        post,
        tuple(line for line in whole.lines if line.start < shift.end and line.end > shift.start),
        tuple(own),
        whole.covers,
        tuple(Entry(row, late.get(row.id)) for row in rows),
        handover,
        incoming,
        responsible,
        whole.planned_gaps,
    )


def shift_on(session: Session, day: date | None, word: str | None, *, moment: datetime | None = None) -> list[Shift]:
    """The shifts asked for: of a day, of a post; with neither the one that is running at ``moment``."""
    posts = posts_in(session)
    desk, post = desk_of(posts, word)
    zone = session.zone
    if day is not None:
        ordinal = day.toordinal()
        if post is not None:
            return shifts_of(posts, post, ordinal, zone=zone)
        return shifts_on(posts, ordinal, zone=zone, desk=desk or SERVICE_CENTRE)
    at = moment or session.now
    if post is not None:
        today = days_in(zone).of(int(at.timestamp()))
        ours = [one for on in (today, today - 1) for one in shifts_of(posts, post, on, zone=zone)]
        running = [one for one in ours if one.start <= at.timestamp() < one.end]
        past = [one for one in ours if one.end <= at.timestamp()]
        return running[:1] or past[:1] or ours[:1]
    found = shift_at(posts, at, zone=zone, desk=desk or SERVICE_CENTRE)
    return [found] if found is not None else []


# --------------------------------------------------------------------------- signing on and off


@frozen
class SignedOn:
    """A log that was opened, for which shift, and how its keeper came."""

    written: Written
    shift: Shift
    arrival: Arrival


def sign_on(
    session: Session, *, post: str | None = None, at: str | None = None, by: str | None = None,
    words: Iterable[str] = (), reason: str | None = None,
) -> SignedOn:  # fmt: skip
    """Open the log of the shift that runs or is next for this person; the lead time is judged and kept
    in it. Refused where he is on duty already, or where no shift is planned."""
    from logbook.operations import add as adding
    from logbook.operations.writing import moment

    operator = session.operator(by)
    happened = moment(session, at) or session.now
    open_log = open_log_of(session, operator)
    if open_log is not None:
        raise Refused([Issue("shift.open-already", {"person": operator, "id": open_log.id}, field="by")])
    posts = posts_in(session)
    shift = _shift_for(session, posts, operator, happened, post)
    if shift is None:
        raise Refused([Issue("shift.no-shift", {"at": happened.astimezone(session.zone)}, field="at")])
    held = posts[shift.post]
    arrival = judge_arrival(shift.start, int(happened.timestamp()), held.lead)
    given: dict[str, Stored] = {
        "date": date.fromordinal(shift.day).isoformat(),
        "shift_start": _text(session, shift.start),
        "arrival": arrival.state,
        "late_by": str(arrival.minutes),
    }
    form = session.form(held.log or LOGS[0])
    if "shift" in form.fields and held.shift in form.fields["shift"].choices:
        given["shift"] = held.shift
    given = {name: value for name, value in given.items() if name in form.fields}
    request = adding.prepare(session, form.name, words, given=given, at=at, by=by, reason=reason)
    return SignedOn(adding.add(session, request), shift, arrival)


def sign_off(
    session: Session, *, at: str | None = None, by: str | None = None, words: Iterable[str] = (),
    reason: str | None = None,
) -> Written:  # fmt: skip
    """Close this person's open log. Nobody leaves before his handover is signed (002 交接班制度 5): without an
    accepted one a reason is asked for."""
    from logbook.operations.step import step

    operator = session.operator(by)
    row = open_log_of(session, operator)
    if row is None:
        raise Refused([Issue("shift.not-open", {"person": operator}, field="by")])
    if not reason and not _relieved(session, row):
        raise Refused([Issue("shift.not-relieved", {"id": row.id}, field="reason")])
    given: dict[str, Stored] = {}
    from logbook.operations.reading import load

    if not load(session, row).state.fields.get("entries"):
        given["nothing"] = "true"
    return step(session, f"{row.form}/{row.id}", "close", words, given=given, at=at, by=by, reason=reason)


def open_log_of(session: Session, person: str) -> Row | None:
    """The latest open log this person keeps."""
    rows = [
        row
        for form in LOGS
        if form in session.library.forms
        for row in session.index.all_equal(form, {"status": "open", "by": person})
    ]
    return max(rows, key=lambda row: row.at_epoch, default=None)


def _relieved(session: Session, log: Row) -> bool:
    if "handover" not in session.library.forms:
        return True
    return any(
        row.status in ("accepted", "checked")
        for row in session.index.all_equal("handover", {"log": log.id})
    )


def _shift_for(
    session: Session, posts: Posts, person: str, happened: datetime, word: str | None
) -> Shift | None:
    """The shift somebody signs on for: one he stands on the roster for, else one of his role; of several
    the one whose start is nearest."""
    instant = int(happened.timestamp())
    day = days_in(session.zone).of(instant)
    desk, post = desk_of(posts, word)
    held = [post] if post is not None else posts.of_desk(desk or SERVICE_CENTRE)
    latest = instant + int(SOONEST.total_seconds())
    open_to = [
        shift
        for on in (day - 1, day, day + 1)
        for one in held
        for shift in shifts_of(posts, one, on, zone=session.zone)
        if shift.end > instant and shift.start <= latest
    ]
    lines, covers, _ = planned(session, instant, latest)
    mine = [(line.start, line.end) for line in lines if line.person == person]
    mine += [(cover.start, cover.end) for cover in covers if cover.cover == person]
    rostered = [one for one in open_to if any(low < one.end and high > one.start for low, high in mine)]
    if not rostered:
        roles = World(session).roles(person)
        ours = [one for one in open_to if posts[one.post].role in roles]
        rostered = ours or (open_to if word is not None or session.is_administrator(person) else [])
    return min(rostered, key=lambda one: (abs(one.start - instant), one.start), default=None)


# --------------------------------------------------------------------------- making and checking a roster


def make_roster(
    session: Session, first: date, last: date, words: Sequence[str], *, by: str | None = None,
    publish: bool = False, desk: str = SERVICE_CENTRE, at: str | None = None,
) -> Written:  # fmt: skip
    """A roster from the shifts of a desk: ``day=lina noon=zhou night=sun,ma`` gives each shift to these people
    day by day in turn. Refused with every mistake at once; every check of the form holds."""
    from logbook.core.formwords import find_choice
    from logbook.operations import add as adding
    from logbook.operations.step import draft_of
    from logbook.operations.writing import writing
    from logbook.store import codec
    from logbook.store.records import plain_from

    form = session.form(ROSTER)
    posts = posts_in(session)
    shift_field = form.fields["lines"].columns["shift"]
    of_shift: dict[str, list[Post]] = {}
    for post in posts.of_desk(desk):
        of_shift.setdefault(post.shift or post.id, []).append(post)
    issues: list[Issue] = []
    turns: dict[str, list[str]] = {}
    for word in words:
        name, sign, people = word.partition("=")
        choice = find_choice(shift_field, name.strip())
        persons = [one.strip() for one in people.replace("，", ",").split(",") if one.strip()]
        if not sign or isinstance(choice, Issue) or choice not in of_shift or not persons:
            issues.append(Issue("shift.bad-line", {"found": word, "allowed": list(of_shift)}, field=name))
            continue
        turns[choice] = persons
    if last < first:
        issues.append(Issue("shift.bad-order", {}, field="to"))
    if not turns and not issues:
        issues.append(Issue("shift.no-lines", {}, field="lines"))
    if issues:
        raise Refused(issues)
    lines: list[Stored] = []
    for number, ordinal in enumerate(range(first.toordinal(), last.toordinal() + 1)):
        for shift in shifts_on(posts, ordinal, zone=session.zone, desk=desk):
            post = posts[shift.post]
            people_of = turns.get(post.shift or post.id)
            if people_of:
                lines.append(
                    {
                        "date": date.fromordinal(ordinal).isoformat(),
                        "shift": post.shift or "other",
                        "start": _text(session, shift.start),
                        "end": _text(session, shift.end),
                        "person": people_of[number % len(people_of)],
                        "role": post.role or "",
                    }
                )
    given: dict[str, Stored] = {
        "from_date": first.isoformat(),
        "to_date": last.isoformat(),
        "season": "summer" if posts.season(first.toordinal()) == "summer" else "normal",
        "lines": lines,
    }
    request = adding.prepare(session, ROSTER, (), given=given, by=by, at=at)
    with writing(session) as write:
        draft, record = adding.draft_of(session, write, request)
        drafts = [draft]
        if publish:  # both or neither: a roster that cannot be published leaves no draft behind
            data = codec.write(plain_from(record, form))
            drawn = Loaded(cast("Row", None), record, form, state_of(form, record), data)
            drafts = [replace(draft, data=data), draft_of(session, write, drawn, "publish", (), by=by, at=at)]
        return write.publish(drafts)[-1]


def check_roster(session: Session, first: date, last: date, *, desk: str = SERVICE_CENTRE) -> list[Issue]:
    """What is wrong with the published rosters from ``first`` to ``last``: minutes without anybody, lines
    against the hours of their season, more people than the post has, a line in somebody's leave."""
    posts = posts_in(session)
    days, zone = days_in(session.zone), session.zone
    start, end = days.begin(first.toordinal()), days.begin(last.toordinal() + 1)
    whole = manning(session, start, end, desk=desk)
    issues: list[Issue] = []
    for low, high in whole.planned_gaps:
        issues.append(
            Issue("shift.uncovered", {"from": from_epoch(low, zone), "to": from_epoch(high, zone)}, field="lines")
        )
    by_shift = {post.shift or post.id: post for post in posts.of_desk(desk)}
    held: dict[tuple[str, int, int], list[Line]] = {}
    for line in whole.lines:
        held.setdefault((line.shift, line.start, line.end), []).append(line)
        post = by_shift.get(line.shift)
        if post is None:
            continue
        day = days.of(line.start)
        hours = shifts_of(posts, post, day, zone=zone)
        if not any(one.start <= line.start and line.end <= one.end for one in hours):
            season = posts.season(day) or "normal"
            issues.append(
                Issue(
                    "shift.off-season",
                    {"shift": post.label, "from": from_epoch(line.start, zone), "to": from_epoch(line.end, zone),
                     "season": season},
                    severity="warning", id=line.roster, field="lines",
                )
            )  # fmt: skip
    for (name, low, _), lines in held.items():
        post = by_shift.get(name)
        if post is not None and post.headcount is not None and len(lines) > post.headcount:
            issues.append(
                Issue(
                    "shift.headcount",
                    {"post": post.label, "at": from_epoch(low, zone), "n": len(lines), "most": post.headcount},
                    severity="warning", id=lines[0].roster, field="lines",
                )
            )  # fmt: skip
    issues += _on_leave(session, whole)
    return issues


def _on_leave(session: Session, whole: Manning) -> list[Issue]:
    if "leave" not in session.library.forms:
        return []
    issues = []
    away = [view for view in World(session).all("leave") if view.state == "approved"]
    for view in away:
        start, end = view.get("from_at"), view.get("to_at")
        if not isinstance(start, datetime) or not isinstance(end, datetime):
            continue
        person = view.get("person")
        for line in whole.lines:
            low, high = max(line.start, int(start.timestamp())), min(line.end, int(end.timestamp()))
            if line.person != person or low >= high:
                continue
            stand_ins = [(one.start, one.end) for one in whole.covers if one.away == person]
            if uncovered(stand_ins, low, high):
                at = from_epoch(low, session.zone)
                issues.append(
                    Issue("shift.on-leave", {"person": line.person, "at": at, "leave": view.id}, id=line.roster)
                )
    return issues


# --------------------------------------------------------------------------- small parts


def _rows(value: Stored) -> list[Mapping[str, Stored]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _span(row: Mapping[str, Stored], first: str, last: str) -> Interval | None:
    start, end = row.get(first), row.get(last)
    if not isinstance(start, str) or not isinstance(end, str) or not start or not end:
        return None
    try:
        return int(datetime.fromisoformat(start).timestamp()), int(datetime.fromisoformat(end).timestamp())
    except ValueError:
        return None


def _covers(
    record: str, value: Stored, who: str, start: int, end: int, *, away: str = ""
) -> list[Cover]:
    found = []
    for row in _rows(value):
        span = _span(row, "from_at", "to_at")
        if span is not None and row.get(who) and span[0] < end and span[1] > start:
            found.append(
                Cover(record, str(row[who]), str(row.get("away") or away), *span, str(row.get("reason") or ""))
            )
    return found


def _same_cover(one: Cover, other: Cover) -> bool:
    return one.cover == other.cover and other.start <= one.start and one.end <= other.end


def _attendance(state: State) -> Attendance:
    end = state.last("close")
    late = state.fields.get("late_by")
    arrival = state.fields.get("arrival")
    return Attendance(
        state.record.id,
        state.form.name,
        state.by,
        int(datetime.fromisoformat(state.at).timestamp()),
        int(datetime.fromisoformat(end.at).timestamp()) if end is not None else None,
        str(state.fields.get("shift") or ("night" if state.form.name == "night_log" else "day")),
        arrival if isinstance(arrival, str) else None,
        int(late) if isinstance(late, str) and late.isdigit() else 0,
    )


def _kept(one: Attendance, shift: Shift, post: Post) -> bool:
    """Whether this log is one of the shift: a day's log goes through both of its halves; one that somebody
    forgot to close yesterday is not today's."""
    if one.form != post.log or (one.form != "night_log" and one.shift != post.shift):
        return False
    return shift.start - _HALF_DAY <= one.start < shift.end and (one.end is None or one.end > shift.start)


def _handover_of(session: Session, logs: Sequence[Attendance]) -> Row | None:
    """The handover that ends a shift: the latest that names one of its logs."""
    if "handover" not in session.library.forms:
        return None
    rows = [
        then
        for one in logs
        for row in session.index.all_equal("handover", {"log": one.log})
        if not row.voided and (then := session.index.as_of(row, session.now)) is not None
    ]
    return max(rows, key=lambda row: row.at_epoch, default=None)


def _incoming(session: Session, start: datetime) -> Row | None:
    if "handover" not in session.library.forms:
        return None
    rows = session.index.select(["status:prepared,refused"], now=session.now, form="handover")
    starts = session.index.fields(rows, ["shift_start"])
    found = [
        row
        for row, one in zip(rows, starts, strict=True)
        if isinstance(one.get("shift_start"), str) and datetime.fromisoformat(one["shift_start"]) <= start
    ]
    return found[-1] if found else None


def _text(session: Session, instant: int) -> str:
    return to_text(from_epoch(instant, session.zone))


def is_late(one: Attendance) -> bool:
    """Whether he came later than his post asks."""
    return one.arrival not in (None, ON_TIME)
