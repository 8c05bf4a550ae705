"""Commands about what is owed: agenda, duties."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.context import TABLES
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import output_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.people import role_label
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.agenda import Agenda
    from logbook.operations.agenda import DutyBook
    from logbook.operations.agenda import Item

_FORMATS = tuple(name for name in TABLES if name != "ids")
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_FEW = 6  # so many subjects of a duty at one time have each their line on the day sheet
_STATES = {
    "done": "agenda.done", "late": "agenda.done-late", "missed": "agenda.missed-one", "due": "agenda.due",
    "upcoming": "agenda.upcoming", "waived": "agenda.waived",
}  # fmt: skip


@click.command(
    "agenda",
    cls=Command,
    epilog="logbook agenda\nlogbook agenda tomorrow\nlogbook agenda --role cs_officer --format json\n"
    "logbook agenda --format ics --days 14 --alarm 30m -o due.ics",
)
@click.argument("day", required=False, metavar="[DAY]")
@click.option("--role", metavar="ROLE", cls=Option, text=Text("只看一个岗位的", "only what this role owes"))
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=14,
    show_default=True,
    cls=Option,
    text=Text("日历订阅（ics）包括几天", "how many days a calendar feed (ics) reaches"),
)
@click.option("--alarm", metavar="30m", cls=Option, text=Text("订阅里提前多久提醒", "a reminder so long before each"))
@output_option
@rev_option
@format_option((*_FORMATS, "ics"), "table")
@passes_context
def agenda_command(
    context: Context,
    day: str | None,
    role: str | None,
    days: int,
    alarm: str | None,
    target: str | None,
    format_: str,
) -> int:
    from logbook.operations.agenda import agenda

    if format_ == "ics" or (target or "").endswith(".ics"):
        return _feed(context, day, role, days, alarm, target)
    if target is not None:
        raise UsageError("agenda.only-ics", found="-o")
    with noticing(context, rules=True):
        found = agenda(context.session, day, role=role)
        if format_ == "json":
            output.data(_agenda_json(context, found))
        elif format_ in output.OBJECTS:
            output.objects(format_, _flat(context, found))
        else:
            _print_agenda(context, found, format_)
    return 0


def _feed(
    context: Context, day: str | None, role: str | None, days: int, alarm: str | None, target: str | None
) -> int:
    """What is due in the next days as a calendar that other programs subscribe to."""
    from importlib.util import find_spec

    if find_spec("icalendar") is None:
        raise UsageError("book.missing-extra", extra="ics")
    if day is not None:
        raise UsageError("agenda.only-now", found=day)
    from logbook.cli.listing import soon_span
    from logbook.operations.feeding import due_moments
    from logbook.operations.secrecy import book_id
    from logbook.render.feed import calendar

    session = context.session
    with noticing(context, rules=True):
        found = due_moments(session, days=days, role=role)
        data = calendar(
            found,
            title=context.catalogue.say("feed.title", book=session.book.settings.name),
            book=book_id(session),
            zone=str(session.zone),
            lang=context.lang,
            roles={one: role_label(context, one) for one in {due.role for due in found if due.role}},
            alarm=soon_span(alarm),
        )
        output.write_to(target, data.decode("utf-8"), newline="")
    output.tell_written(context, target)
    return 0


def _agenda_json(context: Context, found: Agenda) -> dict[str, Any]:
    from logbook.render.porcelain import overdue_json

    now = context.session.now
    return {
        "day": found.day.isoformat(),
        "late": [overdue_json(one, now=now) for one in found.late],
        "duties": [_item_json(context, one) for one in found.items],
        "clocks": [overdue_json(one, now=now) for one in found.clocks],
        "carried": [{"text": one.text, "record": one.record, "why": one.why} for one in found.carried],
        "handover": found.handover,
    }


def _flat(context: Context, found: Agenda) -> Iterator[dict[str, Any]]:
    whole = _agenda_json(context, found)
    for part in ("late", "duties", "clocks", "carried"):
        for one in whole[part]:
            yield {"part": part, **one}


def _item_json(context: Context, one: Item) -> dict[str, Any]:
    from logbook.render.porcelain import moment_json

    return {
        "duty": one.duty, "form": one.form, "title": one.label.say(context.lang), "subject": one.subject,
        "nominal": one.nominal, "slot": one.slot, "opens": moment_json(one.opens), "due": moment_json(one.due),
        "state": one.state, "to": one.role, "record": one.record, "at": moment_json(one.at), "by": one.by,
    }  # fmt: skip


def _print_agenda(context: Context, found: Agenda, format_: str) -> None:
    from logbook.cli.people import names
    from logbook.render.tables import Column

    say = context.catalogue.say
    heads = [
        Column("time", Text("时间", "Time"), whole=True),
        Column("what", Text("事项", "What")),
        Column("subject", Text("编号或对象", "Id or subject")),
        Column("state", Text("情况", "Standing")),
        Column("who", Text("谁", "Who")),
    ]
    cells = list(_sheet(context, found, names(context)))
    weekday = _WEEKDAYS[found.day.weekday()] if context.lang == "zh" else found.day.strftime("%a")
    title = say("agenda.title", day=found.day.isoformat(), weekday=weekday)
    if format_ == "table" and cells:
        output.note(context, title)
    output.rows(context, format_, heads, cells, title=title, empty=say("agenda.nothing"))
    if found.items:
        done = sum(one.state in ("done", "late") for one in found.items)
        missed = sum(one.state == "missed" for one in found.items)
        waived = sum(one.state == "waived" for one in found.items)
        counts = {"all": len(found.items), "done": done, "missed": missed}
        output.note(context, say("agenda.sum", open=len(found.items) - done - missed - waived, **counts))


def _sheet(context: Context, found: Agenda, name: Any) -> Iterator[list[str]]:
    """The lines of the day sheet: what is late, then the day by time, then what was carried over."""
    from logbook.cli.people import short_due
    from logbook.render.duties import behind

    say, lang = context.catalogue.say, context.lang
    colon = "：" if lang == "zh" else ": "
    for one in found.late:
        told = one.title
        if one.kind == "duty":
            told = behind(context.catalogue, one.missed or 0, one.last_done, now=context.session.now)
        due = short_due(context, int(one.due.timestamp()))
        what = f"{say('agenda.late')}{colon}{one.label.say(lang)}"
        yield [due, what, one.id or one.subject or "", told, role_label(context, one.to)]
    timed: list[tuple[datetime, list[str]]] = []
    for (due, _duty), group in groupby(found.items, key=lambda item: (item.due, item.duty)):
        items = list(group)
        for line in _duty_lines(context, items, name):
            timed.append((due, [_time(context, found, due), items[0].label.say(lang), *line]))
    for clock in found.clocks:
        label, time = clock.label.say(lang), _time(context, found, clock.due)
        what = f"{label}（{say('agenda.clock')}）" if lang == "zh" else f"{label} ({say('agenda.clock')})"
        timed.append((clock.due, [time, what, clock.id or "", clock.title, role_label(context, clock.to)]))
    timed.sort(key=lambda pair: pair[0])
    yield from (line for _, line in timed)
    for matter in found.carried:
        what = f"{say('agenda.carried')}{colon}{matter.text}"
        yield ["", what, matter.record or "", matter.why or "", say("agenda.carried-from", id=found.handover or "")]


def _duty_lines(context: Context, items: list[Item], name: Any) -> Iterator[list[str]]:
    """One duty at one time: a line a subject while they are few, else one that counts them."""
    from logbook.cli.people import slot_label

    say = context.catalogue.say
    by_subject = {key: list(group) for key, group in groupby(items, key=lambda item: item.subject)}
    if len(by_subject) > _FEW:
        open_ = [subject or "" for subject, own in by_subject.items() if not all(map(_is_settled, own))]
        count = say("agenda.of", done=len(by_subject) - len(open_), all=len(by_subject))
        left = context.catalogue.join(open_[:_FEW]) + (" …" if len(open_) > _FEW else "")
        yield [left, count, role_label(context, items[0].role)]
        return
    for subject, own in by_subject.items():
        done = [one for one in own if _is_settled(one)]
        if len(own) > 1:
            last = own[min(len(done), len(own) - 1)]
            state = f"{say('agenda.of', done=len(done), all=len(own))} {say(_STATES[last.state])}"
        else:
            last = own[0]
            slot = f"{slot_label(context, last.slot)} " if last.slot else ""
            state = f"{slot}{say(_STATES[last.state])}" + (f" {last.at:%H:%M}" if last.at is not None else "")
        people = dict.fromkeys(name(one.by) for one in own if one.by)
        yield [subject or "", state, context.catalogue.join(people) or role_label(context, own[0].role)]


def _is_settled(one: Item) -> bool:
    return one.state in ("done", "late", "waived")


def _time(context: Context, found: Agenda, due: datetime) -> str:
    """A time of the day of the sheet; its end is 24:00, a later one has its day."""
    from logbook.cli.people import short_due

    told = short_due(context, int(due.timestamp()))
    return told.removeprefix(f"{found.day:%m-%d} ")


@click.command(
    "duties",
    cls=Command,
    epilog="logbook duties\nlogbook duties flat_four_checks --month 2026-11\nlogbook duties --waiting",
)
@click.argument("duty", required=False, metavar="[DUTY]")
@click.option("--month", metavar="MONTH", cls=Option, text=Text("看哪个月（默认本月）", "which month (default: now)"))
@click.option(
    "--waiting", is_flag=True, cls=Option,
    text=Text("等本项目定时间的职责，和要写进 logbook.yaml 的内容", "duties that wait for the site, and what to write"),
)  # fmt: skip
@rev_option
@format_option(_FORMATS, "table")
@passes_context
def duties_command(context: Context, duty: str | None, month: str | None, waiting: bool, format_: str) -> int:
    with noticing(context, rules=True):
        if waiting:
            _waiting(context, format_)
        elif duty is not None:
            _one_duty(context, duty, month, format_)
        else:
            _all_duties(context, format_)
    return 0


def _book_json(context: Context, one: DutyBook) -> dict[str, Any]:
    from logbook.core.duties import say
    from logbook.render.porcelain import moment_json

    duty = one.duty
    return {
        "duty": duty.id, "pack": duty.pack, "title": {"zh": duty.label.zh, "en": duty.label.en},
        "says": say(duty, context.lang, context.session.library), "form": duty.form, "each": duty.subject_form,
        "to": duty.role,
        "listed": duty.listed, "off_day": duty.off_day, "calendar": duty.calendar, "vague": duty.vague,
        "source": duty.source, "inferred": duty.inferred, "since": moment_json(one.since),
        "subjects": one.subjects, "behind": one.behind, "missed": one.missed,
        "last_done": moment_json(one.last_done), "last_record": one.last_record,
    }  # fmt: skip


def _all_duties(context: Context, format_: str) -> None:
    from logbook.core.duties import say_when
    from logbook.operations.agenda import duties
    from logbook.render.duties import day_text
    from logbook.render.tables import Column

    found = duties(context.session)
    if format_ in output.OBJECTS:
        output.objects(format_, (_book_json(context, one) for one in found))
        return
    say, now = context.catalogue.say, context.session.now
    heads = [
        Column("duty", Text("职责", "Duty"), whole=True),
        Column("title", Text("名称", "Name")),
        Column("says", Text("多久一次", "How often")),
        Column("to", Text("岗位", "Role")),
        Column("last_done", Text("上次", "Last"), whole=True),
        Column("standing", Text("情况", "Standing")),
    ]
    cells = (
        [
            one.duty.id,
            one.duty.label.say(context.lang),
            say_when(one.duty, context.lang, context.session.library),
            role_label(context, one.duty.role),
            day_text(one.last_done, now) if one.last_done is not None else "",
            _standing(context, one),
        ]
        for one in found
    )
    output.rows(context, format_, heads, cells, title=say("agenda.duty"), empty=say("agenda.no-duties"))


def _standing(context: Context, one: DutyBook) -> str:
    from logbook.render.duties import times

    say = context.catalogue.say
    if one.since is None:
        return say("agenda.not-in-force")
    if not one.behind:
        told = say("agenda.fine")
    elif one.subjects > 1:
        told = say("agenda.behind", subjects=one.behind)
    else:
        told = say("agenda.behind-one", count=times(one.missed))
    return told if one.duty.listed else f"{told} ({say('agenda.unlisted')})"


def _one_duty(context: Context, word: str, month: str | None, format_: str) -> None:
    from logbook.cli.people import names
    from logbook.cli.people import short_due
    from logbook.cli.people import slot_label
    from logbook.core.duties import say as sentence
    from logbook.operations.agenda import form_title
    from logbook.operations.agenda import history
    from logbook.render.tables import Column

    book, items = history(context.session, word, month)
    if format_ == "json":
        output.data({**_book_json(context, book), "occurrences": [_item_json(context, one) for one in items]})
        return
    if format_ in output.OBJECTS:
        output.objects(format_, (_item_json(context, one) for one in items))
        return
    say, name, lang, duty = context.catalogue.say, names(context), context.lang, book.duty
    if format_ == "table":
        output.result(f"{duty.label.say(lang)}  ({duty.id})")
        form = form_title(context.session, duty.form, lang)
        lines = [sentence(duty, lang, context.session.library), say("agenda.form", form=form)]
        if duty.role:
            lines.append(f"{say('agenda.role')}{'：' if lang == 'zh' else ': '}{role_label(context, duty.role)}")
        if duty.cadence is None:
            lines.append(say("agenda.waits"))
        if duty.vague:
            lines.append(say("agenda.vague-word", word=duty.vague))
        if duty.source:
            inferred = say("agenda.inferred") if duty.inferred else ""
            lines.append(f"{say('agenda.source', source=duty.source)} {inferred}".rstrip())
        if book.since is not None:
            lines.append(f"{say('agenda.since', day=book.since.date().isoformat())} · {_standing(context, book)}")
        for line in lines:
            output.result(f"  {line}")
        output.result("")
    heads = [
        Column("due", Text("应办", "Due"), whole=True),
        Column("slot", Text("时段", "Slot")),
        Column("subject", Text("对象", "Subject")),
        Column("state", Text("情况", "Standing")),
        Column("record", Text("记录", "Record"), whole=True),
        Column("at", Text("时间", "At"), whole=True),
        Column("by", Text("办理人", "By")),
    ]
    cells = (
        [
            short_due(context, int(one.due.timestamp())),
            slot_label(context, one.slot),
            one.subject or "",
            say(_STATES[one.state]),
            one.record or "",
            f"{one.at:%m-%d %H:%M}" if one.at is not None else "",
            name(one.by) if one.by else "",
        ]
        for one in items
    )
    shown = month or f"{context.session.now:%Y-%m}"
    empty = say("agenda.no-occurrence", month=shown) if duty.cadence is not None else ""
    output.rows(context, format_, heads, cells, title=duty.label.say(lang), empty=empty)


def _waiting(context: Context, format_: str) -> None:
    from logbook.operations.agenda import setting_lines
    from logbook.operations.agenda import waiting

    found = waiting(context.session)
    if format_ in output.OBJECTS:
        values = (
            {
                "duty": one.id, "pack": one.pack, "title": {"zh": one.label.zh, "en": one.label.en}, "vague": one.vague,
                "form": one.form, "to": one.role, "source": one.source,
            }
            for one in found
        )  # fmt: skip
        output.objects(format_, values)
        return
    say = context.catalogue.say
    if not found:
        output.note(context, say("agenda.none-waiting"))
        return
    output.note(context, say("agenda.waiting-title"))
    for line in setting_lines(found, context.lang):
        output.result(line)


COMMANDS = {command.name or "": with_globals(command) for command in (agenda_command, duties_command)}
