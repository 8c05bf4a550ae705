"""Clocks in the index: what is late at any moment, and clocks that look at another record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest

from logbook.index.book_index import BookIndex
from logbook.index.book_index import ClockRow
from tests.index.books import Desk
from tests.index.books import complaint
from tests.index.books import event
from tests.index.books import record


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


def seconds(text: str) -> int:
    return int(at(text).timestamp())


def said(clocks: list[ClockRow]) -> list[tuple[str, str, str]]:
    return [(c.row.id, c.clock, c.state) for c in clocks]


MAJOR = complaint("A001", "2026-11-10T09:00", "name: 王\nsummary: 漏水\nlevel: major")
MINOR = complaint("A002", "2026-11-18T09:00", "name: 李\nsummary: 噪音\nlevel: minor")
HANDLED = complaint(
    "A003", "2026-11-10T10:00", "name: 赵\nsummary: 停电\nlevel: minor", event("2026-11-16T12:00", "handle")
)
CLOSED = complaint(
    "A004",
    "2026-11-12T10:00",
    "name: 孙\nsummary: 门禁\nlevel: major",
    event("2026-11-13T12:00", "void", more="reason: 重复"),
)
REPAIR = record("repair", "RP-20261115-A001", "2026-11-15T09:00", "content: 换管", step="report")
FINISHED = (REPAIR[0], REPAIR[1] + event("2026-11-16T15:00", "finish", by="wang"))
VISIT = record(
    "return_visit", "RV-20261115-A001", "2026-11-15T10:00", "record: RP-20261115-A001", step="plan"
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "book")


@pytest.fixture
def index(desk: Desk) -> Iterator[BookIndex]:
    desk.commit(MAJOR, MINOR, HANDLED, CLOSED, VISIT, REPAIR)
    with desk.open() as index:
        yield index


def test_most_overdue_first(index: BookIndex) -> None:
    found = index.overdue(at("2026-11-24T10:00"))
    assert said(found) == [
        ("CP-20261110-A001", "resolve", "overdue"),
        ("CP-20261118-A002", "resolve", "overdue"),
    ]
    assert [clock.to for clock in found] == ["director", "director"]
    # 2 days from the 18th end with the 20th; 10 days from the 10th end with the 20th as well
    assert [clock.due for clock in found] == [seconds("2026-11-21T00:00")] * 2
    assert [clock.overdue_seconds for clock in found] == [3 * 86400 + 10 * 3600] * 2


def test_strictly_after_due(index: BookIndex) -> None:
    assert index.overdue(at("2026-11-21T00:00")) == []
    assert len(index.overdue(at("2026-11-21T00:00") + timedelta(seconds=1))) == 2
    soon = index.overdue(at("2026-11-20T20:00"), soon=timedelta(hours=4))
    assert {(clock.state, clock.overdue_seconds) for clock in soon} == {("soon", 0)}
    assert index.overdue(at("2026-11-20T19:59"), soon=timedelta(hours=4)) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("level:major", ["CP-20261110-A001"]),
        ("噪音", ["CP-20261118-A002"]),
        ("to:director form:complaint", ["CP-20261110-A001", "CP-20261118-A002"]),
        ("to:管理处主任 -漏水", ["CP-20261118-A002"]),
        ("to:cs_supervisor", []),
        ("clock:处理 at<2026-11-15", ["CP-20261110-A001"]),
        ("due<2026-11-21", []),
    ],
)
def test_overdue_of_a_query(index: BookIndex, query: str, expected: list[str]) -> None:
    assert [clock.row.id for clock in index.overdue(at("2026-11-24T10:00"), query=query)] == expected


def test_records_overdue(index: BookIndex) -> None:
    rows = index.select("is:overdue", now=at("2026-11-24T10:00"))
    assert [row.id for row in rows] == ["CP-20261110-A001", "CP-20261118-A002"]
    rows = index.select("-is:overdue form:complaint", now=at("2026-11-24T10:00"))
    assert [row.id for row in rows] == ["CP-20261110-A003", "CP-20261112-A004"]


def test_overdue_as_it_was(index: BookIndex) -> None:
    """A003 was late from the 13th until it was handled on the 16th; A004 ran until it was voided."""
    assert said(index.overdue(at("2026-11-14T10:00"))) == [("CP-20261110-A003", "resolve", "overdue")]
    assert [row.id for row in index.select("is:overdue", now=at("2026-11-14T10:00"))] == ["CP-20261110-A003"]
    assert index.overdue(at("2026-11-16T12:00")) == []
    soon = index.overdue(at("2026-11-13T11:59"), soon=timedelta(days=30))
    assert said(soon) == [
        ("CP-20261110-A003", "resolve", "overdue"),
        ("CP-20261110-A001", "resolve", "soon"),
        ("CP-20261112-A004", "resolve", "soon"),
    ]
    soon = index.overdue(at("2026-11-13T12:00"), soon=timedelta(days=30))
    assert ("CP-20261112-A004", "resolve", "soon") not in said(soon)


def test_the_clocks_of_a_record(index: BookIndex) -> None:
    (row,) = index.find("complaint", "CP-20261110-A003")
    (clock,) = index.clocks(row, at("2026-11-24T10:00"))
    assert (clock.state, clock.overdue_seconds) == ("breached", 3 * 86400 + 12 * 3600)
    (then,) = index.find("complaint", "CP-20261110-A003", now=at("2026-11-14T10:00"))
    (clock,) = index.clocks(then, at("2026-11-14T10:00"))
    assert (clock.state, clock.overdue_seconds, clock.stopped) == ("overdue", 86400 + 10 * 3600, None)
    (row,) = index.find("complaint", "CP-20261112-A004")
    assert [clock.state for clock in index.clocks(row, at("2026-11-24T10:00"))] == ["cancelled"]


def test_the_next_due(index: BookIndex) -> None:
    rows = index.select("form:complaint", now=at("2026-11-19T10:00"), sort="due,-at")
    assert [row.id[-4:] for row in rows] == ["A004", "A003", "A002", "A001"]
    dues = index.next_due(rows, at("2026-11-19T10:00"))
    assert [dues.get(row.number) for row in rows] == [None, None, *[seconds("2026-11-21T00:00")] * 2]


def test_a_clock_that_starts_with_another_record(desk: Desk, index: BookIndex) -> None:
    """The return visit is due two days after the repair was finished, whichever file came first."""
    now = at("2026-11-20T10:00")
    assert index.overdue(now, form="return_visit") == []
    desk.commit(FINISHED)
    index.refresh()
    (clock,) = index.overdue(now, form="return_visit")
    assert (clock.row.id, clock.due) == ("RV-20261115-A001", seconds("2026-11-19T00:00"))
    before = index.overdue(at("2026-11-16T14:00"), soon=timedelta(days=9), form="return_visit")
    assert before == []
    soon = index.overdue(at("2026-11-16T15:00"), soon=timedelta(days=9), form="return_visit")
    assert said(soon) == [("RV-20261115-A001", "other", "soon")]
    index.rebuild()
    assert [c.due for c in index.overdue(now, form="return_visit")] == [clock.due]


def test_overdue_in_sql(index: BookIndex) -> None:
    columns, rows = index.sql(
        "select id, clock, datetime(due, 'unixepoch', '+8 hours') as due"
        " from clocks join records using (_record) where stopped is null order by id"
    )
    assert columns == ["id", "clock", "due"]
    assert rows == [
        ("CP-20261110-A001", "resolve", "2026-11-21 00:00:00"),
        ("CP-20261118-A002", "resolve", "2026-11-21 00:00:00"),
    ]
