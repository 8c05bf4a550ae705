"""Finds a report and its period, and has it worked out; packs the reports of a month."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import NamedTuple

from logbook.core import periods
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.periods import MOMENT
from logbook.core.reportfile import heads_of
from logbook.core.reportfile import report_from
from logbook.core.reportfile import reports_of
from logbook.core.reporting import Period
from logbook.core.reporting import Report
from logbook.core.reportplan import ReportPlan
from logbook.core.text import Text
from logbook.operations.session import Session
from logbook.reports.working import Working

_KINDS = {
    "day": Text("日期", "a day"),
    "week": Text("周", "a week"),
    "month": Text("月份", "a month"),
    "quarter": Text("季度", "a quarter"),
    "year": Text("年份", "a year"),
    "since": Text("时间", "a moment"),
    "until": Text("时间", "a moment"),
}
_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


class Head(NamedTuple):
    """A report as the list of reports has it."""

    id: str
    title: Text
    cadence: tuple[str, ...]
    audience: Text
    due: Text | None
    pack: str


def heads(session: Session) -> list[Head]:
    """Every report of the packs of this book, in the order of the files."""
    return [Head(*one) for one in heads_of(session.library)]


def find(session: Session, word: str) -> str:
    """The id of the report meant by an id or a title; Refused when there is none."""
    known = heads(session)
    for one in known:
        if word in (one.id, one.title.zh, one.title.en) or word.casefold() == one.title.en.casefold():
            return one.id
    from logbook.core.suggest import hint

    names = [one.id for one in known] + [one.title.zh for one in known]
    raise Refused([Issue("report.unknown", {"found": word, "hint": hint(word, names)}, field="report")])


def plan_of(session: Session, name: str, *, library: Library | None = None) -> ReportPlan:
    """The report as it is defined; Refused when its definition has mistakes."""
    known = library or session.library
    plan, issues = report_from(reports_of(known)[name], name, known)
    if plan is None:
        raise Refused([Issue("report.broken", {"found": name}, field="report"), *issues])
    return plan


def period_for(
    session: Session, kind: str, asked: Mapping[str, str | None], *, default: Period | None = None
) -> Period:
    """The period asked for (``day``, ``week``, ``month``, ``quarter``, ``year``, ``since``, ``until``), else the last
    complete one of ``kind``; of a report about a moment now, or the end of what was asked for."""
    given = {name: text for name, text in asked.items() if text}
    whole = [name for name in given if name not in ("since", "until")]
    if len(whole) > 1 or (whole and len(given) > len(whole)):
        raise UsageError("report.two-periods", found=[f"--{name}" for name in given])
    now, zone = session.now, session.zone
    if whole:
        start, end = _range(session, whole[0], given[whole[0]])
        if (end - start).days > _DAYS[whole[0]]:  # a quarter is no month, a month no day
            raise UsageError("report.bad-period", found=given[whole[0]], kind=_KINDS[whole[0]])
        if start > now:
            raise UsageError("report.future", found=given[whole[0]])
        found = periods.period_of(whole[0], start.astimezone(zone).date(), zone)
        return _at_end(found, now) if kind == MOMENT else found
    if given:
        start, end = datetime.fromtimestamp(0, zone), now + timedelta(seconds=1)
        if "since" in given:
            start = _range(session, "since", given["since"])[0]
        if "until" in given:
            end = _range(session, "until", given["until"])[1]
        if end <= start:
            raise UsageError("report.bad-period", found=f"{start:%Y-%m-%d} – {end:%Y-%m-%d}", kind=_KINDS["since"])
        found = periods.span_of(start, end)
        return _at_end(found, now) if kind == MOMENT else found
    if kind == MOMENT:
        return periods.moment_of(now)
    if default is not None:
        return default
    return periods.last_of(kind, now, zone, back=offset(session))


def offset(session: Session) -> int:
    """How many periods back a report looks: 1, the last complete one, unless the site says otherwise."""
    said = session.library.settings.get("report")
    text = said.get("month_offset") if isinstance(said, Mapping) else None
    return int(str(text)) if text is not None and str(text).isdigit() else 1


def _at_end(period: Period, now: datetime) -> Period:
    return periods.moment_of(min(period.end - timedelta(seconds=1), now))


def _range(session: Session, name: str, text: str) -> tuple[datetime, datetime]:
    from logbook.core.moments import FIRST_YEAR
    from logbook.core.moments import LAST_YEAR
    from logbook.core.moments import parse_range

    found = parse_range(text, now=session.now, zone=session.zone)
    if found is None:
        raise UsageError("report.bad-period", found=text, kind=_KINDS[name])
    # What lies outside is a slip of the hand, and what is counted back from it would be no date.
    if not FIRST_YEAR <= found[0].year <= found[1].year <= LAST_YEAR:
        raise UsageError("report.bad-period", found=text, kind=_KINDS[name])
    return found


def run(
    session: Session,
    name: str,
    asked: Mapping[str, str | None] | None = None,
    *,
    period: Period | None = None,
    private: bool = False,
) -> Report:
    """A report of the book, for the period asked for or the last complete one.

    Refused when there is no such report, its definition has mistakes, or every part of it waits for forms that
    are not enabled; UsageError for a period that is none.
    """
    plan = plan_of(session, find(session, name))
    period = period or period_for(session, plan.kind, asked or {})
    if plan.kind == MOMENT and period.kind != MOMENT:
        period = _at_end(period, session.now)
    working = Working(session, plan, period, private=private)
    parts = tuple(part for part in map(working.part, plan.parts) if part is not None)
    if not parts:
        forms = list(dict.fromkeys(plan.asleep))
        raise Refused([Issue("report.asleep", {"found": name, "forms": forms}, field="report")])
    return Report(
        id=plan.id,
        title=plan.title,
        pack=plan.pack,
        period=period,
        as_of=session.now,
        commit=session.index.head,
        parts=parts,
        book=session.book.settings.name,
        audience=plan.audience,
        cadence=plan.cadence,
        due=plan.due,
        source=plan.source,
        note=plan.note,
        unfinished=working.unfinished,
    )


def monthly(session: Session, period: Period, *, private: bool = False) -> Iterator[tuple[Head, Report | None]]:
    """Every report that is due monthly (and those of a moment, as of the month's end, that say so), each worked
    out for that month; None where nothing is there to show or its forms are not enabled."""
    for head in heads(session):
        if "monthly" in head.cadence:
            yield head, _shown(session, head, period, private=private)


def latest(session: Session) -> Iterator[tuple[Head, Report]]:
    """Every report that has something to show, of its last complete period or as things stand."""
    for head in heads(session):
        report = _shown(session, head, None)
        if report is not None:
            yield head, report


def _shown(session: Session, head: Head, period: Period | None, *, private: bool = False) -> Report | None:
    try:
        report = run(session, head.id, period=period, private=private)
    except Refused as refused:
        if any(issue.rule == "report.asleep" for issue in refused.issues):
            return None
        raise
    return None if report.empty else report


def cadence_label(word: str) -> Text:
    """How often, in words."""
    return _CADENCES.get(word, Text(word, word))


_CADENCES: Mapping[str, Text] = {
    "daily": Text("每天", "daily"),
    "weekly": Text("每周", "weekly"),
    "monthly": Text("每月", "monthly"),
    "quarterly": Text("每季", "quarterly"),
    "half_yearly": Text("每半年", "half-yearly"),
    "yearly": Text("每年", "yearly"),
    "each_shift": Text("每班", "each shift"),
    "event": Text("按事", "by event"),
    "on_demand": Text("随时", "on demand"),
    "site_setting": Text("由本处定", "as the site sets"),
}
