"""What the forms of core say of records of other packs, and of one another."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.core.form import Library
from logbook.core.rules import value
from logbook.operations import overdue as lateness
from logbook.store.library import load
from tests.operations.desk import Desk
from tests.templates.test_core_pack import PRODUCT
from tests.templates.test_core_pack import Site
from tests.templates.test_core_pack import a_checkout
from tests.templates.test_core_pack import a_key
from tests.templates.test_core_pack import record

# The steps that lead to a state of a form of another pack.
WAYS = {
    "custody": {"active": "draft sign", "ended": "draft sign end"},
    "renovation": {
        "permitted": "apply review agree permit",
        "in_works": "apply review agree permit start",
        "closed": "apply review agree permit start close",
    },
    "fee_bill": {"sent": "make send", "paid": "make send pay"},
    "move_out": {"inspected": "open inspect", "settled": "open inspect settle"},
    "contractor_change": {"calling_in": "plan list"},
    "key_issue": {"ready": "prepare", "issued": "prepare issue", "returned": "prepare issue return"},
    "payment": {"booked": "book", "received": "receive_desk"},
}
ENTER = ("01 09:00", "enter", {})
UPDATE = ("22 09:00", "update", {})


@pytest.fixture(scope="module")
def library() -> Library:
    found, _ = load(PRODUCT)
    return found


def elsewhere(form: str, id: str, status: str, **fields: Any) -> dict[str, Any]:
    """A record of another pack that has come to ``status``."""
    events = [(f"02 09:0{minute}", step, {}) for minute, step in enumerate(WAYS[form][status].split())]
    return record(form, id, status, *events, **fields)


def derived(site: Site, form: str, id: str, name: str) -> Any:
    view = site.views[form, id]
    field = view.form.fields[name]
    return value(field.derived, view, site, field=field)  # type: ignore[arg-type]


# -- registers --------------------------------------------------------------------------------


def a_custody(status: str) -> dict[str, Any]:
    return elsewhere("custody", "CY-1", status, room="3-502")


def a_renovation(status: str) -> dict[str, Any]:
    return elsewhere("renovation", "RN-1", status, room="3-502", works="刷墙")


@pytest.mark.parametrize(
    ("occupancy", "papers", "broken"),
    [
        ("custody", [], ["status_custody", "status_custody_seen"]),
        ("custody", ["active"], []),
        ("lived_in", ["active"], ["status_custody", "status_custody_seen"]),
        ("lived_in", ["ended"], []),
    ],
)
def test_a_room_is_in_custody_while_an_agreement_is_active(
    library: Library, occupancy: str, papers: list[str], broken: list[str]
) -> None:
    room = record("room", "3-502", "active", ENTER, UPDATE, occupancy=occupancy)
    site = Site(library, room, *(a_custody(status) for status in papers))
    assert site.broken("room", "3-502") == broken


def test_an_old_register_is_taken_over_with_a_warning_only(library: Library) -> None:
    site = Site(library, record("room", "3-502", "active", ENTER, occupancy="custody"))
    assert site.broken("room", "3-502") == ["status_custody_seen"]
    check = {one.id: one for one in library.forms["room"].checks}
    assert check["status_custody_seen"].severity == check["status_reno_seen"].severity == "warning"


@pytest.mark.parametrize(
    ("occupancy", "status", "broken"),
    [
        ("renovating", "in_works", []),
        ("renovating", "permitted", ["status_reno", "status_reno_seen"]),
        ("lived_in", "in_works", ["status_reno", "status_reno_seen"]),
        ("lived_in", "closed", []),
    ],
)
def test_a_room_is_renovating_while_works_go_on(
    library: Library, occupancy: str, status: str, broken: list[str]
) -> None:
    room = record("room", "3-502", "active", ENTER, UPDATE, occupancy=occupancy)
    assert Site(library, room, a_renovation(status)).broken("room", "3-502") == broken


def test_fees_are_paid_until_the_end_of_the_last_bill_that_is_paid(library: Library) -> None:
    room = record("room", "3-502", "active", ENTER)
    bills = [
        elsewhere("fee_bill", f"FB-{n}", status, room="3-502", period_to=until)
        for n, (status, until) in enumerate(
            [("paid", "2026-06-30"), ("paid", "2026-09-30"), ("sent", "2026-12-31")]
        )
    ]
    assert str(derived(Site(library, room, *bills), "room", "3-502", "fee_paid_until")) == "2026-09-30"
    assert derived(Site(library, room), "room", "3-502", "fee_paid_until") is None


def test_who_moves_away_has_settled_every_room(library: Library) -> None:
    leaving = record(
        "customer", "wangfang", "left", ENTER, ("22 09:00", "leave", {}),
        kind="resident", name="王芳", phone="13800001111",
        rooms=[{"room": "3-502", "held_as": "occupant"}, {"room": "3-503", "held_as": "owner"}],
    )  # fmt: skip

    def moved(status: str) -> dict[str, Any]:
        return elsewhere("move_out", "MO-1", status, room="3-502", customer="wangfang", leave_on="2026-11-22")

    assert Site(library, leaving).broken("customer", "wangfang") == ["left_clear"]
    assert Site(library, leaving, moved("inspected")).broken("customer", "wangfang") == ["left_clear"]
    assert Site(library, leaving, moved("settled")).broken("customer", "wangfang") == []


@pytest.mark.parametrize(
    ("form", "fields", "status", "step", "check"),
    [
        ("key_checkout", {"key": "K-1", "borrower_kind": "staff", "borrower": "王强"}, "out", "out", "leaver_clear"),
        ("loan", {"item": "梯子", "borrower": "王强"}, "out", "out", "leaver_clear_loan"),
        ("task", {"owner": "wang", "content": "换灯"}, "open", "give", "leaver_clear_task"),
        ("action_item", {"owner": "wang", "text": "换灯", "meeting": "MT-1"}, "open", "set", "leaver_clear_item"),
    ],
)
def test_who_leaves_has_nothing_open(
    library: Library, form: str, fields: dict[str, Any], status: str, step: str, check: str
) -> None:
    leaver = record("staff", "wang", "left", ENTER, ("22 09:00", "leave", {}), name="王强", roles=["guard"])
    held = record(form, "X-1", status, ("20 09:00", step, {}), **fields)
    assert Site(library, leaver, held).broken("staff", "wang") == [check]
    assert Site(library, leaver).broken("staff", "wang") == []


def test_items_come_back_the_day_before_the_next_contractor(library: Library) -> None:
    def ended(back: str) -> list[str]:
        contractor = record(
            "contractor", "clean", "ended", ENTER, ("22 09:00", "end", {}),
            name="净城", service="cleaning", issued_items=[{"item": "吸尘器", "qty": "1", "back_on": back}],
        )  # fmt: skip
        change = elsewhere(
            "contractor_change", "TCC-1", "calling_in", old="clean", new="clean-2", change_date="2026-11-21"
        )
        return Site(library, contractor, change).broken("contractor", "clean")

    assert ended("2026-11-20") == []
    assert ended("2026-11-21") == ["items_back_day"]


def test_a_roster_notices_who_is_new(library: Library) -> None:
    def notices(**known: str) -> list[str]:
        person = record("staff", "wang", "active", ENTER, name="王强", roles=["guard"], **known)
        line = {
            "date": "2026-11-23", "shift": "other", "person": "wang",
            "start": "2026-11-23T09:00:00+08:00", "end": "2026-11-23T12:00:00+08:00",
        }  # fmt: skip
        roster = record(
            "roster", "RS-1", "published", ("20 09:00", "draft", {}), ("21 09:00", "publish", {}),
            post="门岗", from_date="2026-11-23", to_date="2026-11-23", kind="shift", season="normal", lines=[line],
        )  # fmt: skip
        return Site(library, person, roster).broken("roster", "RS-1")

    assert notices() == ["trained_first", "post_known"]
    assert notices(prejob_trained_on="2026-01-05", department="安护部", post="门岗") == []


# -- keys -------------------------------------------------------------------------------------


def a_key_issue(status: str, qty: str = "1") -> dict[str, Any]:
    return elsewhere("key_issue", "KI-1", status, room="3-502", keys=[{"key": "K-1", "qty": qty}])


def test_copies_with_customers_are_not_in_the_cabinet(library: Library) -> None:
    key = a_key(kind="public")
    for status, left in (("ready", 2), ("issued", 1), ("returned", 2)):
        assert derived(Site(library, key, a_key_issue(status)), "key", "K-1", "in_cabinet") == left
    one, two = a_checkout("KC-1"), a_checkout("KC-2")
    assert Site(library, key, one, a_key_issue("issued")).broken("key_checkout", "KC-1") == []
    assert Site(library, key, one, two, a_key_issue("issued")).broken("key_checkout", "KC-2") == ["available"]


def test_a_count_knows_what_customers_hold(library: Library) -> None:
    counted = record(
        "key_count", "KN-1", "settled", ("23 09:00", "count", {}), ("23 10:00", "settle", {}),
        scope="all", lines=[{"key": "K-1", "in_cabinet": "1"}],
    )  # fmt: skip
    assert Site(library, a_key(), counted, a_key_issue("issued")).broken("key_count", "KN-1") == []
    assert Site(library, a_key(), counted).broken("key_count", "KN-1") == ["balance", "missing_loss"]


# -- money ------------------------------------------------------------------------------------


def a_payment(bill: str, amount: str, status: str = "received") -> dict[str, Any]:
    lines = [{"bill": bill, "amount": amount}]
    return elsewhere("payment", "PY-1", status, owner_name="王芳", payer="王芳", receipt_no="SJ-1", lines=lines)


@pytest.mark.parametrize(
    ("payments", "fields", "broken"),
    [
        ([], {}, ["paid_settled", "paid_amount_named"]),
        ([], {"receipt_no": "SJ-1"}, ["paid_amount_named"]),
        ([a_payment("RP-1", "50.00")], {"payment": "PY-1"}, ["paid_amount"]),
        ([a_payment("RP-1", "60.00", "booked")], {"payment": "PY-1"}, ["paid_amount"]),
        ([a_payment("RP-1", "60.00")], {"payment": "PY-1"}, []),
    ],
)
def test_a_paid_repair_is_closed_with_its_money(
    library: Library, payments: list[dict[str, Any]], fields: dict[str, Any], broken: list[str]
) -> None:
    visited = ("23 09:00", "visit", {"reached": "true", "satisfied": "satisfied", "problem": "false"})
    visit = record("return_visit", "RV-1", "done", ("23 08:00", "plan", {}), visited, about="repair", record="RP-1")
    repair = record(
        "repair", "RP-1", "closed", ("22 08:00", "register", {}), ("23 10:00", "close", {}),
        content="换锁", origin="other", paid="true", labour="60", visit="RV-1", **fields,
    )  # fmt: skip
    assert Site(library, repair, visit, *payments).broken("repair", "RP-1") == broken


def test_a_breakage_nobody_accounts_for_is_paid_and_punished(library: Library) -> None:
    incident = record(
        "incident", "IN-1", "closed", ("22 08:00", "log", {}), ("22 08:10", "report", {"told_to": "zhao"}),
        ("23 10:00", "close", {}),
        kind="breakage", area="A-1", course="…", first_action="…", within_power="true", unclear="true",
        compensation="90", damage=[{"item": "杯", "qty": "2", "value": "45"}], payer="李娜", payment="PY-1",
    )  # fmt: skip
    penalty = record(
        "reward_penalty", "RWP-1", "proposed", ("22 09:00", "propose", {}),
        staff="lina", kind="penalty", cause="breakage", facts="…", action="compensate", about="IN-1",
    )  # fmt: skip
    paid = a_payment("IN-1", "90.00")
    assert Site(library, incident, paid).broken("incident", "IN-1") == ["pay_full_penalty"]
    assert Site(library, incident, penalty).broken("incident", "IN-1") == ["paid", "paid_amount"]
    assert Site(library, incident, paid, penalty).broken("incident", "IN-1") == []


# -- complaints, repairs, visits --------------------------------------------------------------


def test_a_defect_of_the_acceptance_is_rechecked_before_the_owner_signs(library: Library) -> None:
    repair = record(
        "repair", "RP-1", "accepted", ("22 08:00", "register", {}), ("22 16:00", "accept", {"accepted": "ok"}),
        content="墙面开裂", origin="acceptance",
    )  # fmt: skip

    def acceptance(**defect: str) -> dict[str, Any]:
        row = {"part": "客厅", "problem": "墙面开裂", "repair": "RP-1", **defect}
        return record("acceptance", "AC-1", "rework", ("21 09:00", "inspect", {}), room="3-502", worker="sun", defects=[row])

    assert Site(library, repair, acceptance()).broken("repair", "RP-1") == ["defect_signed"]
    ready = acceptance(recheck="ok", agreed_at="2026-11-22T15:00:00+08:00")
    assert Site(library, repair, ready).broken("repair", "RP-1") == []


def test_a_complaint_that_comes_back_gets_a_preventive_measure(library: Library) -> None:
    visited = ("23 08:30", "visit", {"reached": "true", "satisfied": "satisfied", "problem": "false"})
    visit = record("return_visit", "RV-1", "done", ("23 08:00", "plan", {}), visited, about="complaint", record="CP-1")
    again = record(
        "complaint", "CP-1", "closed", ("22 09:00", "register", {}), ("22 17:00", "tell", {}), ("23 10:00", "close", {}),
        name="张三", summary="漏水", level="minor", visit="RV-1", repeat_of="CP-0",
    )  # fmt: skip
    notice = record(
        "rectification", "RC-1", "open", ("22 10:00", "issue", {}),
        source="CP-1", kind="prevent", problem="反复漏水", to_dept="维修部", due_at="2026-12-01T18:00:00+08:00",
    )  # fmt: skip
    assert Site(library, again, visit).broken("complaint", "CP-1") == ["repeated_prevent"]
    assert Site(library, again, visit, notice).broken("complaint", "CP-1") == []


@pytest.mark.parametrize(
    ("side", "check", "fields"),
    [
        ("company", "complaint_responsible", {"apologised": "true"}),
        ("resident", "complaint_responsible_resident", {"explained": "true"}),
        ("shared", "complaint_responsible_shared", {"heads_came": "维修部、安护部主管"}),
    ],
)
def test_whose_fault_it_is_says_what_is_owed(
    library: Library, side: str, check: str, fields: dict[str, Any]
) -> None:
    def handled(**more: Any) -> list[str]:
        made = record(
            "complaint", "CP-1", "handled", ("22 09:00", "register", {}), ("22 16:00", "handle", {"result": "已修"}),
            name="张三", summary="漏水", level="minor", side=side, **more,
        )  # fmt: skip
        return Site(library, made).broken("complaint", "CP-1")

    assert handled() == [check]
    assert handled(**fields) == []


def test_a_promise_has_its_task_and_a_special_case_is_reported(library: Library) -> None:
    def reviewed(*others: dict[str, Any], **fields: Any) -> list[str]:
        visit = record(
            "return_visit", "RV-1", "reviewed", ("23 08:00", "plan", {}),
            ("23 09:00", "visit", {"reached": "true", "satisfied": "fair", "problem": "false"}),
            ("23 10:00", "review", {"result": "已安排"}), about="complaint", record="CP-1", **fields,
        )  # fmt: skip
        return Site(library, visit, *others).broken("return_visit", "RV-1")

    task = record(
        "task", "TK-1", "open", ("23 09:10", "give", {}),
        owner="sun", content="周五前换门锁", about="RV-1", due_at="2026-11-27T18:00:00+08:00",
    )  # fmt: skip
    assert reviewed(promise="周五前换门锁") == ["no_promise"]
    assert reviewed(task, promise="周五前换门锁") == []
    assert reviewed(special="true") == ["rv_special"]
    assert reviewed(special="true", special_at="2026-11-23T09:30:00+08:00") == []


def test_about_and_record_of_a_visit_agree(library: Library) -> None:
    others = [
        record("repair", "RP-1", "accepted", ("22 08:00", "register", {}), ("22 09:00", "finish", {}), content="换锁"),
        record("complaint", "CP-1", "told", ("22 08:00", "register", {}), name="张三", summary="漏水"),
        record("inquiry", "IQ-1", "answered", ("15 08:00", "log", {}), asked_by="张三", question="押金"),
        record("service_order", "SO-1", "accepted", ("22 08:00", "agree", {}), room="3-502", item="擦窗"),
        record("move_in", "MI-1", "paid", ("22 08:00", "check", {}), room="3-502", applicant="owner"),
    ]

    def broken(about: str, id: str) -> list[str]:
        visit = record(
            "return_visit", "RV-1", "done", ("23 08:00", "plan", {}),
            ("23 09:00", "visit", {"reached": "true", "satisfied": "fair", "problem": "false"}),
            about=about, record=id, way="home",
        )  # fmt: skip
        return Site(library, visit, *others).broken("return_visit", "RV-1")

    right = {"repair": "RP-1", "complaint": "CP-1", "hotline": "IQ-1", "service": "SO-1", "move_in": "MI-1"}
    assert [broken(about, id) for about, id in right.items()] == [[]] * 5
    assert broken("service", "IQ-1") == ["matches_service"]
    assert broken("move_in", "IQ-1") == ["matches_move_in"]
    assert broken("hotline", "SO-1") == ["matches_hotline"]
    assert broken("other", "RP-1") == ["matches_back"]
    assert broken("other", "CP-1") == ["matches_back_complaint"]


def test_a_finished_repair_has_one_visit_unless_it_is_a_spot_check(library: Library) -> None:
    repair = record(
        "repair", "RP-1", "visited", ("22 08:00", "register", {}), ("22 10:00", "finish", {}), content="换锁"
    )

    def visit(id: str, at: str, **fields: str) -> dict[str, Any]:
        done = (at, "visit", {"reached": "true", "satisfied": "fair", "problem": "false"})
        return record("return_visit", id, "done", ("22 12:00", "plan", {}), done, about="repair", record="RP-1", **fields)

    first = visit("RV-1", "22 13:00")
    assert Site(library, repair, first).broken("return_visit", "RV-1") == []
    assert Site(library, repair, first, visit("RV-2", "23 09:00")).broken("return_visit", "RV-2") == ["visit_one"]
    sampled = visit("RV-2", "23 09:00", sampled="true")
    assert Site(library, repair, first, sampled).broken("return_visit", "RV-2") == []
    before_it_was_done_again = visit("RV-1", "22 09:00")
    assert Site(library, repair, before_it_was_done_again, visit("RV-2", "23 09:00")).broken("return_visit", "RV-2") == []


# -- the desk ---------------------------------------------------------------------------------


def test_the_noon_belongs_to_an_officer_and_the_desk_is_never_left_alone(library: Library) -> None:
    def broken(*roles: str, **fields: Any) -> list[str]:
        lina = record("staff", "lina", "active", ENTER, name="李娜", roles=list(roles))
        noon = record(
            "duty_log", "DL-1", "closed", ("22 12:00", "open", {}), ("22 13:30", "close", {}),
            shift="noon", nothing="true", **fields,
        )  # fmt: skip
        return Site(library, lina, noon).broken("duty_log", "DL-1")

    assert broken("front_desk") == ["duty_poster"]
    assert broken("cs_officer") == []
    away = {"from_at": "2026-11-22T12:30:00+08:00", "to_at": "2026-11-22T12:40:00+08:00"}
    assert broken("cs_officer", away=[away]) == ["desk_cover"]
    assert broken("cs_officer", away=[away | {"cover": "chen", "named_by": "zhao"}]) == []


def test_what_is_lent_is_named_when_the_shift_is_handed_over(library: Library) -> None:
    loan = record("loan", "LN-1", "out", ("22 10:00", "out", {}), item="对讲机", borrower="李师傅")
    accept = {
        "shift_start": "2026-11-23T08:30:00+08:00", "arrived_at": "2026-11-23T08:15:00+08:00", "log": "DL-1",
        "tools": [{"item": "手电", "expected": "2", "actual": "2"}],
    }  # fmt: skip

    def broken(**fields: Any) -> list[str]:
        told = record(
            "handover", "HO-1", "accepted", ("23 08:10", "prepare", {}), ("23 08:30", "accept", accept | fields),
            post="客服中心", in_person="chen", clean_ok="true",
        )  # fmt: skip
        told["events"][1]["by"] = "chen"
        log = record("duty_log", "DL-1", "open", ("22 08:30", "open", {}), shift="day")
        return Site(library, loan, log, told).broken("handover", "HO-1")

    assert broken() == ["loans_in_handover"]
    assert broken(open_items=[{"record": "LN-1", "why": "明日还"}]) == []
    short = {"item": "对讲机", "expected": "4", "actual": "3", "why": "lent", "liable": "lina", "loan": "LN-1"}
    assert broken(tools=[short]) == []


def test_minutes_say_in_which_file_they_are(library: Library) -> None:
    def filed(**fields: Any) -> list[str]:
        minutes = record(
            "meeting", "MT-1", "filed", ("22 09:00", "write", {}), ("22 11:00", "file", {}),
            kind="department", chair="zhao", agenda="…", present=[{"person": "lina"}], **fields,
        )  # fmt: skip
        return Site(library, minutes).broken("meeting", "MT-1")

    assert filed() == ["minutes_filed"]
    assert filed(archive="2026-会议") == []


# -- a book of core alone ---------------------------------------------------------------------


def test_without_the_other_packs_what_needs_them_sleeps(desk: Desk) -> None:
    library = desk.session().library
    assert {"custody", "payment", "key_issue", "move_out"} <= library.absent
    sleeping = {
        form: {one.id for one in both[form].checks} - {one.id for one in library.forms[form].checks}
        for both in [load(PRODUCT)[0].forms]
        for form in ("room", "customer", "repair", "incident", "conduct_check", "contractor", "meeting", "key_checkout")
    }
    assert sleeping == {
        "room": {"status_custody", "status_custody_seen", "status_reno", "status_reno_seen"},
        "customer": {"left_clear"},
        "repair": {"defect_signed", "owner_sign", "paid_amount", "paid_amount_named"},
        "incident": {"pay_full_penalty", "paid_amount", "paid_amount_named"},
        "conduct_check": {"no_agency", "flat_posture"},
        "contractor": {"items_back_day"},
        "meeting": {"minutes_filed"},
        "key_checkout": set(),
    }


def test_the_first_hotline_call_is_followed_up_after_a_week(desk: Desk) -> None:
    def due(now: str) -> list[tuple[str, str]]:
        late = lateness.overdue(desk.session(now), ())
        return [(one.clock, str(one.subject)) for one in late if one.clock == "visit_hotline"]

    words = ("asked_by=王芳", "phone=13800001111", "channel=hotline")
    first = desk.add("inquiry", *words, "question=押金何时退", now="2026-11-23 10:00").record.id
    desk.add("inquiry", *words, "question=又问押金", now="2026-11-23 11:00")
    desk.add("inquiry", "asked_by=李雷", "question=停车", "channel=phone", now="2026-11-23 11:30")
    assert due("2026-11-30 09:00") == []
    assert due("2026-12-02 09:00") == [("visit_hotline", first)]
    visit = desk.add("return_visit", f"record={first}", now="2026-12-02 10:00")
    assert visit.state.fields["about"] == "hotline"
    assert visit.state.fields["name"] == "王芳"
    desk.step(visit.record.id, "visit", "reached=true", "satisfied=satisfied", "problem=false", now="2026-12-02 10:05")
    assert due("2026-12-03 09:00") == []


# -- numbers a site may set -------------------------------------------------------------------


def test_leave_is_asked_for_a_day_ahead_and_ends_in_time(library: Library) -> None:
    def broken(start: str, *events: tuple[str, str, dict[str, Any]], kind: str = "personal") -> list[str]:
        asked = record(
            "leave", "LV-1", "applied", ("20 09:00", "apply", {}), *events,
            kind=kind, from_at=f"2026-11-{start}:00+08:00", to_at="2026-11-22T18:00:00+08:00", reason="家事",
        )  # fmt: skip
        return Site(library, asked).broken("leave", "LV-1")

    assert broken("21T09:00") == []
    assert broken("21T08:30") == ["in_advance_days"]
    assert broken("20T08:00") == ["in_advance", "in_advance_days"]
    assert broken("20T08:00", kind="sick") == []
    approved = ("20 10:00", "approve", {"cover": "chen"})
    assert broken("21T09:00", approved, ("22 18:00", "return", {})) == []
    assert broken("21T09:00", approved, ("22 18:30", "return", {})) == ["leave_back"]


@pytest.mark.parametrize(("day", "broken"), [("2026-08-24", ["repeated"]), ("2026-08-23", [])])
def test_a_room_that_complains_again_within_ninety_days_is_noticed(
    library: Library, day: str, broken: list[str]
) -> None:
    first = record("complaint", "CP-1", "registered", ("01 09:00", "register", {}), name="张三", summary="漏水", room="3-502")
    first["at"] = first["events"][0]["at"] = f"{day}T09:00:00+08:00"
    again = record(
        "complaint", "CP-2", "registered", ("22 09:00", "register", {}), name="张三", summary="噪音", room="3-502"
    )
    assert Site(library, first, again).broken("complaint", "CP-2") == broken


def test_a_visit_due_on_a_holiday_is_due_on_the_next_working_day(desk: Desk) -> None:
    """1 October 2026 begins a week of holidays; the hotline's duty and the visit's clock move on alike."""
    call = desk.add("inquiry", "asked_by=王芳", "question=怎样使用").record.id
    visit = desk.add("return_visit", f"record={call}", "about=user", "used_on=2026-09-24").record.id
    late = next(one for one in lateness.overdue(desk.session("2026-11-22 10:00"), ()) if str(one.id) == visit)
    assert (late.clock, f"{late.due:%m-%d %H:%M}") == ("week", "10-09 00:00")
