"""The calendar command: a month with its working days, the calendars of the book, another year."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.calendars import Calendar
    from logbook.operations.calendar import Day
    from logbook.operations.calendar import Difference
    from logbook.operations.calendar import Import

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml")
WEEK = (Text("一", "Mon"), Text("二", "Tue"), Text("三", "Wed"), Text("四", "Thu"), Text("五", "Fri"),
        Text("六", "Sat"), Text("日", "Sun"))  # fmt: skip
MARKS = {"working": Text(" ", " "), "off": Text("·", "·"), "holiday": Text("休", "H"), "makeup": Text("班", "W")}
KINDS = {
    "working": Text("上班", "working"),
    "off": Text("休息", "off"),
    "holiday": Text("节假日", "holiday"),
    "makeup": Text("调休上班", "make-up working day"),
}
GAP = 2


@click.command(
    "calendar",
    cls=Command,
    epilog="logbook calendar 2026-10\nlogbook calendar 2026-10-10 --calendar night\nlogbook calendar --list\n"
    "logbook calendar --import 2027 --dry-run\nlogbook calendar --import holidays.csv",
)
@click.argument("when", required=False, metavar="[MONTH|DAY]")
@click.option("--calendar", "name", metavar="NAME", cls=Option, text=Text("哪个日历", "which calendar"))
@click.option("--list", "listed", is_flag=True, cls=Option, text=Text("列出所有日历", "list the calendars"))
@click.option(
    "--import",
    "source",
    metavar="YEAR|FILE",
    cls=Option,
    text=Text("导入一年的节假日（年份，或 CSV 文件）", "bring in the holidays of a year (a year, or a CSV file)"),
)
@click.option("--notice", metavar="TEXT", cls=Option, text=Text("依据的通知文号", "the notice that orders the days"))
@click.option("--dry-run", is_flag=True, cls=Option, text=Text("只看不写", "show it and write nothing"))
@click.option("--replace", is_flag=True, cls=Option, text=Text("改掉不同的日子", "overwrite days that differ"))
@format_option(FORMATS, "table")
@passes_context
def calendar_command(
    context: Context,
    when: str | None,
    name: str | None,
    listed: bool,
    source: str | None,
    notice: str | None,
    dry_run: bool,
    replace: bool,
    format_: str,
) -> int:
    if source is not None:
        return _bring_in(context, source, notice, format_, dry_run=dry_run, replace=replace)
    if listed:
        return _list(context, format_)
    from logbook.operations.calendar import days_between
    from logbook.operations.calendar import find_calendar

    first, last = _span(context, when)
    calendar = find_calendar(context.session, name)
    days = days_between(calendar, first, last)
    if format_ != "table":
        _print_days(context, days, format_)
    elif first == last:
        _print_day(context, calendar, days[0])
    else:
        _print_months(context, calendar, days)
    return 0


# -- what was asked for ----------------------------------------------------------------------------


def _span(context: Context, when: str | None) -> tuple[date, date]:
    """The first and the last day of what was asked for: a month, a day, any range; this month by default."""
    from logbook.core.errors import UsageError
    from logbook.core.moments import parse_day
    from logbook.core.moments import parse_range

    session = context.session
    day = parse_day(when, now=session.now, zone=session.zone) if when else None
    if day is not None and when is not None and "." not in when:
        return day, day
    span = parse_range(when or "this-month", now=session.now, zone=session.zone)
    if span is None:
        raise UsageError("calendar.bad-word", found=when)
    first, last = (moment.astimezone(session.zone) for moment in span)
    return first.date(), max(first.date(), (last - timedelta(seconds=1)).date())


# -- printing --------------------------------------------------------------------------------------


def _plain(day: Day) -> dict[str, object]:
    from logbook.operations.calendar import said_windows

    return {
        "date": day.date.isoformat(),
        "kind": day.kind,
        "working": bool(day.windows),
        "windows": said_windows(day.windows),
        "name": day.name or None,
        "notice": day.notice or None,
        "provisional": day.provisional,
    }


def _print_days(context: Context, days: Sequence[Day], format_: str) -> None:
    shaped = [_plain(day) for day in days]
    if format_ in output.OBJECTS:
        output.objects(format_, shaped)
        return
    from logbook.render.tables import Column

    names = ("date", "kind", "windows", "name", "notice", "provisional")
    cells = (
        [", ".join(map(str, one["windows"])) if name == "windows" else one[name] for name in names]  # type: ignore[call-overload]
        for one in shaped
    )
    output.rows(context, format_, [Column(name) for name in names], cells)


def _print_day(context: Context, calendar: Calendar, day: Day) -> None:
    from logbook.operations.calendar import holiday_name
    from logbook.operations.calendar import said_windows

    lang = context.lang
    head = f"{day.date.isoformat()} {'星期' if lang == 'zh' else ''}{WEEK[day.date.weekday()].say(lang)}"
    output.result(f"{head}  {calendar.label.say(lang) or calendar.name}")
    kind = KINDS[day.kind].say(lang)
    name = holiday_name(day.name, lang)
    output.result(f"{kind}{f'  {name}' if name else ''}{f'  {day.notice}' if day.notice else ''}")
    if day.windows:
        output.result(", ".join(said_windows(day.windows)))
    if day.provisional:
        output.note(context, context.catalogue.say("calendar.provisional", year=day.date.year))


def _print_months(context: Context, calendar: Calendar, days: Sequence[Day]) -> None:
    lang, catalogue = context.lang, context.catalogue
    months: dict[tuple[int, int], list[Day]] = {}
    for day in days:
        months.setdefault((day.date.year, day.date.month), []).append(day)
    for place, ((year, month), its) in enumerate(months.items()):
        if place:
            output.result("")
        said = f"{year}年{month}月" if lang == "zh" else f"{date(year, month, 1):%B} {year}"
        label = calendar.label.say(lang) or calendar.name
        output.result(catalogue.say("calendar.title", month=said, label=label, name=calendar.name))
        output.result("")
        for line in month_lines(its, lang):
            output.result(line)
        output.result("")
        working = sum(bool(day.windows) for day in its)
        output.result(catalogue.say("calendar.counts", working=working, off=len(its) - working))
        for line in _hours(its):
            output.result(catalogue.say("calendar.hours", windows=line))
    output.result(catalogue.say("calendar.legend"))
    for year in dict.fromkeys(day.date.year for day in days if day.provisional):
        output.note(context, catalogue.say("calendar.provisional", year=year))


def _hours(days: Iterable[Day]) -> list[str]:
    """The different working hours of these days, the most common first; the others with their days."""
    from logbook.operations.calendar import said_windows

    found: dict[str, list[str]] = {}
    for day in days:
        if day.windows:
            found.setdefault(", ".join(said_windows(day.windows)), []).append(f"{day.date:%m-%d}")
    usual = sorted(found.items(), key=lambda one: -len(one[1]))
    return [
        text if place == 0 else f"{text} ({', '.join(its) if len(its) < 4 else f'{its[0]} … {its[-1]}'})"
        for place, (text, its) in enumerate(usual)
    ]


def month_lines(days: Sequence[Day], lang: str) -> list[str]:
    """The weeks of these days: the number with its mark, below it the name of the day."""
    from logbook.operations.calendar import holiday_name
    from logbook.render.width import pad
    from logbook.render.width import width

    numbers: dict[date, str] = {}
    names: dict[date, str] = {}
    for day in days:
        mark = MARKS[day.kind].say(lang).strip() + ("?" if day.provisional else "")
        numbers[day.date] = f"{day.date.day:>2} {mark}".rstrip()
        names[day.date] = holiday_name(day.name, lang) if day.name else ""
    # A long name is cut into words below one another: the week stays narrow.
    split = {day: name.split() if lang == "en" else [name] for day, name in names.items() if name}
    room = max([6, *(width(word) for words in split.values() for word in words)]) + GAP
    lines = ["".join(pad(one.say(lang), room) for one in WEEK).rstrip()]
    monday = days[0].date - timedelta(days[0].date.weekday())
    while monday <= days[-1].date:
        week = [monday + timedelta(step) for step in range(7)]
        lines.append("".join(pad(numbers.get(day, ""), room) for day in week).rstrip())
        for row in range(max((len(split[day]) for day in week if day in split), default=0)):
            cells = (split[day][row] if day in split and row < len(split[day]) else "" for day in week)
            lines.append("".join(pad(cell, room) for cell in cells).rstrip())
        monday += timedelta(7)
    return lines


def _list(context: Context, format_: str) -> int:
    from logbook.operations.calendar import known_calendars
    from logbook.operations.calendar import said_windows
    from logbook.render.tables import Column

    found = []
    for known in known_calendars(context.session):
        calendar = known.calendar
        week = [said_windows(windows) for windows in calendar.weekly]
        found.append(
            {
                "name": calendar.name,
                "title": {"zh": calendar.label.zh, "en": calendar.label.en},
                "weekly": {one.en.lower(): its for one, its in zip(WEEK, week, strict=True)},
                "days": known.days,
                "years": list(calendar.years) if known.days and calendar.years and calendar.years[0] else None,
                "provisional": list(known.provisional),
            }
        )
    if format_ in output.OBJECTS:
        output.objects(format_, found)
        return 0
    columns = [
        Column("name", Text("日历", "Calendar"), type="id"),
        Column("title", Text("名称", "Title")),
        Column("hours", Text("每周", "Week")),
        Column("days", Text("节假日", "Holidays")),
        Column("years", Text("年份", "Years")),
    ]
    cells = []
    for one, known in zip(found, known_calendars(context.session), strict=True):
        years = known.calendar.years
        said = f"{years[0]}-{years[1]}" if known.days and years and years[0] else ""
        if known.provisional:
            said += f" ({', '.join(map(str, known.provisional))}?)"
        cells.append([one["name"], known.calendar.label.say(context.lang), _week(known.calendar, context.lang),
                      known.days or "", said])  # fmt: skip
    output.rows(context, format_, columns, cells)
    return 0


def _week(calendar: Calendar, lang: str) -> str:
    """``一-五 09:00-12:00, 13:30-18:00``: weekdays with the same hours together."""
    from logbook.operations.calendar import said_windows

    week = [", ".join(said_windows(windows)) for windows in calendar.weekly]
    parts = []
    start = 0
    for day in range(1, 8):
        if day == 7 or week[day] != week[start]:
            if week[start]:
                ends = dict.fromkeys((WEEK[start].say(lang), WEEK[day - 1].say(lang)))
                parts.append(f"{'-'.join(ends)} {week[start]}")
            start = day
    return "; ".join(parts)


# -- another year ----------------------------------------------------------------------------------


def _bring_in(
    context: Context, source: str, notice: str | None, format_: str, *, dry_run: bool, replace: bool
) -> int:
    from logbook.operations import calendar as operations

    if source.isdecimal() and len(source) == 4:
        incoming = operations.from_package(int(source), notice=notice)
    else:
        path, data = output.read_from(source)
        incoming = operations.from_csv(data, path)
    planned = operations.plan_import(context.session, incoming)
    years = [str(year) for year in incoming.years]
    if format_ in output.OBJECTS:
        output.objects(format_, map(_change, planned.differences))
    if not planned.data:
        output.note(context, context.catalogue.say("calendar.current", years=years))
        return 0
    code = "calendar.would" if dry_run else "calendar.will"
    output.note(context, context.catalogue.say(code, count=len(planned.differences), path=planned.path))
    if format_ not in output.OBJECTS:
        _print_changes(context, planned)
    if dry_run:
        return 0
    made = operations.write_import(context.session, planned, by=context.choices.by, replace=replace)
    output.note(context, context.catalogue.say("calendar.imported", years=years, commit=(made.commit or "")[:12]))
    return 0


def _change(one: Difference) -> dict[str, object]:
    """What a program reads of one day: its kind (off, work, own) and name before and after; null for an ordinary
    day."""
    before, after = (
        {"kind": entry[0], "name": entry[1]} if entry is not None else None for entry in (one.before, one.after)
    )
    return {"date": one.date.isoformat(), "before": before, "after": after}


def _print_changes(context: Context, planned: Import) -> None:
    from logbook.operations.calendar import said_entry

    for one in planned.differences:
        after = said_entry(one.after).say(context.lang)
        weekday = WEEK[one.date.weekday()].say(context.lang)
        was = f"  ({said_entry(one.before).say(context.lang)})" if one in planned.overwrites else ""
        output.result(f"{one.date.isoformat()} {weekday}  {after}{was}")


COMMANDS = {"calendar": with_globals(calendar_command)}
