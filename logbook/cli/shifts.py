"""Commands of the shift: roster, shift, handover."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.context import TABLES
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.people import HEADER_LABELS
from logbook.cli.people import names
from logbook.cli.people import status_label
from logbook.cli.recording import AT
from logbook.cli.recording import REASON
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.shifts import Arrival
    from logbook.operations.handing import Gathered
    from logbook.operations.shifts import Attendance
    from logbook.operations.shifts import Book
    from logbook.operations.shifts import Manning
    from logbook.operations.writing import Written

MAKE = ("make", "排班")
CHECK = ("check", "检查")
ON = ("on", "上岗")
OFF = ("off", "下岗")
SHOW = ("show", "查看")
ACCEPT = ("accept", "接班")
REFUSE = ("refuse", "退回")
FIX = ("fix", "再交")

DAY: dict[str, Any] = {"cls": Option, "metavar": "DAY"}
POST: dict[str, Any] = {
    "cls": Option, "metavar": "POST", "text": Text("岗位（默认客服中心）", "the post (default: the service centre)"),
}  # fmt: skip
_WEEKDAYS = (Text("一", "Mon"), Text("二", "Tue"), Text("三", "Wed"), Text("四", "Thu"), Text("五", "Fri"),
             Text("六", "Sat"), Text("日", "Sun"))  # fmt: skip


# --------------------------------------------------------------------------- roster


@click.command(
    "roster",
    cls=Command,
    epilog="logbook roster\n"
    "logbook roster 明天\n"
    "logbook roster --week\n"
    "logbook roster make --from 11-23 --to 11-29 --publish day=lina night=sun,ma\n"
    "logbook roster check --from 2026-11-23 --to 2026-11-29",
)
@click.argument("words", nargs=-1, metavar="[DAY | check | make SHIFT=STAFF...]")
@click.option("--week", is_flag=True, cls=Option, text=Text("从这天起七天", "seven days from that day"))
@click.option("--from", "first", **DAY, text=Text("起始日", "first day"))
@click.option("--to", "last", **DAY, text=Text("截止日", "last day"))
@click.option("--publish", is_flag=True, cls=Option, text=Text("排好就公布", "publish it at once"))
@click.option("--at", **AT)
@format_option(TABLES, "table")
@passes_context
def roster_command(
    context: Context, words: tuple[str, ...], week: bool, first: str | None, last: str | None, publish: bool,
    at: str | None, format_: str,
) -> int:  # fmt: skip
    from logbook.operations import shifts

    session = context.session
    action = words[0] if words else ""
    if action in MAKE:
        start = _day(context, first or "today")
        end = _day(context, last) if last else start + timedelta(days=6)
        written = shifts.make_roster(session, start, end, words[1:], publish=publish, at=at)
        _recorded(context, written, "cli.recorded" if not publish else "cli.state", format_)
        return 0
    start = _day(context, first or (words[1] if action in CHECK and len(words) > 1 else None)
                 or (action if action and action not in CHECK else "today"))  # fmt: skip
    end = _day(context, last) if last else start + timedelta(days=6 if week or action in CHECK else 0)
    with noticing(context, rules=True):
        if action in CHECK:
            issues = shifts.check_roster(session, start, end)
            if format_ in output.OBJECTS:
                output.objects(format_, (_issue_json(context, one) for one in issues))
            else:
                output.issues(context, issues, err=False)
                if not issues:
                    output.note(context, _say(context, "值班表没有问题", "nothing wrong with the roster"))
            return 1 if issues else 0
        _roster(context, start, end, format_)
    return 0


def _roster(context: Context, first: date, last: date, format_: str) -> None:
    from logbook.core.moments import days_in
    from logbook.operations import shifts

    days = days_in(context.session.zone)
    whole = shifts.manning(
        context.session, days.begin(first.toordinal()), days.begin(last.toordinal() + 1)
    )
    rows = list(_roster_rows(context, whole, people=format_ in ("table", "md", "html")))
    if format_ in output.OBJECTS:
        output.objects(format_, rows)
        return
    from logbook.render.tables import Column

    heads = [
        Column("day", Text("日期", "Day"), whole=True),
        Column("shift", Text("班次", "Shift"), whole=True),
        Column("start", Text("起", "From"), whole=True),
        Column("end", Text("止", "To"), whole=True),
        Column("person", Text("值班人", "On duty")),
        Column("came", Text("实际", "In fact"), whole=True),
        Column("note", Text("备注", "Note")),
    ]
    if format_ != "table":
        output.rows(context, format_, heads, ([row.get(head.id) for head in heads] for row in rows),
                    title=_say(context, "值班表", "Roster"))  # fmt: skip
        return
    held = [row for row in rows if not str(row["kind"]).startswith("gap")]
    empty = _say(context, "没有已公布的值班表", "no roster is published")
    output.rows(context, format_, heads, ([row.get(head.id) for head in heads] for row in held), empty=empty)
    for row in rows:
        if str(row["kind"]).startswith("gap"):
            planned = row["kind"] == "gap"
            what = _say(context, "空岗", "NOBODY") if planned else _say(context, "空岗（实到）", "NOBODY (in fact)")
            output.result(_red(f"{what}  {row['from']} — {row['until']}"))


def _roster_rows(context: Context, whole: Manning, *, people: bool) -> Iterator[dict[str, object]]:
    name = names(context)
    rows: list[tuple[int, dict[str, object]]] = []
    labels = _shift_labels(context)
    for line in whole.lines:
        came = [one for one in whole.attended if one.person == line.person
                and one.start < line.end and (one.end is None or one.end > line.start)]  # fmt: skip
        rows.append((line.start, {
            "kind": "line", "day": day_text(context, line.start, people=people),
            "shift": labels.get(line.shift, line.shift) if people else line.shift,
            **_span(context, line.start, line.end, people=people),
            "person": name(line.person) if people else line.person,
            "came": "、".join(came_text(context, one) for one in came) if people else [one.log for one in came],
            "note": "、".join(filter(None, (arrival_of(context, one) for one in came))) if people else None,
            "roster": line.roster,
        }))  # fmt: skip
    for cover in whole.covers:
        away = name(cover.away) if cover.away and people else cover.away
        said = f"{_say(context, '代', 'for ')}{away}" if away and people else away
        rows.append((cover.start, {
            "kind": "cover", "day": day_text(context, cover.start, people=people),
            "shift": _say(context, "代值", "cover") if people else "cover",
            **_span(context, cover.start, cover.end, people=people),
            "person": name(cover.cover) if people else cover.cover,
            "came": "" if people else None,
            "note": " ".join(filter(None, (said, cover.reason))), "roster": cover.record,
        }))  # fmt: skip
    for one in whole.attended:
        if any(
            one.person == line.person and line.start < (one.end or whole.end) and line.end > one.start
            for line in whole.lines
        ):
            continue
        unplanned = _say(context, "不在值班表上", "not on the roster") if whole.lines else ""
        rows.append((one.start, {
            "kind": "attended", "day": day_text(context, one.start, people=people),
            "shift": labels.get(one.shift, one.shift) if people else one.shift,
            **_span(context, one.start, one.end, people=people),
            "person": name(one.person) if people else one.person,
            "came": came_text(context, one) if people else [one.log],
            "note": " ".join(filter(None, (unplanned, arrival_of(context, one)))) if people else None,
            "roster": None,
        }))  # fmt: skip
    for kind, gaps in (("gap", whole.planned_gaps), ("gap_actual", whole.actual_gaps)):
        for low, high in gaps:
            row: dict[str, object] = {
                "kind": kind, "day": day_text(context, low, people=people), "shift": None,
                **_span(context, low, high, people=people), "person": None, "came": None, "note": None, "roster": None,
            }  # fmt: skip
            if people:
                row |= {"from": moment_text(context, low), "until": moment_text(context, high)}
                row["note"] = _say(context, "空岗", "NOBODY")
            rows.append((low, row))
    rows.sort(key=lambda pair: (pair[0], str(pair[1]["kind"])))
    for _, row in rows:
        yield row


# --------------------------------------------------------------------------- shift


@click.command(
    "shift",
    cls=Command,
    epilog="logbook shift\n"
    "logbook shift on\n"
    "logbook shift off --reason 急诊，主管顶岗\n"
    "logbook shift 昨天 --post night",
)
@click.argument("words", nargs=-1, metavar="[on | off | show] [DAY] [FIELD=VALUE]...")
@click.option("--post", **POST)
@click.option("--at", **AT)
@click.option("--reason", **REASON)
@format_option(("text", "json", "ids"), "text")
@passes_context
def shift_command(
    context: Context, words: tuple[str, ...], post: str | None, at: str | None, reason: str | None, format_: str
) -> int:
    from logbook.operations import shifts

    session = context.session
    action, rest = (words[0], words[1:]) if words else ("", ())
    if action in ON:
        signed = shifts.sign_on(session, post=post, at=at, words=rest, reason=reason)
        _recorded(context, signed.written, "cli.recorded", format_)
        label = shifts.posts_in(session)[signed.shift.post].label.say(context.lang)
        line = f"  {label} {moment_text(context, signed.shift.start)} — {moment_text(context, signed.shift.end)}"
        output.note(context, f"{line}  {_arrival(context, signed.arrival)}")
        return 0
    if action in OFF:
        _recorded(context, shifts.sign_off(session, at=at, words=rest, reason=reason), "cli.state", format_)
        return 0
    day_word = rest[0] if action in SHOW and rest else action if action and action not in SHOW else None
    with noticing(context, rules=True):
        found = shifts.shift_on(session, _day(context, day_word) if day_word else None, post)
        if not found:
            raise Refused([Issue("shift.no-shift", {"at": day_word or session.now}, field="day")])
        desk, _ = shifts.desk_of(shifts.posts_in(session), post)
        books = [shifts.book_of(session, one, desk=desk) for one in found]
        if format_ == "json":
            output.data([_book_json(context, one) for one in books])
        elif format_ == "ids":
            for one in books:
                for entry in one.entries:
                    output.result(entry.row.id)
        else:
            for number, one in enumerate(books):
                if number:
                    output.result("")
                _show_book(context, one)
    return 0


def _show_book(context: Context, book: Book) -> None:
    name = names(context)
    label = book.post.label.say(context.lang)
    head = f"{day_text(context, book.shift.start, people=True)}  {label}"
    output.result(f"{head}  {clock_text(context, book.shift.start)}—{clock_text(context, book.shift.end)}")
    planned = "、".join(dict.fromkeys(name(line.person) for line in book.planned))
    output.result(f"  {_say(context, '排班', 'Roster')}  {planned or _say(context, '（没有）', '(nobody)')}")
    for one in book.attended:
        said = " ".join(filter(None, (name(one.person), came_text(context, one), arrival_of(context, one))))
        output.result(f"  {_say(context, '在岗', 'On duty')}  {said}  {one.log}")
    for cover in book.covers:
        said = f"{clock_text(context, cover.start)}—{clock_text(context, cover.end)} {name(cover.cover)} {cover.reason}"
        output.result(f"  {_say(context, '代值', 'Cover')}  {said}")
    for low, high in book.gaps:
        empty = f"{moment_text(context, low)} — {moment_text(context, high)}"
        output.result(_red(f"  {_say(context, '空岗', 'NOBODY')}  {empty}"))
    if book.handover is not None:
        form = context.session.library.forms.get(book.handover.form)
        said = f"{book.handover.id} {status_label(form, book.handover.status, context.lang)}"
        output.result(f"  {_say(context, '交接', 'Handover')}  {said}")
    if book.incoming is not None:
        form = context.session.library.forms.get(book.incoming.form)
        said = f"{book.incoming.id} {status_label(form, book.incoming.status, context.lang)}"
        output.result(_red(f"  {_say(context, '上一班', 'Shift before')}  {said}"))
    if book.responsible is not None:
        words = _say(context, "未接班，仍由 {} 负责", "not taken over: {} is still responsible")
        output.result(_red(f"  {words.format(name(book.responsible))}"))
    from logbook.render.tables import Column

    heads = [
        Column("at", HEADER_LABELS["at"], whole=True),
        Column("id", HEADER_LABELS["id"], "id", whole=True),
        Column("form", HEADER_LABELS["form"]),
        Column("title", HEADER_LABELS["title"]),
        Column("status", HEADER_LABELS["status"]),
        Column("by", HEADER_LABELS["by"]),
        Column("note", Text("备注", "Note")),
    ]
    library = context.session.library

    def cells() -> Iterator[Sequence[object]]:
        for entry in book.entries:
            form = library.forms.get(entry.row.form)
            yield [
                clock_text(context, entry.row.at_epoch), entry.row.id,
                form.title.say(context.lang) if form else entry.row.form, entry.row.title,
                status_label(form, entry.row.status, context.lang), name(entry.row.by),
                f"{_say(context, '补记', 'addendum to')} {entry.addendum}" if entry.addendum else "",
            ]  # fmt: skip

    output.result("")
    output.rows(context, "table", heads, cells(), empty=_say(context, "本班没有记录", "nothing was recorded"))


def _book_json(context: Context, book: Book) -> dict[str, object]:
    return {
        "post": book.shift.post,
        "day": date.fromordinal(book.shift.day).isoformat(),
        "start": _iso(context, book.shift.start),
        "end": _iso(context, book.shift.end),
        "roster": [
            {"person": one.person, "start": _iso(context, one.start), "end": _iso(context, one.end)}
            for one in book.planned
        ],
        "attended": [
            {"log": one.log, "person": one.person, "start": _iso(context, one.start),
             "end": _iso(context, one.end), "arrival": one.arrival, "late_minutes": one.late_by}
            for one in book.attended
        ],
        "covers": [
            {"person": one.cover, "away": one.away or None, "start": _iso(context, one.start),
             "end": _iso(context, one.end)}
            for one in book.covers
        ],
        "gaps": [{"start": _iso(context, low), "end": _iso(context, high)} for low, high in book.gaps],
        "handover": book.handover.id if book.handover else None,
        "handover_status": book.handover.status if book.handover else None,
        "incoming": book.incoming.id if book.incoming else None,
        "responsible": book.responsible,
        "entries": [
            {"id": one.row.id, "form": one.row.form, "at": one.row.at, "status": one.row.status,
             "addendum_to": one.addendum}
            for one in book.entries
        ],
    }  # fmt: skip


# --------------------------------------------------------------------------- handover


@click.command(
    "handover",
    cls=Command,
    epilog="logbook handover\n"
    "logbook handover --to lina attention=三号电梯还在修\n"
    "logbook handover accept tools.1.actual=3 tools.1.why=lost tools.1.liable=sun\n"
    "logbook handover refuse --reason 台面没有清洁",
)
@click.argument("words", nargs=-1, metavar="[accept | refuse | fix] [ID] [FIELD=VALUE]...")
@click.option(
    "--to", metavar="STAFF", cls=Option, text=Text("交给谁（写下并签名）", "hand over to (written and signed)")
)
@click.option("--post", **POST)
@click.option(
    "--done", type=click.IntRange(min=1), multiple=True, metavar="N", cls=Option,
    text=Text("第 N 项遗留已办完，不再写", "open matter N is done and left out"),
)  # fmt: skip
@click.option(
    "--not-clean", is_flag=True, cls=Option, text=Text("清洁不合格", "it is not clean")
)
@click.option("--at", **AT)
@click.option("--reason", **REASON)
@format_option(("text", "json", "ids"), "text")
@passes_context
def handover_command(
    context: Context, words: tuple[str, ...], to: str | None, post: str | None, done: tuple[int, ...],
    not_clean: bool, at: str | None, reason: str | None, format_: str,
) -> int:  # fmt: skip
    from logbook.operations import handing

    session = context.session
    action, rest = (words[0], words[1:]) if words else ("", ())
    if action in (*ACCEPT, *REFUSE, *FIX):
        word = rest[0] if rest and "=" not in rest[0] else None
        fields = rest[1:] if word else rest
        if action in REFUSE:
            written = handing.refuse(session, word, reason=reason, at=at, words=fields)
        elif action in FIX:
            written = handing.fix(session, word, fields, at=at)
        else:
            taken = handing.accept(session, word, fields, at=at)
            _recorded(context, taken.written, "cli.state", format_)
            sealed = _say(context, "已封存 {} 条记录", "{} records sealed").format(taken.sealed)
            output.note(context, f"  {_arrival(context, taken.arrival)}  {sealed}")
            return 0
        _recorded(context, written, "cli.state", format_)
        return 0
    if to is not None:
        written = handing.hand_over(
            session, to, words, word=post, at=at, done=done, clean=not not_clean
        )
        _recorded(context, written, "cli.recorded", format_)
        missing = [name for name in ("log", "tools") if not written.state.fields.get(name)]
        for name in missing:
            label = written.form.fields[name].label.say(context.lang)
            output.note(context, f"  {_say(context, '接班前还要填', 'still needed')}: {label} ({name})")
        return 0
    if words:
        from logbook.core.errors import UsageError

        raise UsageError("cli.usage", why=words[0], command="logbook handover")
    with noticing(context, rules=True):
        found = handing.gather(session, word=post, at=at)
        if format_ == "json":
            output.data(_gathered_json(context, found))
        elif format_ == "ids":
            for row in found.waiting:
                output.result(row.id)
        else:
            _show_gathered(context, found)
    return 0


def _show_gathered(context: Context, found: Gathered) -> None:
    name = names(context)
    lines: list[str] = []
    for row in found.waiting:
        fields = context.session.index.fields([row], ["in_person"])[0]
        late = _say(context, "待接班", "waiting")
        relief = name(str(fields.get("in_person") or ""))
        still = _say(context, "仍由 {} 负责", "{} is still responsible").format(name(row.by))
        lines.append(_red(f"{row.id}  {late}: {name(row.by)} → {relief}  {still}"))
    if found.waiting and found.log is None:
        output.result("\n".join(lines))
        return
    turn = _say(context, "交接班", "Handover")
    lines.append(f"{turn}  {found.post}")
    if found.shift is not None:
        lines.append(
            f"  {_say(context, '本班', 'Shift')}  {moment_text(context, found.shift.start)} — "
            f"{moment_text(context, found.shift.end)}"
        )
    lines.append(f"  {_say(context, '日志', 'Log')}  {found.log.id if found.log else '-'}")
    before, since = found.previous.id if found.previous else "-", moment_text(context, int(found.since.timestamp()))
    lines.append(f"  {_say(context, '上次交接', 'Before')}  {before}  {since}")
    lines.append(f"  {_say(context, '遗留问题', 'Open matters')}")
    for number, one in enumerate(found.matters, 1):
        lines.append("    " + "  ".join(filter(None, (f"{number}.", one.text, one.record, f"（{one.why}）"))))
    lines += [] if found.matters else [f"    {_say(context, '没有', 'none')}"]
    if found.unconverted:
        words = _say(context, "夜间还有 {} 项未转单", "{} matters of the night are not yet turned into orders")
        lines.append(_red(f"    {words.format(found.unconverted)}"))
    lines.append(f"  {_say(context, '本班报修、投诉、事件', 'Received in writing')}")
    lines += [f"    {row.id}  {row.title}" for row in found.written] or [f"    {_say(context, '没有', 'none')}"]
    lines.append(f"  {_say(context, '借出的钥匙和工具', 'Keys and tools out')}")
    for item in found.out:
        due = f"{_say(context, '应还', 'due')} {_short(item.due)}" if item.due else ""
        text = f"    {item.record}  {item.title}  {due}"
        lines.append(_red(f"{text}  {_say(context, '逾期', 'LATE')}") if item.late else text.rstrip())
    lines += [] if found.out else [f"    {_say(context, '没有', 'none')}"]
    count = found.key_count or found.last_count
    counted = f"{count.id}  {_short(count.at)}" if count else "-"
    lines.append(f"  {_say(context, '钥匙点交', 'Key count')}  {counted}")
    lines.append(f"  {_say(context, '工具器械', 'Tools')}")
    for tool in found.tools:
        lines.append(f"    {tool['item']}  {tool.get('actual')}/{tool.get('expected')}")
    if not found.tools:
        none_yet = Text("还没有清单：接班前用 tools+= 写上", "no list yet: tools+= before it is accepted")
        lines.append(f"    {none_yet.say(context.lang)}")
    output.result("\n".join(lines))
    how = Text("写下并签名：logbook handover --to 接班人", "write and sign it: logbook handover --to RELIEF")
    output.note(context, how.say(context.lang))


def _gathered_json(context: Context, found: Gathered) -> dict[str, object]:
    return {
        "post": found.post,
        "shift": found.shift.post if found.shift else None,
        "start": _iso(context, found.shift.start) if found.shift else None,
        "end": _iso(context, found.shift.end) if found.shift else None,
        "log": found.log.id if found.log else None,
        "previous": found.previous.id if found.previous else None,
        "since": found.since.isoformat(),
        "open": [{"text": one.text, "record": one.record, "why": one.why} for one in found.matters],
        "written": [row.id for row in found.written],
        "out": [
            {"record": one.record, "form": one.form, "title": one.title, "due": one.due, "late": one.late}
            for one in found.out
        ],
        "tools": [dict(one) for one in found.tools],
        "key_count": found.key_count.id if found.key_count else None,
        "unconverted": found.unconverted,
        "waiting": [row.id for row in found.waiting],
    }


# --------------------------------------------------------------------------- words


def _recorded(context: Context, written: Written, code: str, format_: str) -> None:
    from logbook.cli.recording import told

    told(context, written, "json" if format_ == "json" else "ids" if format_ == "ids" else "text", code)


def _day(context: Context, word: str) -> date:
    from logbook.core.moments import FIRST_YEAR
    from logbook.core.moments import LAST_YEAR
    from logbook.core.moments import parse_day

    session = context.session
    found = parse_day(word, now=session.now, zone=session.zone)
    if found is None:
        raise Refused([Issue("shift.no-day", {"found": word}, field="day")])
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        args = {"found": word, "first": FIRST_YEAR, "last": LAST_YEAR}
        raise Refused([Issue("agenda.far-day", args, field="day")])
    return found


def _say(context: Context, zh: str, en: str) -> str:
    return zh if context.lang == "zh" else en


def _red(text: str) -> str:
    """Red at a terminal that shows colours; the words say it anyway."""
    from logbook.store import machine

    if not sys.stdout.isatty() or machine.environment().get("NO_COLOR"):
        return text
    return click.style(text, fg="red")


def _local(context: Context, instant: int) -> datetime:
    from logbook.core.moments import from_epoch

    return from_epoch(instant, context.session.zone)


def local_day(context: Context, instant: int) -> str:
    """The day of an instant, ``2026-11-21``."""
    return _local(context, instant).date().isoformat()


def clock_text(context: Context, instant: int) -> str:
    """``08:30``."""
    return _local(context, instant).strftime("%H:%M")


def moment_text(context: Context, instant: int) -> str:
    """``11-21 08:30``."""
    return _local(context, instant).strftime("%m-%d %H:%M")


def _iso(context: Context, instant: int | None) -> str | None:
    if instant is None:
        return None
    return _local(context, instant).isoformat()


def _short(text: str) -> str:
    return text[5:16].replace("T", " ")


def day_text(context: Context, instant: int, *, people: bool) -> str:
    """``11-21 周六`` for people, ``2026-11-21`` else."""
    local = _local(context, instant)
    if not people:
        return str(local.date().isoformat())
    week = _WEEKDAYS[local.weekday()].say(context.lang)
    return f"{local:%m-%d} {_say(context, '周', '')}{week}"


def _span(context: Context, start: int, end: int | None, *, people: bool) -> dict[str, object]:
    if people:
        return {"start": clock_text(context, start), "end": clock_text(context, end) if end is not None else ""}
    return {"start": _iso(context, start), "end": _iso(context, end)}


def came_text(context: Context, one: Attendance) -> str:
    """From when until when somebody was there."""
    end = clock_text(context, one.end) if one.end is not None else ""
    return f"{clock_text(context, one.start)}—{end}"


def arrival_of(context: Context, one: Attendance) -> str:
    """How late somebody came; nothing where he was in time."""
    from logbook.core.shifts import Arrival
    from logbook.operations.shifts import is_late

    return _arrival(context, Arrival(one.arrival or "", one.late_by)) if is_late(one) else ""


def _arrival(context: Context, arrival: Arrival) -> str:
    if arrival.state == "on_time":
        return _say(context, "提前到岗", "in good time")
    if arrival.state == "handover_late":
        return _say(context, f"交接迟到 {arrival.minutes} 分", f"late for the handover by {arrival.minutes} min")
    return _say(context, f"迟到 {arrival.minutes} 分", f"late by {arrival.minutes} min")


def _shift_labels(context: Context) -> Mapping[str, str]:
    form = context.session.library.forms.get("roster")
    choices = form.fields["lines"].columns["shift"].choices if form is not None else {}
    return {name: label.say(context.lang) for name, label in choices.items()}


def _issue_json(context: Context, issue: Issue) -> dict[str, object]:
    sentence, _ = context.catalogue.issue(issue)
    return {"id": issue.id, "rule": issue.rule, "severity": issue.severity, "field": issue.field, "message": sentence}


COMMANDS = {
    command.name or "": with_globals(command) for command in (roster_command, shift_command, handover_command)
}
