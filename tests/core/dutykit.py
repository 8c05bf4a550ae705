"""Duties written as people write them, the year 2026 they are expected in, and occurrences in words."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import timedelta
from textwrap import dedent
from textwrap import indent
from typing import Any
from zoneinfo import ZoneInfo

from logbook.core.calendars import Calendar
from logbook.core.calendars import office
from logbook.core.duties import Duty
from logbook.core.dutyfile import duties_of
from logbook.core.form import Library
from logbook.core.formlibrary import library_from
from logbook.core.fulfilment import stand
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.moments import days_in
from logbook.core.occurrences import Frame
from logbook.core.occurrences import Mark
from logbook.core.occurrences import Occurrence
from logbook.core.occurrences import Standing
from logbook.core.occurrences import Trigger
from logbook.core.occurrences import expected
from logbook.core.occurrences import frame_of
from logbook.core.sources import Source
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from logbook.store.records import record_from

SHANGHAI = ZoneInfo("Asia/Shanghai")

FORMS = {
    "area": """\
        form: area
        version: 1
        prefix: AR
        register: true
        title: 区域 / Area
        fields:
          kind: {zh: 类别, en: Kind, type: choice, choices: {show_flat: 样板房 / Show flat, bar: 水吧 / Bar}}
        states: {active: 有效 / Active, retired: 停用 / Retired}
        final: [retired]
        steps:
          enter: {zh: 登记, en: Enter, to: active}
          retire: {zh: 停用, en: Retire, from: active, to: retired}
          regrade: {zh: 改类别, en: Regrade, from: active}
        """,
    "check": """\
        form: check
        version: 1
        prefix: CK
        title: 检查 / Check
        fields:
          area: {zh: 区域, en: Area, type: ref area}
          kind: {zh: 类别, en: Kind, type: choice, choices: {round: 巡查 / Round, rain_before: 雨前 / Before rain, rain_after: 雨后 / After rain}}
          month: {zh: 月份, en: Month, type: text}
          on_date: {zh: 日期, en: Date, type: date}
          rounds:
            zh: 检查
            en: Rounds
            type: list
            of:
              at: {zh: 时间, en: At, type: time}
              fine: {zh: 正常, en: Fine, type: bool}
        states: {noted: 已记 / Noted, read: 已阅 / Read}
        final: [read]
        steps:
          note: {zh: 记录, en: Note, to: noted}
          add_round: {zh: 再查, en: Again, from: noted}
          review: {zh: 审阅, en: Review, from: noted, to: read}
        """,
    "repair": """\
        form: repair
        version: 1
        prefix: RP
        title: 报修 / Repair
        fields:
          kind: {zh: 类别, en: Kind, type: choice, choices: {leak: 渗漏 / Leak, other: 其他 / Other}}
          asked_by: {zh: 约定时间, en: Asked by, type: datetime}
          found_on: {zh: 发现日期, en: Found on, type: date}
          summary: {zh: 内容, en: Summary, type: text}
        states: {open: 处理中 / Open, done: 已完成 / Done, told: 已回访 / Told}
        final: [told]
        steps:
          take: {zh: 登记, en: Take, to: open}
          finish: {zh: 完工, en: Finish, from: open, to: done}
          again: {zh: 返修, en: Again, from: [done, told], to: open}
          tell: {zh: 告知, en: Tell, from: done, to: told}
        """,
    "visit": """\
        form: visit
        version: 1
        prefix: VS
        title: 回访 / Visit
        fields:
          repair: {zh: 报修单, en: Repair, type: ref repair}
          other: {zh: 别的单, en: Other, type: ref repair}
        states: {open: 待访 / Open, done: 已访 / Done}
        steps:
          plan: {zh: 安排, en: Plan, to: open}
          visit: {zh: 回访, en: Visit, from: open, to: done}
        """,
    "log": """\
        form: log
        version: 1
        prefix: LG
        title: 日志 / Log
        fields:
          weather:
            zh: 天气
            en: Weather
            type: list
            of:
              kind: {zh: 类别, en: Kind, type: choice, choices: {heavy_rain: 大雨 / Heavy rain, snow: 雪 / Snow}}
              from_at: {zh: 起, en: From, type: datetime}
              to_at: {zh: 止, en: To, type: datetime}
        states: {open: 记录中 / Open, closed: 已完 / Closed}
        final: [closed]
        steps:
          begin: {zh: 开始, en: Begin, to: open}
          close: {zh: 结束, en: Close, from: open, to: closed}
        """,
}
ROLES = "roles: {guide: 讲解员 / Guide, officer: 客服管理员 / Officer}\n"
PATH = "templates/core/duties.yaml"


def source(path: str, text: str) -> Source:
    document, issues = codec.read_definition(text.encode())
    assert document is not None, issues
    return Source(path, document.plain, document.line, getattr(document, "spot", None))


SHIFTS = """\
posts:
  noon_duty: {zh: 中午, en: Noon, slots: {normal: [{start: "12:00", end: "13:30"}]}}
  night_duty: {zh: 夜间, en: Night, slots: {normal: [{start: "17:30", end: "08:30", end_day: next}]}}
  ghost: {zh: 空岗, en: Ghost}
"""


def library(*duties: str, others: Mapping[str, str] | None = None) -> tuple[Library, list[Issue]]:
    """The forms above and these duties (each file's text below ``duties:``), and what is wrong with them."""
    files = {f"templates/core/{name}.yaml": dedent(text) for name, text in FORMS.items()}
    files["templates/core/roles.yaml"] = ROLES
    files["templates/core/shifts.yaml"] = SHIFTS
    for number, text in enumerate(duties):
        pack = "core" if number == 0 else f"pack{number}"
        files[f"templates/{pack}/duties.yaml"] = "duties:\n" + indent(dedent(text), "  ")
    files.update(others or {})
    return library_from([source(path, text) for path, text in files.items()])


def said(issues: Sequence[Issue], lang: str = "en") -> list[str]:
    """``3 daily.at: sentence`` for each: the line, the place inside the duty, the sentence."""
    catalogue = Catalogue(lang)
    return [
        f"{issue.line} {'.'.join((issue.field or '').split('.')[2:])}: {catalogue.issue(issue)[0]}"
        for issue in issues
    ]


def duty(text: str, *, settings: Mapping[str, object] | None = None) -> Duty:
    """A duty without a fault, called ``round``: a show flat is checked, if nothing else is said."""
    lines = dedent(text).strip("\n")
    if "done_by:" not in lines:
        lines += "\ndone_by: check"
    found, issues = library("round:\n" + indent("zh: 查房\nen: Round\n" + lines, "  "))
    assert [issue for issue in issues if issue.path == PATH] == [], said(issues)
    return duties_of(found, settings or {})["round"]


def office_2026() -> Calendar:
    """The working days of 2026 as the State Council's office announced them."""
    def run(first: date, days: int, name: str) -> dict[date, str]:
        return {first + timedelta(days=n): f"{name} 国务院办公厅通知" for n in range(days)}

    holidays = {
        **run(date(2026, 1, 1), 3, "元旦"), **run(date(2026, 2, 15), 9, "春节"), **run(date(2026, 4, 4), 3, "清明节"),
        **run(date(2026, 5, 1), 5, "劳动节"), **run(date(2026, 6, 19), 3, "端午节"), **run(date(2026, 9, 25), 3, "中秋节"),
        **run(date(2026, 10, 1), 7, "国庆节"),
    }  # fmt: skip
    work = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]
    workdays = {date(2026, month, day): "调休" for month, day in work}
    return office(holidays=holidays, workdays=workdays, years=(2026, 2026))


def frame(
    settings: Mapping[str, object] | None = None, *, zone: ZoneInfo = SHANGHAI, posts: Mapping[str, Any] | None = None
) -> Frame:
    return frame_of(days_in(zone), {"office": office_2026()}, settings or {}, posts)


def instant(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    """``2026-11-22 09:35`` in the zone, or ``2026-11-22`` = its 00:00."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def short(moment: int, zone: ZoneInfo = SHANGHAI) -> str:
    """``11-22 09:35``; the end of a day is its 24:00."""
    at = datetime.fromtimestamp(moment, zone)
    if at.hour == at.minute == 0:
        return f"{at - timedelta(days=1):%m-%d} 24:00"
    return f"{at:%m-%d %H:%M}"


def told(one: Occurrence, zone: ZoneInfo = SHANGHAI) -> str:
    """``02-14 am: 02-13 24:00 > 02-14 12:00``: nominal day, slot, when it opens, when it is due."""
    slot = f" {one.slot}" if one.slot else ""
    return f"{date.fromordinal(one.nominal):%m-%d}{slot}: {short(one.opens, zone)} > {short(one.due, zone)}"


def due(
    rule: Duty, first: str, last: str, *, of: Frame | None = None, triggers: Sequence[Trigger] = ()
) -> list[str]:
    """What is due after 00:00 of ``first`` and by 24:00 of ``last``, in words."""
    zone = of.days.zone if of is not None else SHANGHAI
    end = instant(f"{date.fromisoformat(last) + timedelta(days=1)}", zone)
    return [told(one, zone) for one in expected(rule, of or frame(), instant(first, zone), end, triggers)]


def mark(at: str, *, written: str | None = None, period: str | None = None, slot: str | None = None) -> Mark:
    return Mark(instant(at), instant(written or at), f"CK {at}", period, slot)


def states(rule: Duty, first: str, last: str, marks: Sequence[Mark], now: str, **more: Any) -> list[str]:
    """``02-14 am done``: how each occurrence stands."""
    found = expected(rule, more.pop("of", None) or frame(), instant(first), instant(last) + 86400, more.pop("triggers", ()))
    return [standing(one) for one in stand(rule, found, marks, instant(now), **more)]


def standing(one: Standing) -> str:
    slot = f" {one.occurrence.slot}" if one.occurrence.slot else ""
    return f"{date.fromordinal(one.occurrence.nominal):%m-%d}{slot} {one.state}"


def state(known: Library, text: str) -> State:
    """A record as its file says it, replayed."""
    document, issues = codec.read(dedent(text).encode())
    assert document is not None, issues
    record, issues = record_from(document.plain)
    assert record is not None, issues
    return state_of(known.forms[record.form], record)
