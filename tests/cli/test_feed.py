"""The calendar feed, read by a real parser."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest

from tests.cli.conftest import MAJOR
from tests.cli.line import Line

LATER = "2026-11-21 12:00"
LONG = "业主多次反映单元门口的照明灯长期不亮并且报修之后一直没有人处理也没有人答复"


@pytest.fixture
def typed(book: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(book, capsys)


def test_the_feed_is_a_calendar_with_names_that_stay(typed: Line) -> None:
    typed.ok("add", "complaint", "name=赵四", f"summary={LONG}", "level=major", "--at", "2026-11-21 11:00", "--now", LATER)
    answer = typed.ok("agenda", "--format", "ics", "--days", "5", "--alarm", "30m", "-o", "due.ics", "--now", LATER)
    assert answer.out == ""
    data = (typed.root / "due.ics").read_bytes()
    assert b"\n" not in data.replace(b"\r\n", b"") and max(map(len, data.split(b"\r\n"))) <= 75
    assert [line.decode() for line in data.split(b"\r\n")]  # no fold cuts a character in two
    feed = icalendar.Calendar.from_ical(data)
    events = {str(event["uid"]): event for event in feed.walk("VEVENT")}
    root = typed.root  # the book's own mark is its first commit
    first = next(iter(events)).rpartition("@")[2]
    assert len(events) == len(feed.walk("VEVENT")) and {uid.rpartition("@")[2] for uid in events} == {first}
    forward = events[f"{MAJOR}/forward@{first}"]  # major: the same day, and midnight is shown as the day it ends
    assert forward["dtstart"].dt == datetime(2026, 11, 21, 15, 59, tzinfo=UTC)
    assert forward["dtstamp"].dt == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    (alarm,) = forward.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(minutes=-30)
    assert any(LONG in str(event["summary"]) for event in events.values())
    told = data.decode().replace("\r\n ", "")
    assert "李四" not in told and "赵四" not in told
    typed.ok("agenda", "--format", "ics", "--days", "5", "--alarm", "30m", "-o", "again.ics", "--now", LATER)
    assert (root / "again.ics").read_bytes() == data
    # an hour later the same things have the same names
    typed.ok("agenda", "--format", "ics", "--days", "5", "-o", "later.ics", "--now", "2026-11-21 13:00")
    later = {str(event["uid"]) for event in icalendar.Calendar.from_ical((root / "later.ics").read_bytes()).walk("VEVENT")}
    assert f"{MAJOR}/forward@{first}" in later
    role = typed.ok("agenda", "--format", "ics", "--days", "5", "--role", "director", "--now", LATER).out
    assert 0 < role.count("BEGIN:VEVENT") < len(events)


def test_what_a_feed_does_not_take(typed: Line) -> None:
    assert typed("agenda", "tomorrow", "--format", "ics").code == 2
    assert typed("agenda", "-o", "x.txt").code == 2
    assert typed("agenda", "--format", "ics", "--role", "nobody").code == 1
