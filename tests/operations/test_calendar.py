"""The calendars of a real book: the vectors, what the rules see, warnings, and bringing in a year."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from logbook.core.clocks import clocks_of
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.lifecycle import state_of
from logbook.locale.catalogue import Catalogue
from logbook.operations import calendar as calendars
from logbook.operations.doctoring import examine
from logbook.operations.reading import World
from logbook.operations.session import Session
from logbook.operations.validating import validate
from tests.core.clocked import form
from tests.core.clocked import record
from tests.core.clocked import said
from tests.core.vectors import VECTORS
from tests.core.vectors import ZONE
from tests.core.vectors import Vector
from tests.core.vectors import due
from tests.core.vectors import instant
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import moment
from tests.operations.desk import refused

SITE = "templates/site/calendars.yaml"
NEXT = "date,kind,name,notice\n2027-01-01,off,元旦,通知\n2027-01-02,off,元旦,通知\n2027-01-09,work,元旦,通知\n"
NOW = "2026-11-24 09:00"


def settle(desk: Desk, more: str) -> Session:
    """The book with these lines in its settings."""
    with (desk.root / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write(more)
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "book: settings")
    return desk.session(NOW)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: f"{one.within} from {one.start}")
def test_the_check_vectors_in_a_real_book(desk: Desk, vector: Vector) -> None:
    session = settle(desk, 'calendars:\n  late:\n    weekly:\n      daily: "20:30-08:30"\n')
    assert due(vector, session.calendars[vector.calendar]) == instant(vector.due)


def test_a_reopened_record_keeps_its_first_verdict(desk: Desk) -> None:
    """Due Tue 09:30, resolved Mon 16:00, reopened Wed 10:00."""
    case = form("""
        form: case
        version: 1
        prefix: CA
        title: 案 / Case
        fields: {}
        states: {open: 开 / Open, done: 结 / Done}
        steps:
          start: {zh: 开, en: Open, to: open}
          resolve: {zh: 结, en: Done, from: open, to: done}
          reopen: {zh: 再开, en: Reopen, from: done, to: open}
        clocks:
          resolve: {zh: 结, en: Resolve, starts: [at, reopen], stops: resolve, within: 24 hours}
        """)
    told = record("""
        id: CA-20261123-A001
        form: case@1
        status: open
        at: '2026-11-23T09:30:00+08:00'
        by: lina
        events:
        - at: '2026-11-23T09:30:00+08:00'
          by: lina
          step: start
        - at: '2026-11-23T16:00:00+08:00'
          by: lina
          step: resolve
        - at: '2026-11-25T10:00:00+08:00'
          by: lina
          step: reopen
        """)
    found = clocks_of(
        case, state_of(case, told), zone=ZONE, calendars=desk.session(NOW).calendars, link=lambda name, path: None
    )
    assert said(found) == [
        "resolve 1: 11-23 09:30 > 11-24 09:30, 11-23 16:00 met",
        "resolve 2: 11-25 10:00 > 11-26 10:00, - running",
    ]


# -- what the rules see ----------------------------------------------------------------------------


def test_holidays_working_days_and_hours_of_the_office(desk: Desk) -> None:
    world = World(desk.session(NOW))
    assert [world.is_holiday(date(2026, *day)) for day in ((10, 1), (10, 10), (11, 22))] == [True, False, False]
    assert [world.is_workday(date(2026, *day)) for day in ((10, 1), (10, 10), (11, 22))] == [False, True, False]
    assert world.add_working_hours(moment("2026-02-13 16:30"), 4) == moment("2026-02-14 11:30")


def test_a_book_without_an_office_knows_no_holiday(desk: Desk) -> None:
    (desk.root / "templates/core/calendars.yaml").unlink()
    world = World(desk.session(NOW))
    assert not world.is_holiday(date(2026, 10, 1))
    assert world.is_workday(date(2026, 11, 22))
    assert world.add_working_hours(moment("2026-02-13 16:30"), 4) is None
    assert calendars.find_calendar(desk.session(NOW), None).name == "desk"


def test_named_hours_come_from_the_calendar_of_that_name(desk: Desk) -> None:
    world = World(desk.session(NOW))
    assert world.setting(("hours", "night")) == {"normal": ["17:30-08:30"]}
    assert world.setting(("hours", "office")) is None  # its days differ
    assert world.season(date(2026, 7, 1)) == "normal"
    world = World(settle(desk, "settings:\n  season:\n    summer: 6-9\n  hours:\n    noon: 12:00-13:00\n"))
    assert world.setting(("hours", "night")) == {"normal": ["17:30-08:30"], "summer": ["18:00-08:30"]}
    assert world.setting(("hours", "noon")) == "12:00-13:00"  # what the site says wins
    assert [world.season(date(2026, month, 1)) for month in (5, 7)] == ["normal", "summer"]


# -- warnings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "warned"),
    [("2026-11-30 23:59", False), ("2026-12-01 00:00", True), ("2026-12-31 12:00", True), ("2027-03-01 12:00", True)],
)
def test_coverage_that_ends_within_30_days_is_told(desk: Desk, now: str, warned: bool) -> None:
    session = desk.session(now)
    issues = calendars.coverage_issues(session)
    assert codes(issues) == (["calendar.coverage-ends"] if warned else [])
    assert [issue for issue in validate(session).issues if issue.rule.startswith("calendar.")] == issues
    assert [issue for issue in examine(session).issues if issue.rule.startswith("calendar.")] == issues
    for issue in issues:
        assert Catalogue("zh").issue(issue) == (
            "日期表“cn”的节假日只到 2026-12-31；之后 office 的结果都是暂定（clocks 3）",
            "通知公布后：logbook calendar --import 2027",
        )
        assert (issue.severity, issue.path) == ("warning", "templates/core/calendars.yaml")
        lines = (desk.root / "templates/core/calendars.yaml").read_text(encoding="utf-8").splitlines()
        assert lines[(issue.line or 0) - 1].strip() == "cn:"


def test_a_calendar_nobody_has_puts_its_clocks_to_sleep(desk: Desk) -> None:
    path = desk.root / "templates/core/calendars.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  office:\n", "  bureau:\n"), encoding="utf-8")
    issues = [one for one in validate(desk.session("2026-06-01 09:00")).issues if one.rule == "calendar.sleeping"]
    assert [(one.path, one.field, one.severity) for one in issues] == [
        ("templates/core/return_visit.yaml", "clocks.week", "warning")
    ]
    assert Catalogue("en").issue(issues[0])[0] == (
        'The clock "Visit after a week" of "Return visit" sleeps: this book has no calendar "office" (clocks 3).'
    )


def test_the_calendars_of_the_settings_are_validated(desk: Desk) -> None:
    session = settle(desk, 'calendars:\n  late:\n    weekly:\n      mon: "20:00-09:00"\n      tue: "08:00-09:30"\n')
    issues = [one for one in validate(session).issues if one.rule == "calendar.overlap"]
    path = desk.root / "logbook.yaml"
    (issue,) = issues
    assert (issue.path, issue.field) == ("logbook.yaml", "calendars.late.weekly.mon")
    assert path.read_text(encoding="utf-8").splitlines()[(issue.line or 0) - 1].strip() == 'mon: "20:00-09:00"'


def test_calendars_that_are_no_mapping_are_named(desk: Desk) -> None:
    session = settle(desk, "calendars: office\n")
    (issue,) = [one for one in validate(session).issues if one.rule == "calendar.shape"]
    assert (issue.path, issue.field, issue.is_error) == ("logbook.yaml", "calendars", True)


# -- bringing in a year ----------------------------------------------------------------------------


def bring(desk: Desk, text: str, *, replace: bool = False, now: str = NOW) -> calendars.Import:
    session = desk.session(now)
    incoming = calendars.from_csv(text.encode(), "days.csv")
    return calendars.write_import(session, calendars.plan_import(session, incoming), by="wang", replace=replace)


def test_a_year_comes_in_as_one_commit(desk: Desk) -> None:
    before = desk.head
    session = desk.session(NOW)
    planned = calendars.plan_import(session, calendars.from_csv(NEXT.encode(), "days.csv"))
    assert (desk.head, desk.clean) == (before, True)  # looking changes nothing
    assert [f"{one.date:%m-%d}" for one in planned.differences] == ["01-01", "01-02", "01-09"]
    made = bring(desk, NEXT)
    assert (made.commit, desk.clean) == (desk.head, True)
    assert desk.git("rev-list", "--count", f"{before}..HEAD").strip() == "1"
    assert desk.git("log", "-1", "--format=%an <%ae>|%B").rstrip() == (
        "王强 <wang@staff.logbook>|book: calendar 2027\n\nRecord: book\nForm: book\nAction: calendar\nBy: wang"
    )
    office = desk.session(NOW).calendars["office"]
    assert office.years == (2024, 2027)
    assert (office.is_holiday(date(2027, 1, 2)), office.is_working(date(2027, 1, 9))) == (True, True)
    assert office.overrides[date(2027, 1, 1)].notice == "通知"
    assert calendars.coverage_issues(desk.session(NOW)) == []


def test_the_same_year_again_changes_nothing(desk: Desk) -> None:
    bring(desk, NEXT)
    head = desk.head
    assert (bring(desk, NEXT).commit, desk.head) == (None, head)
    # The notice of a day is no difference: what a person looked up stays.
    assert bring(desk, NEXT.replace("通知", "")).commit is None


def test_days_that_differ_are_listed_and_need_a_word(desk: Desk) -> None:
    bring(desk, NEXT)
    head = desk.head
    other = NEXT.replace("2027-01-09,work", "2027-01-10,work")
    with pytest.raises(Refused) as caught:
        bring(desk, other)
    assert refused(caught) == [("calendar.differs", None)] * 2
    assert [Catalogue("en").issue(issue)[0] for issue in caught.value.issues] == [
        '2027-01-09 stands as "New Year\'s Day, working", the source says "an ordinary day".',
        '2027-01-10 stands as "an ordinary day", the source says "New Year\'s Day, working".',
    ]
    assert (desk.head, desk.clean) == (head, True)
    bring(desk, other, replace=True)
    office = desk.session(NOW).calendars["office"]
    assert (office.is_working(date(2027, 1, 9)), office.is_working(date(2027, 1, 10))) == (False, True)


def test_a_year_of_the_pack_is_kept_in_the_file_of_the_pack(desk: Desk) -> None:
    pack = desk.root / "templates/core/calendars.yaml"
    before = pack.read_bytes()
    with pytest.raises(Refused):
        bring(desk, "date,kind,name\n2026-01-01,off,元旦\n")
    bring(desk, "date,kind,name\n2026-01-01,off,元旦\n", replace=True)
    assert pack.read_bytes() == before
    office = desk.session(NOW).calendars["office"]
    assert [f"{day:%m-%d}" for day in office.overrides if day.year == 2026] == ["01-01"]
    assert office.overrides[date(2026, 1, 1)].notice == "国办发明电〔2025〕7号"  # known before, kept
    assert office.is_holiday(date(2025, 1, 1))


def test_what_people_wrote_into_the_file_stays(desk: Desk) -> None:
    path = desk.root / SITE
    path.parent.mkdir()
    path.write_text(
        "# ours\ncalendars:\n  pool:   # in summer\n    weekly: {daily: '06:00-22:00'}\n"
        "days:\n  cn:\n    provisional: 2027\n    off:\n      2027-01-01: 元旦 # by custom\n",
        encoding="utf-8",
    )
    desk.git("add", "-A")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "book: ours")
    bring(desk, NEXT.replace("通知", ""))  # a provisional year becomes a final one; no day of it was lost
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ours\ncalendars:\n  pool:   # in summer\n    weekly: {daily: '06:00-22:00'}\n")
    assert "# by custom" in text
    assert "provisional" not in text
    made = desk.session(NOW).calendars
    assert made["office"].years == (2024, 2027)
    assert made["pool"].is_working(date(2027, 1, 1))


def test_a_year_that_does_not_follow_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        bring(desk, NEXT.replace("2027-", "2029-"))
    assert [(one.rule, one.path) for one in caught.value.issues] == [("calendar.years-gap", SITE)]
    assert not (desk.root / SITE).exists()


def test_a_file_changed_by_hand_is_not_overwritten(desk: Desk) -> None:
    bring(desk, NEXT)
    path = desk.root / SITE
    path.write_text(path.read_text(encoding="utf-8") + "# half done\n", encoding="utf-8")
    from logbook.core.errors import BookError

    with pytest.raises(BookError) as caught:
        bring(desk, NEXT.replace("2027-", "2028-"))
    assert caught.value.code == "git.dirty-target"


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("date,name\n2027-01-01,元旦\n", [("calendar.csv-columns", 1)]),
        ("", [("calendar.csv-columns", 1)]),
        ("date,kind,name\n", [("calendar.csv-empty", None)]),
        (
            "date,kind,name\n2027-13-01,off,元旦\n2027-01-01,maybe,元旦\n\n2027-01-02,off,\n2027-01-02,班,元旦\n",
            [("calendar.bad-date", 2), ("calendar.csv-kind", 3), ("calendar.csv-name", 5), ("calendar.csv-twice", 6)],
        ),
        ('date,kind,name\n2027-01-01,off,"元\x00旦"\n', None),
    ],
)
def test_every_bad_line_of_a_file_is_named(text: str, issues: list[tuple[str, int | None]] | None) -> None:
    if issues is None:  # a stray byte is no crash
        assert calendars.from_csv(text.encode(), "x.csv").years == (2027,)
        return
    with pytest.raises(Refused) as caught:
        calendars.from_csv(text.encode(), "x.csv")
    assert [(issue.rule, issue.line) for issue in caught.value.issues] == issues


def test_a_file_of_another_encoding_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        calendars.from_csv("date,kind,name\n2027-01-01,off,元旦\n".encode("gb18030"), "x.csv")
    assert codes(list(caught.value.issues)) == ["calendar.csv-encoding"]


def test_chinese_heads_and_a_mark_of_byte_order_are_read() -> None:
    text = "\ufeff日期,类型,名称,文号\n2027-01-01,放假,元旦,甲\n2027-01-09,上班,元旦,甲\n"
    assert calendars.from_csv(text.encode(), "x.csv").days == {
        date(2027, 1, 1): ("off", "元旦", "甲"),
        date(2027, 1, 9): ("work", "元旦", "甲"),
    }


# -- the package -----------------------------------------------------------------------------------


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A small package of that name, installed as pip would."""
    (tmp_path / "chinese_calendar").mkdir()
    (tmp_path / "chinese_calendar/__init__.py").write_text("")
    (tmp_path / "chinese_calendar/constants.py").write_text(
        "from datetime import date\nholidays = {date(2027, 1, 1): \"New Year's Day\"}\n"
        "workdays = {date(2027, 2, 6): 'Spring Festival'}\n"
    )
    info = tmp_path / "chinesecalendar-1.12.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chinesecalendar\nVersion: 1.12.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("chinese_calendar", "chinese_calendar.constants"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in ("chinese_calendar", "chinese_calendar.constants"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("package")
def test_a_year_out_of_the_package() -> None:
    assert calendars.from_package(2027).days == {
        date(2027, 1, 1): ("off", "元旦", "chinesecalendar 1.12.0"),
        date(2027, 2, 6): ("work", "春节", "chinesecalendar 1.12.0"),
    }
    assert calendars.from_package(2027, notice="国办发明电〔2026〕1号").days[date(2027, 1, 1)][2].endswith("1号")
    with pytest.raises(Refused) as caught:
        calendars.from_package(2028)
    (issue,) = caught.value.issues
    assert Catalogue("en").issue(issue)[0] == "chinesecalendar 1.12.0 does not know 2028 yet; its last year is 2027."


def test_without_the_package_the_command_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chinese_calendar", None)
    with pytest.raises(UsageError) as caught:
        calendars.from_package(2027)
    assert (caught.value.code, caught.value.exit_code) == ("calendar.no-package", 2)
    assert "python -m pip install 'chinesecalendar>=1.11'" in Catalogue("en").error(caught.value)[1]
