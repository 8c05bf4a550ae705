"""Every figure agrees with one counted from the records' own dictionaries, or by SQL, without the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest

from logbook.core.reporting import Named
from logbook.core.reporting import Report
from logbook.core.reporting import Small
from logbook.operations.session import Session
from logbook.reports.running import run
from logbook.reports.suppressing import hidden_groups
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.reports import book as made
from tests.reports.book import NOW
from tests.reports.book import Plain
from tests.reports.book import Records
from tests.reports.book import month_of
from tests.reports.book import taken
from tests.reports.book import value

NOV = {"month": "2026-11"}
END = datetime(2026, 11, 30, 23, 59, 59, tzinfo=ZONE)


@pytest.fixture(scope="module")
def pair(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Records]:
    return made.make(furnished_book, tmp_path_factory.mktemp("reports") / "book")


@pytest.fixture(scope="module")
def session(pair: tuple[Desk, Records]) -> Iterator[Session]:
    session = pair[0].session(NOW)
    yield session
    session.close()


@pytest.fixture(scope="module")
def records(pair: tuple[Desk, Records]) -> Records:
    return pair[1]


def rows(report: Report, part: str) -> list[dict[str, Any]]:
    (found,) = (one for one in report.parts if one.id == part)
    names = [column.id for column in found.columns]
    return [
        {n: cell.id if isinstance(cell, Named) else cell for n, cell in zip(names, row, strict=True)}
        for row in found.rows
    ]


def totals(report: Report, part: str) -> dict[str, Any]:
    (found,) = (one for one in report.parts if one.id == part)
    assert found.totals is not None
    return dict(zip((column.id for column in found.columns), found.totals, strict=True))


def done(plain: Plain) -> datetime | None:
    return (taken(plain, "finish") or [None])[-1]


def percent(part: int, whole: int) -> Decimal | None:
    return round(Decimal(part) * 100 / whole, 1) if whole else None


def test_repairs_by_kind_with_the_visits_they_got(session: Session, records: Records) -> None:
    repairs = [one for one in records.by_form["repair"] if one["status"] != "cancelled"]
    visited = {one["record"] for one in records.by_form["return_visit"] if taken(one, "visit")}
    expected = {}
    for kind in ("safety", "leak", "other"):
        own = [one for one in repairs if one["kind"] == kind]
        finished = [one for one in own if done(one) and month_of(done(one)) == "2026-11"]  # type: ignore[arg-type]
        answered = [one for one in finished if value(one, "visit") and one["id"] in visited]
        expected[kind] = {
            "kind": kind,
            "received": sum(one["at"][:7] == "2026-11" for one in own),
            "done": len(finished),
            # as it stood at the end of the month: neither finished nor cancelled by then
            "open": sum(
                datetime.fromisoformat(one["at"]) <= END and not (done(one) and done(one) <= END) for one in own
            ),  # type: ignore[operator]
            "disputed": sum(
                value(one, "accepted") == "not_ok" and month_of(taken(one, "accept")[-1]) == "2026-11"
                for one in own
                if taken(one, "accept")
            ),
            "visits_due": len(finished),
            "visited": len(answered),
            "rate": percent(len(answered), len(finished)),
            "handling": percent(len(answered), len(finished)),
            "rectified": 0,
        }
    report = run(session, "repair_month", NOV)
    assert {row["kind"]: row for row in rows(report, "kinds")} == expected
    whole = totals(report, "kinds")
    for name in ("received", "done", "open", "disputed", "visited"):
        assert whole[name] == sum(row[name] for row in expected.values())
    assert whole["rate"] == percent(whole["visited"], whole["done"])
    hours = [
        (done(one) - datetime.fromisoformat(one["at"])) / timedelta(hours=1)  # type: ignore[operator]
        for one in repairs
        if done(one) and month_of(done(one)) == "2026-11"  # type: ignore[arg-type]
    ]
    assert totals(report, "trades")["hours"] == round(Decimal(str(median(hours))), 1)


def test_the_trend_is_what_each_month_by_itself_gives(session: Session) -> None:
    report = run(session, "repair_month", NOV)
    (trend,) = report.parts[0].charts
    shown = {point.label.en: point.value for point in trend.points}  # type: ignore[union-attr]
    assert next(iter(shown)) == "2025-12"
    for month in ("2026-10", "2026-11"):
        assert shown[month] == totals(run(session, "repair_month", {"month": month}), "kinds")["rate"]
    assert shown["2026-09"] is None  # nothing was there yet: a gap, not 0
    assert trend.target == 100  # type: ignore[union-attr]


def test_complaints_departments_reopened_and_repeated(session: Session, records: Records) -> None:
    own = [one for one in records.by_form["complaint"] if one["kind"] == "complaint"]
    november = [one for one in own if one["at"][:7] == "2026-11"]
    report = run(session, "complaints", NOV)
    assert Counter({row["level"]: row["received"] for row in rows(report, "levels")}) == Counter(
        one["level"] for one in november
    )
    assert totals(report, "levels")["reopened"] == sum(
        month_of(at) == "2026-11" for one in own for at in taken(one, "reopen")
    )
    departments = Counter(row["dept"] for one in november for row in value(one, "departments") or ())
    assert {row["dept"]: row["received"] for row in rows(report, "departments")} == departments
    rooms = {(row["dept"], one["room"]) for one in november for row in value(one, "departments") or ()}
    assert {row["dept"]: row["clients"] for row in rows(report, "departments")} == Counter(dept for dept, _ in rooms)

    def before(one: Plain) -> bool:
        at = datetime.fromisoformat(one["at"])
        return any(
            other["room"] == one["room"] and other["side"] == one["side"]
            and at - timedelta(days=90) <= datetime.fromisoformat(other["at"]) < at
            for other in records.by_form["complaint"]
        )  # fmt: skip

    assert {row["id"] for row in rows(report, "repeats")} == {one["id"] for one in november if before(one)}
    (heat,) = report.parts[4].charts
    assert sum(map(sum, heat.counts)) == len(november)  # type: ignore[union-attr]


def test_complaint_clocks_agree_with_sql(session: Session) -> None:
    """Kept and broken by what the index itself says of each clock."""
    start, end = (int(datetime(2026, month, 1, tzinfo=ZONE).timestamp()) for month in (11, 12))
    sql = (
        "select c.state = 'met', count(*) from clocks c join complaint f on f._record = c._record"
        f" where c.clock = 'resolve' and f.kind = 'complaint' and c.stopped >= {start} and c.stopped < {end}"
        " and c.state in ('met') group by 1"
    )
    _, found = session.index.sql(sql)
    assert totals(run(session, "complaints", NOV), "levels")["on_time"] == sum(n for _, n in found)


def test_arrears_by_amount_and_by_household(session: Session, records: Records) -> None:
    paid: Counter[str] = Counter()
    for one in records.by_form["payment"]:
        for line in one["lines"]:
            paid[line["bill"]] += int(Decimal(line["amount"]))
    bills = [one for one in records.by_form["fee_bill"] if one["due_on"][:7] == "2026-11"]
    due = {one["id"]: 2 * int(one["lines"][0]["qty"]) for one in bills}
    owing = {one["room"] for one in bills if due[one["id"]] > paid[one["id"]]}
    report = run(session, "arrears", NOV)
    now = rows(report, "rates")[0]
    assert (now["due"], now["paid"]) == (sum(due.values()), sum(paid[one] for one in due))
    assert now["by_amount"] == percent(sum(paid[one] for one in due), sum(due.values()))
    assert (now["households"], now["owing"]) == (7, len(owing))
    assert now["by_household"] == percent(7 - len(owing), 7)
    every = {one["id"]: one for one in records.by_form["fee_bill"]}
    owed = {one: 2 * int(every[one]["lines"][0]["qty"]) - paid[one] for one in every}
    assert sorted(row["owed"] for row in rows(report, "units")) == sorted(v for v in owed.values() if v)
    assert {d.id: d.numerator.zh for d in report.parts[0].definitions if d.numerator}["by_amount"] == "已收"


def test_stock_opens_moves_and_closes(session: Session, records: Records) -> None:
    start = datetime(2026, 11, 1, tzinfo=ZONE)
    ledger = {one["id"]: [int(one["opening_qty"]), 0, 0] for one in records.by_form["stock_item"]}
    for move in records.by_form["stock_move"]:
        for at in taken(move, "post"):
            for line in move["lines"]:
                amount = int(line["qty"]) * (1 if move["kind"].startswith("in") else -1)
                if at < start:
                    ledger[line["item"]][0] += amount
                elif at <= END:
                    ledger[line["item"]][1 if amount > 0 else 2] += abs(amount)
    found = {
        row["item"]: [row["opening"], row["taken_in"], row["given_out"]]
        for row in rows(run(session, "stock", NOV), "ledger")
    }
    assert found == ledger
    for row in rows(run(session, "stock", NOV), "ledger"):
        assert row["closing"] == row["opening"] + row["taken_in"] - row["given_out"]
        assert row["other"] == 0


def test_attendance_and_keys(session: Session, records: Records) -> None:
    (sheet,) = (one for one in records.by_form["attendance"] if one["month"] == "2026-11")
    found = {row["person"]: row["present"] for row in rows(run(session, "attendance", NOV), "people")}
    assert found == {line["person"]: int(line["actual"]) for line in sheet["lines"]}
    out = {one["id"] for one in records.by_form["key_checkout"] if one["status"] == "out"}
    listed = rows(run(session, "keys"), "out")
    assert {row["id"] for row in listed} == out
    assert {row["borrower"] for row in listed} <= {"***"}
    assert [row["days_over"] for row in listed] == sorted((row["days_over"] for row in listed), reverse=True)
    unmasked = run(session, "keys", private=True)
    assert {row["borrower"] for row in rows(unmasked, "out")} == {"张三"}


def test_opinions_of_few_are_not_shown_nor_to_be_worked_out(session: Session, records: Records) -> None:
    report = run(session, "survey", {"year": "2026"})
    found = {row["q_no"]: row["answers"] for row in rows(report, "questions")}
    assert found[2] == Small(5)  # three answers
    assert found[3] == Small(None)  # or the total less the others would tell
    assert (found[1], found[4]) == (40, 34)
    assert totals(report, "questions")["answers"] == 86
    people = rows(run(session, "return_visit_month", NOV), "people")
    assert all(isinstance(row["rate"], Small) == isinstance(row["answered"], Small) for row in people)


def test_small_groups_are_hidden_so_that_nothing_tells_them() -> None:
    assert hidden_groups([9, 0, 12], 5, total=True) == ({}, False)
    assert hidden_groups([9, 2, 12], 5, total=True) == ({1: Small(5), 0: Small(None)}, False)
    assert hidden_groups([9, 2, 12], 5, total=False) == ({1: Small(5)}, False)
    assert hidden_groups([2], 5, total=True) == ({0: Small(5)}, True)
    # one each, and two of four: the sum alone would say it
    assert hidden_groups([1, 1, 30], 5, total=True)[0].keys() == {0, 1, 2}
    assert hidden_groups([4, 4, 30], 5, total=True)[0].keys() == {0, 1, 2}
    assert hidden_groups([2, 3, 30], 5, total=True)[0].keys() == {0, 1}


def test_the_past_is_told_as_it_was(pair: tuple[Desk, Records], records: Records) -> None:
    """``--now``: at the end of October nothing of November had happened (rulings 1)."""
    then = datetime(2026, 10, 31, 18, tzinfo=ZONE)
    session = pair[0].session("2026-10-31 18:00")
    try:
        open_ = {
            one["id"]
            for one in records.by_form["repair"]
            if datetime.fromisoformat(one["at"]) <= then
            and not any(at <= then for step in ("finish", "cancel") for at in taken(one, step))
        }
        assert {row["id"] for row in rows(run(session, "repair_open"), "list")} == open_
        assert run(session, "repair_month").period.label.en == "2026-09"  # the last complete month
    finally:
        session.close()


def test_every_report_of_the_packs_works(session: Session) -> None:
    from logbook.reports.running import heads

    for head in heads(session):
        report = run(session, head.id)
        assert report.parts
        for part in report.parts:
            assert all(len(row) == len(part.columns) for row in part.rows)
            assert all(one.says.zh and one.says.en for one in part.definitions)
