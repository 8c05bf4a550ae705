"""Reports of estate, tower, mall and stores agree with what their records' own dictionaries give by plain counting."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from statistics import mean
from typing import Any

import pytest

from logbook.core.reporting import FIGURES
from logbook.core.reporting import Named
from logbook.operations.session import Session
from logbook.reports.running import run
from logbook.store.library import check_files
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.reports import buildings
from tests.reports.book import NOW
from tests.reports.book import Plain
from tests.reports.book import taken
from tests.reports.book import value
from tests.reports.buildings import RATES
from tests.reports.buildings import UNITS
from tests.reports.buildings import Buildings
from tests.reports.buildings import rate_of
from tests.reports.test_figures import percent
from tests.reports.test_figures import rows
from tests.reports.test_figures import totals

NOV = {"month": "2026-11"}
WEEK = {"week": "2026-11-25"}
# Each report and a period in which something of it happened.
REPORTS: dict[str, dict[str, str]] = {
    "goods": NOV, "income": NOV, "fee_status": {}, "fee_daily": {"day": "2026-11-06"}, "custody": WEEK, "bulletin": {},
    "paid_service": NOV, "events": NOV, "purchase_plan": NOV, "consumables": NOV, "share": NOV,
    "equipment": {"day": "2026-11-12"}, "vacant": {}, "daily_check": NOV, "cleaning": NOV, "mall": WEEK, "cash": NOV,
}  # fmt: skip


@pytest.fixture(scope="module")
def records() -> Buildings:
    return Buildings()


@pytest.fixture(scope="module")
def session(
    furnished_book: Desk, records: Buildings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    session = buildings.make(furnished_book, tmp_path_factory.mktemp("buildings") / "book", records).session(NOW)
    yield session
    session.close()


@pytest.fixture(scope="module")
def empty(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The packs and not one record of theirs."""
    session = buildings.make(furnished_book, tmp_path_factory.mktemp("nothing") / "book", None).session(NOW)
    yield session
    session.close()


def november(at: datetime | str | None) -> bool:
    return at is not None and str(at)[:7] == "2026-11"


def in_week(at: datetime | str) -> bool:
    return "2026-11-23" <= str(at)[:10] <= "2026-11-29"


def kept(records: Buildings) -> list[tuple[Plain, datetime, Decimal]]:
    """Payments that were taken and not paid back: when, how much."""
    return [
        (one, (taken(one, "receive_home") or taken(one, "receive_desk"))[0], Decimal(one["lines"][0]["amount"]))
        for one in records.by_form["payment"]
        if one["status"] == "received"
    ]


def paid_for(records: Buildings) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one, _, amount in kept(records):
        found[one["lines"][0]["bill"]] += amount
    return found


def bills(records: Buildings) -> list[Plain]:
    return [one for one in records.by_form["fee_bill"] if one["status"] != "draft"]


@pytest.mark.parametrize("name", REPORTS)
def test_it_runs_has_rows_and_says_what_it_counts(session: Session, empty: Session, name: str) -> None:
    report = run(session, name, REPORTS[name])
    assert not report.empty
    for part in report.parts:
        assert all(len(row) == len(part.columns) for row in part.rows)
        for said in part.definitions:
            assert said.says.zh
            assert said.says.en
            assert "None" not in said.says.en + said.says.zh
    nothing = run(empty, name, REPORTS[name])
    assert [part.id for part in nothing.parts] == [part.id for part in report.parts]
    # of cash the duties stand there: nobody handed it in
    assert nothing.empty or name == "cash"
    assert not any(part.rows for part in nothing.parts if part.kind != FIGURES and part.id != "duties")


@pytest.mark.parametrize("pack", ["estate", "tower", "mall", "stores"])
def test_a_pack_alone_has_its_reports(pack: str) -> None:
    """What speaks of forms and duties of packs that are not there sleeps; nothing is wrong."""
    files = {
        f"templates/{folder}/{file.name}": file.read_bytes()
        for folder in ("core", pack)
        for file in TEMPLATES.glob(f"{folder}/*.yaml")
    }
    assert [issue for issue in check_files(files)[1] if issue.path and issue.path.endswith("reports.yaml")] == []


def test_goods_and_what_the_gate_did_not_find(session: Session, records: Buildings) -> None:
    slips = [one for one in records.by_form["goods_release"] if november(one["at"])]
    report = run(session, "goods", NOV)
    assert {row["kind"]: (row["slips"], row["out"], row["stopped"]) for row in rows(report, "kinds")} == {
        kind: (
            sum(one["kind"] == kind for one in slips),
            sum(one["kind"] == kind and one["status"] == "out" for one in slips),
            sum(one["kind"] == kind and bool(taken(one, "stop")) for one in slips),
        )
        for kind in ("move", "unit")
    }
    odd = [one for one in slips if one["status"] in ("stopped", "issued")]  # their day is over
    expected = Counter(one["id"] for one in odd for _ in one["goods"])
    assert Counter(row["pass"] for row in rows(report, "unmatched")) == expected
    passed = {one["id"]: one["status"] for one in records.by_form["goods_release"]}
    moves = [one for one in records.by_form["item_movement"] if november(one["at"]) and one["direction"] == "out"]
    assert [row["movement"] for row in rows(report, "out_unmatched")] == [
        one["id"] for one in moves if passed[one["release"]] != "out"
    ]
    registered = {one["entry"] for one in moves}
    entries = [one["id"] for one in records.by_form["contractor_entry"] if november(one["at"])]
    assert {row["entry"] for row in rows(report, "crews_unmatched")} == {one for one in entries if one not in registered}


def test_income_against_spending(session: Session, records: Buildings) -> None:
    report = run(session, "income", NOV)
    due = [one for one in bills(records) if november(one["due_on"])]
    collected = sum(amount for _, at, amount in kept(records) if november(at))
    cash = [one for one in records.by_form["cash_handover"] if november(one["day"])]
    spent = sum(Decimal(row.get("out", "0")) for one in cash for row in one.get("lines", ()))
    now = rows(report, "balance")[0]
    assert now["due"] == sum(rate_of(one["lines"][0]) for one in due)
    assert (now["collected"], now["spent"], now["balance"]) == (collected, spent, collected - spent)
    others = sum(row["amount"] for row in rows(report, "others"))
    assert totals(report, "items")["collected"] + others == collected
    assert others == sum(a for one, at, a in kept(records) if november(at) and one["lines"][0]["bill"][:2] == "SO")
    assert [row["spent"] for row in rows(report, "claims")] == [Decimal("35.50")]
    assert len(rows(report, "published")) == 1


def test_fee_status_by_household_and_by_amount(session: Session, records: Buildings) -> None:
    report = run(session, "fee_status")
    paid = paid_for(records)
    found = {row["main_item"]: row for row in rows(report, "items")}
    for kind in RATES:
        own = [one for one in bills(records) if one["lines"][0]["item"] == kind]
        owing = {one["room"] for one in own if rate_of(one["lines"][0]) > paid[one["id"]]}
        households = {one["room"] for one in own}
        due = sum(rate_of(one["lines"][0]) for one in own)
        got = sum(paid[one["id"]] for one in own)
        row = found[kind]
        assert (row["households"], row["settled"]) == (len(households), len(households - owing))
        assert row["by_household"] == percent(len(households - owing), len(households))
        assert (row["due"], row["paid"]) == (due, got)
        assert row["by_amount"] == round(got * 100 / due, 1)
        if kind == "property":
            units = Counter(UNITS[(int(room[-1]) - 1) % 9] for room in owing)
            shown = {row["room_occupancy"]: row["owing"] for row in rows(report, "occupancy")}
            assert {name: count for name, count in shown.items() if count} == units
        if kind == "water":
            shares = sum(Decimal(one["total"]) for one in records.by_form["meter_share"] if one["subject"] == "water")
            (water,) = rows(report, "water")
            assert (water["difference"], water["public"], water["shared"]) == (due - got, shares, shares)
        if kind == "heating":
            assert rows(report, "heating")[0]["settled"] == len(households - owing)
    # a kind that is worked out of the lines is called as people call it
    assert {cell.label.zh for row in report.parts[0].rows for cell in row if isinstance(cell, Named)} == {
        "物业管理费", "供暖费", "水费",
    }  # fmt: skip
    inner = {one["id"] for one in bills(records) if one["customer"] in ("cu-3", "cu-12")}
    owed = {one["id"] for one in bills(records) if rate_of(one["lines"][0]) > paid[one["id"]]}
    assert {row["id"] for row in rows(report, "internal")} == inner & owed


def test_the_intake_of_each_day_is_what_was_paid(session: Session, records: Buildings) -> None:
    per_day: dict[str, Decimal] = defaultdict(Decimal)
    for _, at, amount in kept(records):
        per_day[f"{at:%Y-%m-%d}"] += amount
    assert any(one["channel"] == "home" for one, _, _ in kept(records))  # paid a day after it was entered
    for day in sorted(per_day)[:6]:
        report = run(session, "fee_daily", {"day": day})
        (check,) = rows(report, "check")
        assert (check["total"], check["items"], check["difference"]) == (per_day[day], per_day[day], 0)
        assert totals(report, "items")["amount"] == totals(report, "collectors")["amount"] == per_day[day]
        assert sum(row["total"] for row in rows(report, "receipts")) == per_day[day]
        assert check["without"] == 0
    refunds = [one for one in records.by_form["payment"] if taken(one, "refund")]
    day = f"{taken(refunds[0], 'refund')[0]:%Y-%m-%d}"
    same = sum(f"{taken(one, 'refund')[0]:%Y-%m-%d}" == day for one in refunds)
    assert rows(run(session, "fee_daily", {"day": day}), "check")[0]["refunded"] == same


def test_custody_against_its_limits_patrols_and_seventy_per_cent(session: Session, records: Buildings) -> None:
    report = run(session, "custody", WEEK)
    patrols = [one for one in records.by_form["custody_patrol"] if in_week(one["at"])]
    found = {row["room"]: row for row in rows(report, "units")}
    for one in records.by_form["custody"]:
        row = found[one["room"]]
        readings = {
            meter: [Decimal(r["reading"]) for r in records.by_form["meter_reading"]
                    if r["room"] == one["room"] and r["meter"] == meter][-1]
            for meter in ("water", "power")
        }  # fmt: skip
        water, power = readings["water"] - 100, readings["power"] - 200
        assert (row["water"], row["power"]) == (water, power)
        assert (row["water_over"], row["power_over"]) == (max(0, water - 5), max(0, power - 20))
        assert row["patrols"] == sum(p["custody"] == one["id"] for p in patrols)
        assert row["due"] == 1  # once a week
        assert (row["fee_full"], row["fee"], row["rate"]) == (Decimal(300), Decimal(210), 70)
    (rate,) = (said for said in report.parts[0].definitions if said.id == "rate")
    assert rate.target == "70"
    assert {row["room"] for row in rows(report, "over")} == set(found)  # water in one, power in the other
    before = run(session, "custody", {"week": "2026-11-04"})  # before the meters were read again
    assert rows(before, "over") == []
    month = run(session, "custody", NOV)
    assert [(row["full"], row["amount"]) for row in rows(month, "billed")] == [(200, Decimal(140))] * 2


def test_boards_and_when_they_are_due(session: Session, records: Buildings) -> None:
    report = run(session, "bulletin")
    found = {row["board"]: row for row in rows(report, "boards")}
    assert set(found) == {"board-1", "board-2", "board-3"}
    for board in ("board-1", "board-2"):
        last = [one for one in records.by_form["bulletin"] if one["board"] == board][-1]
        put_up = datetime.fromisoformat(last["at"]).date()
        assert (found[board]["changed"], found[board]["topic"]) == (put_up, last["topic"])
        assert found[board]["late"] == (put_up + timedelta(days=15) <= date(2026, 12, 3))
    assert found["board-3"]["changed"] is None
    assert [row["board"] for row in rows(report, "overdue")] == ["board-1"]


def test_paid_services_and_who_has_not_paid(session: Session, records: Buildings) -> None:
    paid = paid_for(records)
    orders = records.by_form["service_order"]
    report = run(session, "paid_service", NOV)
    for row in rows(report, "services"):
        own = [one for one in orders if one["item"] == row["item"]]
        done = [one for one in own if any(november(at) for at in taken(one, "accept"))]
        fee, got = sum(Decimal(one["fee"]) for one in done), sum(paid[one["id"]] for one in done)
        assert (row["orders"], row["accepted"]) == (sum(november(one["at"]) for one in own), len(done))
        assert (row["fee"], row["paid"], row["unpaid"]) == (fee, got, fee - got)
    took = sum(amount for one, at, amount in kept(records) if one["lines"][0]["bill"][:2] == "SO" and november(at))
    assert totals(report, "services")["collected"] == took
    assert {row["id"] for row in rows(report, "unpaid")} == {
        one["id"]
        for one in orders
        if any(at < datetime(2026, 12, 1, tzinfo=at.tzinfo) for at in taken(one, "accept"))
        and Decimal(one["fee"]) > paid[one["id"]]
    }


def test_events_with_plan_cost_and_people(session: Session, records: Buildings) -> None:
    own = [one for one in records.by_form["event"] if november(one["starts_at"])]
    report = run(session, "events", NOV)
    assert [row["id"] for row in rows(report, "file")] == [one["id"] for one in own]
    whole = totals(report, "kinds")
    actual = sum(Decimal(value(one, "actual_cost") or 0) for one in own)
    assert (whole["events"], whole["came"]) == (3, sum(int(value(one, "actual_number") or 0) for one in own))
    assert (whole["actual"], whole["over"]) == (actual, actual - 300)
    assert [row["theme"] for row in rows(report, "unfiled")] == ["活动2"]


def moved(records: Buildings, item: str, month: str) -> tuple[int, int]:
    """What came in and went out of an item in a month."""
    came = went = 0
    for one in records.by_form["stock_move"]:
        if any(str(at)[:7] == month for at in taken(one, "post")):
            qty = sum(int(line["qty"]) for line in one["lines"] if line["item"] == item)
            came, went = (came + qty, went) if one["kind"].startswith("in_") else (came, went + qty)
    return came, went


def test_consumption_balances_and_next_month_is_planned(session: Session, records: Buildings) -> None:
    report = run(session, "consumables", NOV)
    found = {row["item"]: row for row in rows(report, "materials")}
    for item in ("item-1", "item-2", "item-3"):
        opening = int(next(one for one in records.by_form["stock_item"] if one["id"] == item)["opening_qty"])
        before, now = moved(records, item, "2026-10"), moved(records, item, "2026-11")
        opening += before[0] - before[1]
        row = found[item]
        assert (row["opening"], row["drawn"], row["used"]) == (opening, *now)
        assert row["closing"] == opening + now[0] - now[1]
        assert row["amount"] == now[1] * Decimal("3.50")
    slips = [one for one in records.by_form["requisition"] if november(one["at"])]
    given = sum(2 for one in slips if one["status"] == "issued" for _ in one["lines"])
    assert sum(row["issued"] for row in rows(report, "drawn")) == given
    assert sum(row["want"] for row in rows(report, "drawn")) == sum(int(r["want"]) for one in slips for r in one["lines"])
    plan = run(session, "purchase_plan", NOV)
    (made,) = (one for one in records.by_form["purchase_plan"] if one["month"] == "2026-12")
    lines = rows(plan, "lines")
    assert [(row["item"], row["qty"], row["amount"]) for row in lines] == [
        (line["name"], int(line["qty"]), int(line["qty"]) * Decimal(line["price"])) for line in made["lines"]
    ]
    assert [row["on_hand"] for row in lines][1] == 5
    assert [row["low"] for row in lines] == [False, True]
    assert [row["name"] for row in rows(plan, "unplanned")] == ["物品4"]


def test_shares_make_the_total(session: Session, records: Buildings) -> None:
    report = run(session, "share", NOV)
    for row, one in zip(rows(report, "settlements"), records.by_form["meter_share"], strict=True):
        assert (row["total"], row["shared"], row["difference"]) == (Decimal(one["total"]), Decimal(one["total"]), 0)
        assert (row["units"], row["weights"]) == (7, sum(int(share["weight"]) for share in one["shares"]))
    weights = {one["room"]: int(one["weight"]) for one in records.by_form["meter_share"][0]["shares"]}
    for row in rows(report, "shares"):
        if not row["carries"]:
            exact = row["total"] * weights[row["room"]] / sum(weights.values())
            assert row["amount"] == round(exact, 2)
        assert row["area"] == weights[row["room"]]


def test_rounds_missing_and_readings(session: Session, records: Buildings) -> None:
    """A round is due by midnight: that ends the day it belongs to."""
    rounds = records.by_form["equipment_log"]
    week = [one for one in rounds if in_week(one["at"])]
    for row in rows(run(session, "equipment", WEEK), "boxes"):
        own = [one for one in week if one["place"] == row["place"]]
        assert (row["rounds"], row["due"], row["missing"]) == (len(own), 7, 7 - len(own))
        assert row["readings"] == sum(len(one["readings"]) for one in own)
    for day in ("2026-11-28", "2026-11-29"):
        shown = {row["place"]: row["missing"] for row in rows(run(session, "equipment", {"day": day}), "boxes")}
        walked = {one["place"] for one in rounds if one["at"][:10] == day}
        assert shown == {f"distribution_room-{n}": int(f"distribution_room-{n}" not in walked) for n in (1, 2)}
    twelfth = run(session, "equipment", {"day": "2026-11-12"})
    assert totals(twelfth, "boxes")["abnormal"] == 1
    assert [row["value"] for row in rows(twelfth, "readings")] == [212, 222, 212, 222]


def test_vacant_rooms_their_last_check_defects_and_keys(session: Session, records: Buildings) -> None:
    checks = records.by_form["vacant_room"]
    vacant = [one["id"] for one in records.by_form["room"] if one["occupancy"] == "vacant"]
    found = {row["room"]: row for row in rows(run(session, "vacant"), "rooms")}
    assert set(found) == set(vacant)
    for room in vacant:
        own = [one for one in checks if one["room"] == room]
        last = max((datetime.fromisoformat(one["at"]) for one in own), default=None)
        open_ = sum(len(one.get("defects", ())) for one in own if one["status"] != "closed")
        assert (found[room]["checks"], found[room]["last"], found[room]["defects"]) == (len(own), last, open_)
        assert found[room]["keys"] == (3 if room == "1-1-107" else 0)


def test_daily_checks_put_right_in_time(session: Session, records: Buildings) -> None:
    sheets = records.by_form["daily_check"]
    report = run(session, "daily_check", NOV)
    for row in rows(report, "areas"):
        own = [one for one in sheets if one["area"] == row["area"]]
        raised = [one for one in own if taken(one, "raise")]
        in_time = [
            one for one in raised
            if taken(one, "verify") and taken(one, "verify")[0] - taken(one, "raise")[0] <= timedelta(days=1)
        ]  # fmt: skip
        assert (row["sheets"], row["defects"]) == (len(own), len(raised))
        assert row["fixed"] == sum("fixed_at" in value(one, "fails")[0] for one in raised)
        assert (row["in_time"], row["too_late"]) == (len(in_time), len(raised) - len(in_time))
        since = [f"2026-11-{day}" for day in range(20, 31)]  # the pack was switched on on the 20th
        assert row["due"] == len(since)
        assert row["missing"] == len(since) - sum(one["date"] in since for one in own)
    assert totals(report, "areas")["notices"] == len(records.by_form["rectification"])
    assert [row["date"] for row in rows(report, "open")] == [
        date.fromisoformat(one["date"]) for one in sheets if one["status"] == "open"
    ]


def test_contractors_by_what_was_checked(session: Session, records: Buildings) -> None:
    checks = [one for one in records.by_form["cleaning_check"] if november(one["at"])]
    report = run(session, "cleaning", NOV)
    found = {row["contractor"]: row for row in rows(report, "contractors")}
    for name in ("cleaning-1", "cleaning-2"):
        own = [one for one in checks if one["contractor"] == name]
        problems = [row for one in own for row in one.get("problems", ())]
        row = found[name]
        assert (row["checks"], row["problems"]) == (len(own), len(problems))
        assert row["failed"] == sum(said == "fail" for one in own for said in one["items"].values())
        assert row["rectified"] == sum("fixed_at" in one for one in problems)
        assert row["rate"] == percent(row["rectified"], len(problems))
        assert row["score"] == round(Decimal(str(mean(int(one["score"]) for one in own))), 1)
    assert (found["cleaning-1"]["rating"], found["cleaning-2"]["rating"]) == (Decimal("86.5"), None)
    assert (found["pest-1"]["checks"], found["pest-1"]["poor"]) == (2, 1)
    greened = [one for one in records.by_form["greening_check"] if november(one["at"])]
    assert found["greening-1"]["checks"] == len(greened)
    assert totals(report, "plants")["qty"] == 3 * len(greened)
    assert {row["area"]: row["checks"] for row in rows(report, "zones")} == Counter(one["area"] for one in checks)


def test_mall_zones_by_what_failed(session: Session, records: Buildings) -> None:
    report = run(session, "mall", WEEK)
    checks = [one for one in records.by_form["public_area_check"] if in_week(one["at"])]
    kinds = {"hygiene": (*range(1, 9), 16), "facility": range(9, 14), "smoking": (14,), "posters": (15,)}
    for row in rows(report, "zones"):
        own = [one for one in checks if one["area"] == row["area"]]
        for kind, numbers in kinds.items():
            wanted = {f"public_area_check_{number:02d}" for number in numbers}
            assert row[kind] == sum(one["points"].get(name) == "fail" for one in own for name in wanted), kind
        assert (row["sheets"], row["random"]) == (
            sum(one["by_kind"] == "daily" for one in own), sum(one["by_kind"] == "random" for one in own),
        )  # fmt: skip
        assert row["findings"] == sum(len(one.get("findings", ())) for one in own)
        second = row["area"] == "mall_zone-2"
        assert (row["records"], row["record_checks"], row["expired"]) == (int(second), 1, int(not second))
    assert [row["area"] for row in rows(report, "posters")] == ["mall_zone-1"]
    shown = [cell.label.zh for row in report.parts[1].rows for cell in row if isinstance(cell, Named)]
    assert "地面垃圾" in shown  # a line of a checklist by its name
    assert not any("public_area" in label for label in shown)
    (said,) = (one.says.zh for one in report.parts[0].definitions if one.id == "smoking")
    assert "吸烟" in said


def test_cash_by_day_the_safe_and_the_month(session: Session, records: Buildings) -> None:
    report = run(session, "cash", NOV)
    own = [one for one in records.by_form["cash_handover"] if november(one["day"])]
    found = {row["day"]: row for row in rows(report, "days")}
    assert {f"{day}" for day in found} == {one["day"] for one in own}
    for day, row in found.items():
        today = {one["kind"]: one for one in own if one["day"] == f"{day}"}
        lines = today["handin"]["lines"]
        taken_in, out = Decimal(lines[0]["taken_in"]), Decimal(lines[1]["out"])
        counted = Decimal(today["handin"]["counted"])
        assert (row["collected"], row["paid_out"], row["counted"]) == (taken_in, out, counted)
        assert row["difference"] == counted - (taken_in - out)
        assert row["received"] == (counted if today["handin"]["status"] == "received" else 0)
        assert (row["safe"], row["safe_ok"]) == (1, int(today["safe"]["safe_ok"] == "true"))
        assert row["closing"] == int("month_close" in today)
    assert [row["kind"] for row in rows(report, "amiss")] == ["safe", "handin"]
    due = {row["duty"]: (row["due"], row["done"]) for row in rows(report, "duties")}
    assert due["cash_journal"] == (1, 1)  # due at the last midnight of the month
    assert [row["day"] for row in rows(report, "month_close")] == [date(2026, 11, 28)]
    cash = sum(amount for one, at, amount in kept(records) if november(at) and one["channel"] != "bank")
    assert rows(report, "receipts")[0]["payments"] == cash
    assert any(isinstance(cell, Named) for row in report.parts[1].rows for cell in row)


def test_everything_of_a_day_is_nothing_on_a_day_without(session: Session) -> None:
    for name in ("fee_daily", "equipment", "cash"):
        report = run(session, name, {"day": "2026-09-01"})
        figures: list[Any] = [part.rows for part in report.parts if part.id in ("items", "readings", "days")]
        assert figures
        assert not any(figures)
