"""The calendars of a book: a month of one, how far they are known, and bringing in another year."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import date
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

from logbook.core.calendarfile import SITE
from logbook.core.calendarfile import Calendars
from logbook.core.calendarfile import DayList
from logbook.core.calendarfile import check_own
from logbook.core.calendarfile import in_order
from logbook.core.calendarfile import read_date
from logbook.core.calendarfile import read_years
from logbook.core.calendars import Calendar
from logbook.core.calendars import Window
from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.moments import hhmm
from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.operations.session import Session
from logbook.store.book import SETTINGS_FILE
from logbook.store.installed import install_command

if TYPE_CHECKING:
    from logbook.core.sources import Source

Kind = Literal["working", "off", "holiday", "makeup"]

OFFICE = "office"
# The list of dated days an import goes to.
MAINLAND = "cn"
SITE_FILE = f"templates/{SITE}/calendars.yaml"
# How long before the end of what is known people are warned: the notice of a year comes out in November.
WARN_DAYS = 30
PACKAGE = "chinesecalendar"

HOLIDAYS = (
    Text("元旦", "New Year's Day"),
    Text("春节", "Spring Festival"),
    Text("清明节", "Tomb-sweeping Day"),
    Text("劳动节", "Labour Day"),
    Text("端午节", "Dragon Boat Festival"),
    Text("国庆节", "National Day"),
    Text("中秋节", "Mid-autumn Festival"),
)
_HEADS = {"date": "date", "日期": "date", "kind": "kind", "类型": "kind", "name": "name", "名称": "name",
          "notice": "notice", "通知": "notice", "文号": "notice"}  # fmt: skip
_KINDS = {"off": "off", "work": "work", "休": "off", "放假": "off", "班": "work", "上班": "work", "调休": "work"}
_SITE_HEAD = b"# Calendars and dated days of this site; read after those of the packs.\n"


# -- looking ---------------------------------------------------------------------------------------


@frozen
class Day:
    """One day of a calendar. ``kind``: working, off (by the week or the site), holiday, makeup (调休上班)."""

    date: date
    kind: Kind
    windows: tuple[Window, ...]
    name: str
    notice: str
    provisional: bool


@frozen
class Known:
    """One calendar of the book, for a list of them."""

    calendar: Calendar
    days: str | None
    provisional: tuple[int, ...]


def find_calendar(session: Session, word: str | None) -> Calendar:
    """The calendar meant by an id or a label; without a word the office's, else the desk's. Refused
    ``calendar.unknown`` when there is none."""
    calendars = session.calendars
    if word is None:
        return calendars[OFFICE if OFFICE in calendars else "desk"]
    if word in calendars:
        return calendars[word]
    for calendar in calendars.values():
        if word in (calendar.label.zh, calendar.label.en):
            return calendar
    from logbook.core.suggest import hint

    labels = [label for one in calendars.values() for label in (one.name, one.label.zh, one.label.en) if label]
    args = {"found": word, "known": list(calendars), "hint": hint(word, labels)}
    raise Refused([Issue("calendar.unknown", args, field="calendar")])


def days_between(calendar: Calendar, first: date, last: date) -> list[Day]:
    """The days from ``first`` to ``last``, both included."""
    return [day_of(calendar, first + timedelta(step)) for step in range((last - first).days + 1)]


def day_of(calendar: Calendar, day: date) -> Day:
    """What a calendar says of one day."""
    override = calendar.overrides.get(day)
    windows = calendar.windows(day)
    kind: Kind = "working" if windows else "off"
    if override is not None and override.holiday:
        kind = "holiday"
    elif override is not None and override.windows is None:
        kind = "makeup"
    name, notice = (override.name, override.notice) if override is not None else ("", "")
    return Day(day, kind, windows, name, notice, not calendar.covers(day))


def said_windows(windows: Iterable[Window]) -> list[str]:
    """Windows as they are written: ``17:30-08:30``."""
    return [f"{hhmm(begin)}-{hhmm(end if end <= 1440 else end - 1440)}" for begin, end in windows]


def known_calendars(session: Session) -> list[Known]:
    """Every calendar of the book."""
    calendars = session.calendars
    found = []
    for calendar in calendars.values():
        listed = calendars.list_of(calendar.name) if isinstance(calendars, Calendars) else None
        provisional = calendars.days(listed).provisional if listed and isinstance(calendars, Calendars) else ()
        found.append(Known(calendar, listed, provisional))
    return found


def hours_of(calendar: Calendar | None) -> Mapping[str, list[str]] | None:
    """The hours of a calendar whose days are all alike, by season (``normal`` outside them), as rules name
    them: ``in same night as``. None for any other calendar."""
    if calendar is None or len(set(calendar.weekly)) != 1:
        return None
    found = {"normal": said_windows(calendar.weekly[0])}
    for season in calendar.seasons:
        if len(set(season.weekly)) == 1:
            found[season.name] = said_windows(season.weekly[0])
    return found


def holiday_name(name: str, lang: str) -> str:
    """The name of a public holiday in the reader's language, as far as it is one we know."""
    return next((text.say(lang) for text in HOLIDAYS if name in (text.zh, text.en)), name)


# -- warnings --------------------------------------------------------------------------------------


def calendar_issues(session: Session) -> list[Issue]:
    """What ``validate`` and ``doctor`` say of a book's calendars: faults of its own, years that run out,
    clocks that sleep for lack of a calendar."""
    return [*_own_issues(session), *coverage_issues(session), *sleeping_issues(session)]


def _own_issues(session: Session) -> list[Issue]:
    from logbook.store import codec

    document, _ = codec.read((session.book.root / SETTINGS_FILE).read_bytes(), path=SETTINGS_FILE)
    if document is None:  # changed since the session read it
        return []
    own: Any = document.plain.get("calendars")
    return check_own(own or {}, session.book.settings.settings, session.library, document.line)


def coverage_issues(session: Session) -> list[Issue]:
    """A warning for each list of dated days that some calendar goes by and that ends within 30 days."""
    calendars = session.calendars
    if not isinstance(calendars, Calendars):
        return []
    today = session.now.astimezone(session.zone).date()
    users: dict[str, list[str]] = {}
    for known in known_calendars(session):
        if known.days is not None:
            users.setdefault(known.days, []).append(known.calendar.name)
    issues = []
    for name, of in users.items():
        last = calendars.days(name).covered[1]
        if not last or (date(last, 12, 31) - today).days > WARN_DAYS:
            continue
        source = _source_of(session, name)
        line = source.line("days", name) if source is not None else None
        args = {"days": name, "until": date(last, 12, 31).isoformat(), "calendars": of, "next": last + 1}
        issues.append(
            Issue(
                "calendar.coverage-ends", args, severity="warning", path=source.path if source else None, line=line
            )
        )
    return issues


def _source_of(session: Session, name: str) -> Source | None:
    """The file that says the latest years of a list."""
    found = None
    for source in in_order(session.library.shared.get("calendars", ())):
        entries = (source.plain or {}).get("days")
        if isinstance(entries, Mapping) and name in entries:
            found = source
    return found


def sleeping_issues(session: Session) -> list[Issue]:
    """A warning for each clock that never runs because the book lacks its calendar."""
    from logbook.core.clocks import sleeping

    issues = []
    for form in session.library.forms.values():
        for clock, calendar in sleeping(form, session.calendars).items():
            args = {"form": form.title, "clock": form.clocks[clock].label, "calendar": calendar}
            line = form.clocks[clock].line
            field = f"clocks.{clock}"
            issues.append(
                Issue("calendar.sleeping", args, severity="warning", path=form.path, line=line, field=field)
            )
    return issues


# -- bringing in a year ----------------------------------------------------------------------------


@frozen
class Incoming:
    """The dated days of whole years from somewhere: each day with its kind (off, work), name and notice."""

    years: tuple[int, ...]
    days: Mapping[date, tuple[str, str, str]]


@frozen
class Difference:
    """One day the book and the source say different things of; None where one says nothing."""

    date: date
    before: tuple[str, str] | None
    after: tuple[str, str] | None


@frozen
class Import:
    """What an import would do, or has done: ``commit`` is None as long as nothing was written."""

    incoming: Incoming
    differences: tuple[Difference, ...]
    path: str = SITE_FILE
    data: bytes = b""
    commit: str | None = None
    overwrites: tuple[Difference, ...] = attribute(default_factory=tuple)


def from_package(year: int, *, notice: str | None = None) -> Incoming:
    """A year out of the package chinesecalendar. UsageError ``calendar.no-package`` when it is not installed,
    Refused ``calendar.year-unknown`` when it does not know the year."""
    try:
        from chinese_calendar import constants
    except ImportError:
        raise UsageError("calendar.no-package", package=PACKAGE, command=install_command("calendar")) from None
    from importlib.metadata import version

    off: Mapping[date, str] = constants.holidays
    work: Mapping[date, str] = constants.workdays
    known = sorted({day.year for day in off})
    if year not in known:
        args = {"year": year, "package": PACKAGE, "version": version(PACKAGE), "last": known[-1]}
        raise Refused([Issue("calendar.year-unknown", args)], "calendar.refused")
    cited = notice or f"{PACKAGE} {version(PACKAGE)}"
    days = {
        day: (kind, holiday_name(str(name), "zh"), cited)
        for kind, table in (("off", off), ("work", work))
        for day, name in table.items()
        if day.year == year
    }
    return Incoming((year,), dict(sorted(days.items())))


def from_csv(data: bytes, path: str) -> Incoming:
    """The years of a CSV file with the columns date, kind (off, work), name, notice. Refused with every bad
    line; a year that is there is taken to be there whole."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([Issue("calendar.csv-encoding", {"path": path}, path=path)], "calendar.refused") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    issues: list[Issue] = []
    days: dict[date, tuple[str, str, str]] = {}
    try:
        heads = [_HEADS.get(head.strip().lower(), head.strip()) for head in next(reader, [])]
        missing = [name for name in ("date", "kind", "name") if name not in heads]
        if missing:
            raise Refused([Issue("calendar.csv-columns", {"missing": missing}, path=path, line=1)], "calendar.refused")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(heads, (cell.strip() for cell in cells), strict=False))
            line = reader.line_num
            day, kind = read_date(row.get("date", "")), _KINDS.get(row.get("kind", "").lower())
            if day is None:
                issues.append(Issue("calendar.bad-date", {"found": row.get("date", "")}, path=path, line=line))
            elif day in days:
                issues.append(Issue("calendar.csv-twice", {"day": day.isoformat()}, path=path, line=line))
            if kind is None:
                issues.append(Issue("calendar.csv-kind", {"found": row.get("kind", "")}, path=path, line=line))
            if not row.get("name"):
                issues.append(Issue("calendar.csv-name", {}, path=path, line=line))
            if day is not None and kind is not None:
                # The name is one word: what follows it in the book is the notice.
                days[day] = (kind, row.get("name", "").replace(" ", ""), row.get("notice", ""))
    except csv.Error as error:
        issues.append(Issue("calendar.csv-broken", {"why": str(error)}, path=path, line=reader.line_num))
    if not days and not issues:
        issues.append(Issue("calendar.csv-empty", {}, path=path))
    if issues:
        raise Refused(issues, "calendar.refused")
    return Incoming(tuple(sorted({day.year for day in days})), dict(sorted(days.items())))


def plan_import(session: Session, incoming: Incoming, *, days: str = MAINLAND) -> Import:
    """What bringing these years in would change; nothing is written. Refused when the result would be wrong."""
    calendars = session.calendars
    known = calendars.days(days) if isinstance(calendars, Calendars) else DayList({}, {})
    differences, overwrites = [], []
    ours = {day: (_kind_of(one), one.name) for day, one in known.days.items() if day.year in incoming.years}
    for day in sorted({*ours, *incoming.days}):
        coming = incoming.days.get(day)
        before, after = ours.get(day), (coming[0], coming[1]) if coming is not None else None
        if before == after:
            continue
        difference = Difference(day, before, after)
        differences.append(difference)
        if before is not None or known.years.get(day.year):
            overwrites.append(difference)
    final = all(known.years.get(year) for year in incoming.years)
    if not differences and final:
        return Import(incoming, ())
    data = _file_with(session, incoming, days, known)
    _check_result(session, data)
    return Import(incoming, tuple(differences), data=data, overwrites=tuple(overwrites))


def write_import(session: Session, planned: Import, *, by: str | None = None, replace: bool = False) -> Import:
    """Write a planned import as one commit. Refused ``calendar.differs`` for every day that says something else
    already, unless ``replace``."""
    if not planned.data:
        return planned
    if planned.overwrites and not replace:
        args = {"command": "--replace"}
        issues = [
            Issue("calendar.differs", {**args, "day": one.date.isoformat(), **_said_of(one)}, path=planned.path)
            for one in planned.overwrites
        ]
        raise Refused(issues, "calendar.refused")
    from logbook.operations.writing import publish_book

    years = "-".join(str(year) for year in dict.fromkeys((planned.incoming.years[0], planned.incoming.years[-1])))
    commit = publish_book(session, f"calendar {years}", "calendar", {planned.path: planned.data}, by=by)
    return Import(
        planned.incoming, planned.differences, planned.path, planned.data, commit, planned.overwrites
    )


def _kind_of(override: Any) -> str:
    return "work" if override.windows is None else "own" if override.windows else "off"


def _said_of(one: Difference) -> dict[str, Text]:
    return {"before": said_entry(one.before), "after": said_entry(one.after)}


def said_entry(entry: tuple[str, str] | None) -> Text:
    """``元旦 休`` in words for both languages."""
    if entry is None:
        return Text("平常的一天", "an ordinary day")
    kind, name = entry
    zh = {"off": "休", "work": "班", "own": "另有时间"}.get(kind, kind)
    en = {"off": "off", "work": "working", "own": "own hours"}.get(kind, kind)
    return Text(f"{name} {zh}", f"{holiday_name(name, 'en')}, {en}")


def _file_with(session: Session, incoming: Incoming, days: str, known: DayList) -> bytes:
    """The site's calendar file with these years in it; all other bytes stay as they are."""
    from logbook.store import codec

    path = session.book.root / SITE_FILE
    data = path.read_bytes() if path.is_file() else b""
    document, issues = codec.read_definition(data, path=SITE_FILE) if data else (None, [])
    if data and document is None:
        raise Refused([issue.at(path=SITE_FILE) for issue in issues], "calendar.refused")
    plain: dict[str, Any] = dict(document.plain) if document is not None else {}
    lists = dict(plain.get("days") or {})
    one: dict[str, Any] = dict(lists.get(days) or {})
    open_ = [year for year in read_years(one.get("provisional") or []) or () if year not in incoming.years]
    one["years"] = _said_years({*(read_years(one.get("years") or []) or ()), *incoming.years})
    if open_:
        one["provisional"] = _said_years(open_)
    else:
        one.pop("provisional", None)
    for kind in ("off", "work", "own"):
        kept = {
            word: text
            for word, text in (one.get(kind) or {}).items()
            if (day := read_date(word)) is None or day.year not in incoming.years
        }
        for day, (which, name, notice) in incoming.days.items():
            if which == kind:
                same = known.days.get(day)
                # A notice that was looked up by a person says more than the source's own name.
                cited = same.notice if same and (_kind_of(same), same.name) == (which, name) and same.notice else notice
                kept[day.isoformat()] = f"{name} {cited}".strip()
        if kept:
            one[kind] = dict(sorted(kept.items()))
        else:
            one.pop(kind, None)
    order = ("years", "provisional", "off", "work", "own")
    lists[days] = {key: one[key] for key in sorted(one, key=lambda key: order.index(key) if key in order else 9)}
    plain["days"] = lists
    return codec.edit(data, plain, SITE_FILE) if data else _SITE_HEAD + codec.write(plain)


def _check_result(session: Session, data: bytes) -> None:
    """Refused when the calendars of the book would not stand with this file."""
    from logbook.core.calendarfile import check_calendars
    from logbook.core.sources import Source
    from logbook.store import codec

    document, _ = codec.read_definition(data, path=SITE_FILE)
    if document is None:
        raise BookError("yaml.cannot-edit", path=SITE_FILE)
    others = [one for one in session.library.shared.get("calendars", ()) if one.path != SITE_FILE]
    fresh = Source(SITE_FILE, document.plain, document.line, document.place)
    found = check_calendars([*others, fresh], session.library)
    broken = [one for one in found if one.path == SITE_FILE and one.is_error]
    if broken:
        raise Refused(broken, "calendar.refused")


def _said_years(years: Iterable[int]) -> str:
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
