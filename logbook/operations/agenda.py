"""What a desk owes on a day: duties, clocks, and what the last shift left; and the book of one duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.duties import Duty
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.moments import FIRST_YEAR
from logbook.core.moments import LAST_YEAR
from logbook.core.moments import from_epoch
from logbook.core.moments import parse_day
from logbook.core.moments import parse_range
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.operations.duties import Ledger
from logbook.operations.overdue import Late
from logbook.operations.overdue import known_roles
from logbook.operations.overdue import late_clocks
from logbook.operations.overdue import overdue
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.core.occurrences import Standing
    from logbook.operations.duties import Pair

# What falls due this long after midnight still belongs to the night the day ends with.
_NIGHT = 12 * 3600


@frozen
class Item:
    """One time a duty is expected of one subject, and how it stands. ``by``: who did it."""

    duty: str
    label: Text
    form: str
    role: str | None
    subject: str | None
    title: str
    nominal: str
    slot: str | None
    opens: datetime
    due: datetime
    state: str
    record: str | None = None
    at: datetime | None = None
    by: str | None = None


@frozen
class Carried:
    """A matter the last handover passed on."""

    text: str
    record: str | None
    why: str | None


@frozen
class Agenda:
    """A day: what is late before it (only on the present day), duties by time, clocks, carried matters."""

    day: date
    late: tuple[Late, ...]
    items: tuple[Item, ...]
    clocks: tuple[Late, ...]
    carried: tuple[Carried, ...]
    handover: str | None


def agenda(session: Session, day: str | None = None, *, role: str | None = None) -> Agenda:
    """What is owed on ``day`` (as people write days; default: today), all of it or what one role owes.
    Refused when it is no day."""
    today = session.now.astimezone(session.zone).date()
    wanted = parse_day(day, now=session.now, zone=session.zone) if day is not None else today
    if wanted is None:
        raise Refused([Issue("agenda.bad-day", {"found": day}, field="day")])
    if not FIRST_YEAR <= wanted.year <= LAST_YEAR:
        raise Refused([Issue("agenda.far-day", {"found": day, "first": FIRST_YEAR, "last": LAST_YEAR}, field="day")])
    role = known_role(session, role) if role is not None else None
    ledger = Ledger(session)
    begin, end = ledger.days.begin(wanted.toordinal()), ledger.days.begin(wanted.toordinal() + 1)
    items = []
    for duty in ledger.expecting:
        if not duty.listed or (role is not None and duty.role != role):
            continue
        pairs = ledger.pairs(duty, ended=True, all_=True)
        for pair, standing in ledger.standings(duty, pairs, begin, end + _NIGHT):
            if standing.occurrence.due <= end or standing.occurrence.nominal == wanted.toordinal():
                items.append(_item(session, duty, pair, standing))
    items.sort(key=lambda item: (item.due, item.duty, item.subject or "", item.slot or ""))
    late: list[Late] = []
    if wanted == today:
        late = [one for one in overdue(session, ()) if one.due.timestamp() <= begin]
    clocks = []
    if wanted >= today:
        until = from_epoch(end, session.zone)
        found = late_clocks(session, soon=max(until - session.now, session.now - session.now))
        clocks = [one for one in found if begin < one.due.timestamp() <= end]
    if role is not None:
        late = [one for one in late if one.to == role]
        clocks = [one for one in clocks if one.to == role]
    handover, carried = _carried(session) if wanted == today else (None, ())
    return Agenda(wanted, tuple(late), tuple(items), tuple(clocks), carried, handover)


def known_role(session: Session, word: str) -> str:
    """The role of that id or label; Refused with the nearest when there is none."""
    from logbook.core.suggest import hint
    from logbook.core.values import find_label

    known = known_roles(session)
    found = word if word in known else find_label(session.library.roles, word)
    if found is None:
        near = hint(word, [*known, *known.values()])
        raise Refused([Issue("agenda.no-role", {"found": word, "hint": near}, field="role")])
    return found


def _item(session: Session, duty: Duty, pair: Pair, standing: Standing) -> Item:
    zone, one, mark = session.zone, standing.occurrence, standing.mark
    by = None
    if mark is not None:
        rows = session.index.find(duty.form, mark.record)
        by = rows[0].by if rows else None
    return Item(
        duty.id, duty.label, duty.form, duty.role, pair.subject or None, pair.title,
        date.fromordinal(one.nominal).isoformat(), one.slot or None, from_epoch(one.opens, zone),
        from_epoch(one.due, zone), standing.state, mark.record if mark is not None else None,
        from_epoch(mark.at, zone) if mark is not None else None, by,
    )  # fmt: skip


def _carried(session: Session) -> tuple[str | None, tuple[Carried, ...]]:
    """The open matters of the latest handover that are still open."""
    from logbook.operations.reading import load

    if "handover" not in session.library.forms:
        return None, ()
    rows = session.index.select("", now=session.now, form="handover", sort="-at", limit=1)
    if not rows or rows[0].voided:
        return None, ()
    loaded = load(session, rows[0], until=session.now)
    matters = loaded.state.fields.get("open_items")
    carried = []
    for matter in matters if isinstance(matters, list) else ():
        if not isinstance(matter, dict):
            continue
        record = str(matter.get("record") or "") or None
        if record is not None:
            about = session.index.find(None, record.rpartition("/")[2], now=session.now)
            if about and about[0].final:
                continue
        text = str(matter.get("text") or (about[0].title if record is not None and about else "") or "")
        carried.append(Carried(text, record, str(matter.get("why") or "") or None))
    return loaded.record.id, tuple(carried)


# --- the book of duties -------------------------------------------------------------------------------


@frozen
class DutyBook:
    """A duty with how it stands: since when it is expected, when it was last done, of how many subjects,
    for how many of them it is behind, and the longest run of misses."""

    duty: Duty
    since: datetime | None
    subjects: int
    behind: int
    missed: int
    last_done: datetime | None
    last_record: str | None


def duties(session: Session) -> list[DutyBook]:
    """Every duty of the packs that are switched on that has a cadence, in the order of the files."""
    ledger = Ledger(session)
    return [_book(session, ledger, duty) for duty in ledger.expecting]


def _book(session: Session, ledger: Ledger, duty: Duty) -> DutyBook:
    begin = ledger.begin(duty)
    pairs = ledger.pairs(duty)
    rows = list(ledger.missing_of(duty, pairs))
    last = ledger.facts.last_of(duty.id)
    return DutyBook(
        duty,
        from_epoch(begin, session.zone) if begin is not None else None,
        len(pairs),
        len(rows),
        max((row.missed for row in rows), default=0),
        from_epoch(last[0], session.zone) if last is not None else None,
        last[1] if last is not None else None,
    )


def find_duty(session: Session, word: str) -> tuple[Ledger, Duty]:
    """The duty of that id or name; Refused with the nearest when there is none."""
    from logbook.core.suggest import hint

    ledger = Ledger(session)
    duty = ledger.duties.get(word)
    if duty is None:
        named = [one for one in ledger.duties.values() if word in (one.label.zh, one.label.en)]
        duty = named[0] if len(named) == 1 else None
    if duty is None:
        raise Refused([Issue("agenda.no-duty", {"found": word, "hint": hint(word, list(ledger.duties))}, field="duty")])
    return ledger, duty


def history(session: Session, word: str, month: str | None = None) -> tuple[DutyBook, list[Item]]:
    """One duty, and every time it was expected in a month (default: this one), with who did it.
    Refused when there is no such duty or month."""
    ledger, duty = find_duty(session, word)
    this_month = session.now.astimezone(session.zone).strftime("%Y-%m")
    span = parse_range(month or this_month, now=session.now, zone=session.zone)
    if span is None:
        raise Refused([Issue("agenda.bad-month", {"found": month}, field="month")])
    if not FIRST_YEAR <= span[0].year <= LAST_YEAR:
        args = {"found": month, "first": FIRST_YEAR, "last": LAST_YEAR}
        raise Refused([Issue("agenda.far-day", args, field="month")])
    if duty.cadence is None:
        return DutyBook(duty, None, 0, 0, 0, None, None), []
    begin, end = int(span[0].timestamp()), int(span[1].timestamp())
    pairs = ledger.pairs(duty, ended=True, all_=True)
    items = [_item(session, duty, pair, one) for pair, one in ledger.standings(duty, pairs, begin, end)]
    items.sort(key=lambda item: (item.due, item.subject or "", item.slot or ""))
    return _book(session, ledger, duty), items


def waiting(session: Session) -> list[Duty]:
    """The duties of the packs that are switched on for which the site has to say how often."""
    return [duty for duty in Ledger(session).duties.values() if duty.cadence is None]


def waiting_issues(session: Session) -> list[Issue]:
    """A warning a pack that has such duties."""
    if not session.library.shared.get("duties"):
        return []
    counts: dict[str, int] = {}
    for duty in waiting(session):
        counts[duty.pack] = counts.get(duty.pack, 0) + 1
    return [
        Issue("agenda.vague", {"pack": pack, "count": count}, severity="warning", path="logbook.yaml")
        for pack, count in counts.items()
    ]


def setting_lines(found: Sequence[Duty], lang: str) -> list[str]:
    """What to write into logbook.yaml so that these duties are expected; once a month stands for what the
    site decides."""
    lines = ["settings:", "  duties:"]
    for duty in found:
        word = f"  # {duty.label.say(lang)}" + (f" ({duty.vague})" if duty.vague else "")
        lines.append(f"    {duty.id}: {{monthly: {{day: last}}}}{word}")
    return lines


def form_title(session: Session, name: str, lang: str) -> str:
    """The title of a form, its name where the book does not have it."""
    form: Form | None = session.library.forms.get(name)
    return form.title.say(lang) if form is not None else name
