"""What sentences mean when they are asked of records."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from logbook.core.lifecycle import state_of
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.rules import evaluate
from logbook.core.rules import explain
from logbook.core.rules import holds
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.rules import parse_sum
from logbook.core.rules import value
from logbook.core.view import View
from tests.core.rules_kit import Rec
from tests.core.rules_kit import World
from tests.core.rules_kit import at
from tests.core.rules_kit import day
from tests.core.rules_kit import form
from tests.core.rules_kit import money

ROOM = form(
    "room",
    "active retired",
    final="retired",
    occupancy="choice: vacant custody lived_in",
    owner="ref customer",
)
CUSTODY = form(
    "custody",
    "draft active ended",
    final="ended",
    room="ref room",
    from_date="date",
    to_date="date",
    span=("from_date", "to_date"),
)
VISIT = form(
    "return_visit",
    "due tried done reviewed",
    "plan visit review",
    final="reviewed",
    record="ref complaint",
    visited_at="datetime",
    reached="bool",
)
COMPLAINT = form(
    "complaint",
    "registered told visited closed",
    "register tell close",
    final="closed",
    level="choice: major minor",
    harm="bool",
    room="ref room",
    visit="ref return_visit",
    received_at="datetime",
    forwarded_at="datetime",
    handled_at="datetime",
    told_at="datetime",
    filed_on="date",
    told="multichoice: repair guard",
    repeat_of="ref complaint",
    handler="staff",
    weight="int",
    total="money",
    summary="text",
    month="text",
    slot="time",
    lists={"plans": {"plan": "text", "cost": "money", "weight": "int"}, "departments": {"dept": "text"}},
)
SHEET = form(
    "contact_sheet",
    "issued done verified",
    final="verified",
    about="ref complaint",
    to_dept="text",
    verified="choice: ok still",
    issued_at="datetime",
)


def complaint(state: str = "registered", id: str = "CP-1", **values: object) -> Rec:
    return Rec(COMPLAINT, id, state, dict(values))


def ask(sentence: str, view: Rec, *others: Rec, **world: object) -> bool | None:
    return evaluate(parse_rule(sentence), view, World([*others, view], **world))  # type: ignore[arg-type]


# --------------------------------------------------------------------------- values and emptiness


@pytest.mark.parametrize(
    ("sentence", "values", "expected"),
    [
        ("level is major", {"level": "major"}, True),
        ("level is major", {"level": "minor"}, False),
        ("level is major", {}, False),
        ("level is not major", {}, True),
        ("level is one of major, minor", {"level": "minor"}, True),
        ("harm is true", {"harm": True}, True),
        ("harm is false", {}, False),
        ("harm is filled", {"harm": False}, True),
        ("level is empty", {}, True),
        ("plans is empty", {"plans": ()}, True),
        ("summary is filled", {"summary": ""}, False),
        ('summary is "漏水"', {"summary": "漏水"}, True),
        ("weight is 3", {"weight": 3}, True),
        ("told includes repair", {"told": ("repair", "guard")}, True),
        ("told includes repair, guard", {"told": ("repair",)}, False),
        ("told includes repair", {}, False),
        ("weight = 3", {}, None),
        ("weight <> 3", {}, None),
        ("weight + 1 = 4", {"weight": 3}, True),
        ("weight * 2 - 1 >= 5 and level is major", {"weight": 3}, False),
        ("weight = 3 or level is major", {"level": "major"}, True),
        ("weight = 3 or level is major", {}, None),
        ("weight = 3 and level is major", {}, False),
        ("level is minor or level is major and weight = 1", {"level": "minor"}, True),
        ("(level is minor or level is major) and weight = 1", {"level": "minor", "weight": 2}, False),
        ("(weight + 1) * 2 = 8", {"weight": 3}, True),
        ("level, room required", {"level": "minor"}, False),
        ("level forbidden", {}, True),
        ("one of level, room required", {"room": "R1"}, True),
        ("one of level, room required", {}, False),
        ("level is major exactly if harm is true", {"level": "major", "harm": False}, False),
        ("level is major exactly if harm is true", {}, True),
        ("level is major if harm is true", {}, True),
        ("level is major if weight = 3", {}, True),
        ("max(0, weight - 2) = 1", {"weight": 3}, True),
        ("whole(7 / weight) = 2", {"weight": 3}, True),
        ("round(10 / weight, 2) = 3.33", {"weight": 3}, True),
        ("abs(weight - 5) = 2", {"weight": 3}, True),
        ("weight / 0 = 1", {"weight": 3}, None),
    ],
)
def test_values(sentence: str, values: dict[str, object], expected: bool | None) -> None:
    assert ask(sentence, complaint(**values)) is expected


def test_unknown_passes_except_before() -> None:
    view = complaint()
    always, gated = parse_rule("weight = 3"), parse_rule("weight = 3 before close")
    assert holds(always, evaluate(always, view, World())) is True
    assert holds(gated, evaluate(gated, view, World())) is False
    assert holds(gated, True) is True
    assert holds(always, False) is False


# --------------------------------------------------------------------------- chains and moments


def test_a_chain_compares_neighbouring_filled_values() -> None:
    chain = "received_at <= forwarded_at <= handled_at < told_at"
    assert ask(chain, complaint(received_at=at("11-22 09:00"), told_at=at("11-22 10:00"))) is True
    assert ask(chain, complaint(received_at=at("11-22 09:00"), told_at=at("11-22 09:00"))) is False
    assert ask(chain, complaint(received_at=at("11-22 09:00"), handled_at=at("11-22 08:00"))) is False
    assert ask(chain, complaint(received_at=at("11-22 09:00"))) is None


def test_a_sign_skipped_with_its_value_still_counts() -> None:
    view = complaint(weight=3)
    assert ask("weight < total <= 3", view) is False
    assert ask("weight <= total <= 3", view) is True
    assert ask("weight < total > 3", view) is None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("told_at <= received_at + 2 days", True),
        ("told_at - received_at <= 2 days", True),
        ("told_at - received_at < 48 hours", False),
        ("filed_on >= received_at", True),
        ("filed_on > told_at", False),
        ("received_at + 1 month = 2026-12-22", True),
        ("filed_on = 2026-11-24", True),
        ("told_at >= 09:00 and told_at < 09:01", True),
        ("received_at in same day as told_at", False),
        ("received_at in same month as told_at", True),
        ("received_at in same week as told_at", False),
        ("received_at in same year as month", True),
        ('month = "2026-11"', True),
        ('month + 2 months = "2027-01"', True),
        ("told_at falls on tuesday", True),
        ("told_at falls on workday", True),
        ("received_at falls on holiday", True),
        ("received_at inside 08:30 to 12:00", True),
        ("received_at outside 22:00 to 06:00", True),
        ("slot inside 22:00 to 06:00", True),
        ("told_at inside received_at to filed_on", True),
        ("slot + 1 hour = 00:30", True),
        ("filed_on - 3 working_days = 2026-11-19", True),
        ("told_at < now", False),
        ("filed_on > today", True),
        ("(told_at - received_at) / 1 hour = 48", True),
    ],
)
def test_moments(sentence: str, expected: bool) -> None:
    view = complaint(
        received_at=at("11-22 09:00"),
        told_at=at("11-24 09:00"),
        filed_on=day("11-24"),
        month="2026-11",
        slot=at("11-22 23:30").time(),
    )
    assert ask(sentence, view, holidays={day("11-22")}) is expected


def test_named_hours_follow_the_season() -> None:
    hours = {"hours": {"noon": {"normal": "12:00-13:30", "summer": "12:00-14:00"}, "night": "17:30-08:30"}}
    winter, summer = complaint(told_at=at("11-22 13:40")), complaint(told_at=at("07-22 13:40"))
    assert ask("told_at inside setting hours.noon", winter, settings=hours) is False
    assert ask("told_at inside setting hours.noon", summer, settings=hours) is True
    assert ask("told_at inside noon", summer, settings=hours) is True
    night = complaint(told_at=at("11-22 23:00"), handled_at=at("11-23 02:00"))
    assert ask("handled_at in same night as told_at", night, settings=hours) is True
    assert ask("handled_at in same night as received_at", night, settings=hours) is None


# --------------------------------------------------------------------------- steps, people, links


def test_steps_are_values() -> None:
    view = complaint(handler="S-02", told_at=at("11-23 09:00"))
    view.taken = {"close": (at("11-24 09:00"), "S-02")}
    assert ask("close.by = handler", view) is True
    assert ask("close.by <> handler", view) is False
    assert ask("told_at <= close.at", view) is True
    assert ask("tell.by = handler", view) is None
    assert ask("close.by has role guard, cs_officer", view, staff={"S-02": frozenset({"guard"})}) is True
    assert ask("handler has role director", view, staff={"S-02": frozenset({"guard"})}) is False
    assert ask("by = handler", view) is False


def test_a_reference_before_is_stands_for_the_state() -> None:
    visit = Rec(VISIT, "RV-1", "done", {"record": "CP-1", "visited_at": at("11-23 09:00"), "reached": False})
    view = complaint(visit="RV-1", told_at=at("11-22 18:00"))
    rule = (
        "visit is one of done, reviewed and visit.record = this and visit.visited_at >= told_at before close"
    )
    assert ask(rule, view, visit) is True
    assert ask("visit is done", view, visit) is True
    assert ask("visit is open", view, visit) is True
    assert ask("visit is finished", view, visit) is False
    assert ask("visit.reached is false", view, visit) is True
    assert ask("visit is filled", view, visit) is True
    assert ask("visit is done", complaint(), visit) is False
    assert ask("visit.visited_at >= told_at", complaint(), visit) is None
    assert ask("state is registered", view) is True
    assert ask("this is closed", view) is False
    assert ask("state is open", view) is True


def test_a_voided_record_is_neither_open_nor_finished() -> None:
    visit = Rec(VISIT, "RV-1", "voided")
    view = complaint(visit="RV-1")
    assert ask("visit is open", view, visit) is False
    assert ask("visit is finished", view, visit) is False
    assert ask("visit is voided", view, visit) is True


def test_states_and_balances_as_of_a_moment() -> None:
    room = Rec(ROOM, "R1", "active")
    room.past = {
        "state": [(at("11-01 00:00"), "active")],
        "occupancy": [(at("11-01 00:00"), "vacant"), (at("11-20 00:00"), "custody")],
    }
    view = complaint(room="R1", received_at=at("11-10 08:00"), told_at=at("11-21 08:00"))
    assert ask("room.occupancy as of received_at is vacant", view, room) is True
    assert ask("room.occupancy as of told_at is vacant", view, room) is False
    assert ask("room as of told_at is open", view, room) is True
    assert ask("room.occupancy as of handled_at is vacant", view, room) is False


# --------------------------------------------------------------------------- rows, records, values


PLANS = (
    {"plan": "a", "cost": money("1.10"), "weight": 60},
    {"plan": "", "cost": money("2.20"), "weight": 40},
)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("sum of weight over rows of plans = 100", True),
        ("sum of cost over rows of plans = total", True),
        ("count over rows of plans = 2", True),
        ("least of weight over rows of plans = 40", True),
        ("greatest of weight over rows of plans = 60", True),
        ("first of weight over rows of plans = 60", True),
        ("last of weight over rows of plans = 40", True),
        ("count of different weight over rows of plans = 2", True),
        ("sum of cost * weight over rows of plans = 154", True),
        ("(sum of weight over rows of plans where cost > 2) = 40", True),
        ("sum of weight over rows of departments = 0", True),
        ("least of dept over rows of departments = 0", None),
        ("some row of plans where weight > 50", True),
        ("no row of plans where weight > 50", False),
        ("at least 2 rows of plans where weight > 30", True),
        ("at most 1 row of plans where weight > 30", False),
        ("exactly 1 row of plans where plan is filled", True),
        ("every row of plans: plan required", False),
        ("every row of plans where weight > 50: plan required", True),
        ("every row of plans: plan required if weight > 50", True),
        ("every row of plans: weight <= this.total * 15", False),
        ("every row of plans: unique weight", True),
        ("every row of plans: weight + this.weight > 40", None),
        ("every row of departments: dept required", True),
        ("some value of told where value is guard", True),
        ("every value of told: some row of this.departments where dept = it", False),
        ("no day of received_at, told_at where day falls on sunday", False),
        ("count over days of received_at, told_at = 3", True),
    ],
)
def test_rows(sentence: str, expected: bool | None) -> None:
    view = complaint(
        plans=PLANS,
        total=money("3.30"),
        told=("repair", "guard"),
        received_at=at("11-22 09:00"),
        told_at=at("11-24 09:00"),
    )
    assert ask(sentence, view) is expected


def test_money_is_rounded_half_up_once_at_the_end() -> None:
    view = complaint(plans=PLANS, total=money("0.67"), weight=3)
    assert ask("total = 2 / weight", view) is True
    assert ask("total = (1 / weight) + (1 / weight)", view) is True
    expression = parse_sum("2 / weight")
    assert value(expression, view, World(), field=COMPLAINT.fields["total"]) == Decimal("0.67")
    assert value(parse_sum("5 / 2"), view, World()) == Decimal("2.5")
    assert value(parse_sum("0.125 * 1"), view, World(), field=COMPLAINT.fields["total"]) == Decimal("0.13")
    assert value(parse_sum("count over rows of plans"), view, World()) == 2
    assert value(parse_sum("weight is filled"), view, World()) is True
    assert value(parse_sum("handled_at"), view, World()) is None


def test_counting_leaves_this_record_out_and_folds_take_it_in() -> None:
    first = complaint(id="CP-1", room="R1", weight=1, received_at=at("11-20 09:00"))
    second = complaint(id="CP-2", room="R1", weight=2, received_at=at("11-21 09:00"))
    void = complaint("voided", id="CP-3", room="R1", weight=4, received_at=at("11-19 09:00"))
    assert ask("some record of complaint where room = this.room", first, void) is False
    assert ask("some record of complaint where room = this.room", first, second) is True
    assert ask("at most 0 records of complaint where room = this.room", first, second) is False
    assert (
        ask("(sum of weight over records of complaint where room = this.room) = 3", first, second, void)
        is True
    )
    assert ask("(count over records of complaint where room = this.room) = 2", first, second) is True
    assert (
        ask(
            "repeat_of required if some record of complaint where room = this.room and received_at < "
            "this.received_at and received_at >="
            " this.received_at - 90 days",
            second,
            first,
        )
        is False
    )


def test_first_and_last_of_records_go_by_at() -> None:
    early, late = complaint(id="CP-1", room="R1", weight=1), complaint(id="CP-2", room="R1", weight=2)
    early.at, late.at = at("11-20 09:00"), at("11-21 09:00")
    now = complaint(id="CP-3", room="R1")
    now.at = at("11-22 09:00")
    rule = "2 = last of weight over records of complaint where room = this.room and at < this.at"
    assert ask(rule, now, late, early) is True
    assert ask(rule.replace("last", "first"), now, late, early) is False


def test_the_index_is_asked_for_what_must_be_equal() -> None:
    view = complaint(room="R1", weight=3)
    world = World([view])
    evaluate(parse_rule("no record of custody where room = this.room and state is active"), view, world)
    evaluate(parse_rule("unique room where state is not closed"), view, world)
    evaluate(parse_rule("no record of repair where room = this.room and state is not finished"), view, world)
    evaluate(parse_rule("no record of contact_sheet where about = this and verified is still"), view, world)
    evaluate(parse_rule("no record of custody where room = this.repeat_of"), view, world)
    assert world.asked == [
        ("custody", {"room": "R1", "state": ("active",)}),
        ("complaint", {"room": "R1"}),
        ("repair", {"room": "R1", "state": ("open",)}),
        ("contact_sheet", {"about": "CP-1"}),
    ]


def test_records_of_each_department() -> None:
    rule = (
        "every row of departments: some record of contact_sheet"
        " where about = this and to_dept = it.dept"
        " and state is one of done, verified before handle"
    )
    view = complaint(departments=({"dept": "工程"}, {"dept": "安护"}))
    one = Rec(SHEET, "CS-1", "done", {"about": "CP-1", "to_dept": "工程"})
    two = Rec(SHEET, "CS-2", "issued", {"about": "CP-1", "to_dept": "安护"})
    assert ask(rule, view, one, two) is False
    found = explain(parse_rule(rule), view, World([one, two]))
    assert (found.list, found.row, found.path) == ("departments", 2, "departments.2")
    two.state = "verified"
    assert ask(rule, view, one, two) is True


def test_exactly_if_across_forms() -> None:
    rule = "occupancy is custody exactly if some record of custody where room = this and state is active"
    room = Rec(ROOM, "R1", "active", {"occupancy": "custody"})
    custody = Rec(CUSTODY, "CY-1", "active", {"room": "R1"})
    assert ask(rule, room, custody) is True
    assert ask(rule, room) is False
    room.values["occupancy"] = "vacant"
    assert ask(rule, room) is True


def test_unique_among_records() -> None:
    mine, other = complaint(id="CP-1", room="R1"), complaint(id="CP-2", room="R1")
    assert ask("unique room where state is not closed", mine, other) is False
    other.state = "closed"
    assert ask("unique room where state is not closed", mine, other) is True
    mine.state = "closed"
    other.state = "told"
    assert ask("unique room where state is not closed", mine, other) is True
    other.state = "voided"
    assert ask("unique room", mine, other) is True
    assert ask("unique room, weight", complaint(), complaint(id="CP-2")) is True


# --------------------------------------------------------------------------- intervals


BOOKING = form(
    "booking", "asked approved", venue="text", from_at="datetime", to_at="datetime", span=("from_at", "to_at")
)
ROSTER = form(
    "roster",
    "draft",
    from_date="date",
    to_date="date",
    post="text",
    lists={
        "lines": {"start": "datetime", "end": "datetime", "person": "staff"},
        "covers": {"a": "datetime", "b": "datetime", "person": "staff"},
    },
    spans={"lines": ("start", "end"), "covers": ("a", "b")},
)


def booking(id: str, start: str, end: str, venue: str = "V", state: str = "approved") -> Rec:
    return Rec(BOOKING, id, state, {"venue": venue, "from_at": at(start), "to_at": at(end)})


def test_no_overlap_of_records() -> None:
    rule = "no overlap of records of booking where state is approved per venue"
    mine = booking("B-1", "11-22 09:00", "11-22 11:00")
    assert ask(rule, mine, booking("B-2", "11-22 11:00", "11-22 12:00")) is True
    assert ask(rule, mine, booking("B-2", "11-22 10:59", "11-22 12:00")) is False
    assert ask(rule, mine, booking("B-2", "11-22 10:00", "11-22 12:00", venue="W")) is True
    assert ask(rule, mine, booking("B-2", "11-22 10:00", "11-22 12:00", state="asked")) is True
    open_end = booking("B-2", "11-22 08:00", "11-22 08:30")
    open_end.values["to_at"] = None
    assert ask(rule, mine, open_end) is False


def test_overlap_and_gap_of_rows() -> None:
    def roster(*lines: tuple[str, str, str], covers: tuple[tuple[str, str, str], ...] = ()) -> Rec:
        return Rec(
            ROSTER,
            "RS-1",
            "draft",
            {
                "from_date": day("11-22"),
                "to_date": day("11-22"),
                "lines": tuple({"start": at(a), "end": at(b), "person": p} for a, b, p in lines),
                "covers": tuple({"a": at(a), "b": at(b), "person": p} for a, b, p in covers),
            },
        )

    overlap = "no overlap of rows of lines, covers per person"
    gap = "no gap in rows of lines, covers from from_date to to_date"
    whole = roster(("11-22 00:00", "11-22 12:00", "A"), ("11-22 12:00", "11-23 00:00", "B"))
    assert ask(overlap, whole) is True
    assert ask(gap, whole) is True
    hole = roster(("11-22 00:00", "11-22 12:00", "A"), ("11-22 12:01", "11-23 00:00", "A"))
    assert ask(gap, hole) is False
    mended = roster(
        ("11-22 00:00", "11-22 12:00", "A"),
        ("11-22 12:01", "11-23 00:00", "A"),
        covers=(("11-22 11:30", "11-22 12:30", "B"),),
    )
    assert ask(gap, mended) is True
    twice = roster(("11-22 00:00", "11-22 12:00", "A"), covers=(("11-22 11:30", "11-22 12:30", "A"),))
    assert ask(overlap, twice) is False
    assert ask("every row of lines: span inside this.from_date to this.to_date", whole) is True
    assert ask("no row of lines where span meets 2026-11-23", whole) is True


def test_greatest_gap_between_rounds() -> None:
    night = form(
        "night_patrol", "running", from_at="datetime", to_at="datetime", lists={"rounds": {"at": "datetime"}}
    )
    view = Rec(
        night,
        "NP-1",
        "running",
        {
            "from_at": at("11-22 18:00"),
            "to_at": at("11-22 21:00"),
            "rounds": ({"at": at("11-22 19:00")}, {"at": at("11-22 20:00")}),
        },
    )
    rule = "greatest gap of at over rows of rounds from from_at to to_at <= 60 minutes"
    assert ask(rule, view) is True
    view.values["rounds"] = ({"at": at("11-22 19:01")}, {"at": at("11-22 20:00")})
    assert ask(rule, view) is False
    assert ask("least gap of at over rows of rounds >= 30 minutes", view) is True


def test_rows_of_all_records() -> None:
    bill = form("fee_bill", "sent paid", total="money")
    payment = form("payment", "booked", lists={"lines": {"bill": "ref fee_bill", "amount": "money"}})
    owed = Rec(bill, "FB-1", "sent", {"total": money("100.00")})
    before = Rec(payment, "PY-1", "booked", {"lines": ({"bill": "FB-1", "amount": money("60.00")},)})
    mine = Rec(payment, "PY-2", "booked", {"lines": ({"bill": "FB-1", "amount": money("40.00")},)})
    rule = (
        "every row of lines: (sum of amount over rows of lines of all"
        " payment where bill = it.bill) <= bill.total"
    )
    assert ask(rule, mine, before, owed) is True
    mine.values["lines"] = ({"bill": "FB-1", "amount": money("40.01")},)
    assert ask(rule, mine, before, owed) is False
    assert explain(parse_rule(rule), mine, World([before, owed, mine])).path == "lines.1.bill"


def test_the_previous_row_of_a_key() -> None:
    use = form(
        "consumption",
        "draft",
        store="choice: bar main",
        month="text",
        lists={"lines": {"item": "text", "opening": "int", "closing": "int"}},
    )
    rule = (
        "every row of lines: opening = last of closing over rows of"
        " lines of all consumption where item = it.item"
        " and parent.store = this.store and parent.month = this.month - 1 month"
    )
    november = Rec(
        use,
        "CN-1",
        "draft",
        {
            "store": "bar",
            "month": "2026-12",
            "lines": (
                {"item": "tea", "opening": 4, "closing": 9},
                {"item": "milk", "opening": 1, "closing": 0},
            ),
        },
    )
    december = Rec(
        use,
        "CN-2",
        "draft",
        {
            "store": "bar",
            "month": "2027-01",
            "lines": (
                {"item": "tea", "opening": 9, "closing": 3},
                {"item": "ice", "opening": 5, "closing": 0},
            ),
        },
    )
    assert ask(rule, december, november) is None
    december.values["lines"] = ({"item": "tea", "opening": 8, "closing": 3},)
    assert ask(rule, december, november) is False


# --------------------------------------------------------------------------- settings, history


def test_settings_by_the_value_of_a_field() -> None:
    stay = form(
        "reception",
        "applied",
        level="choice: ordinary special",
        heads="int",
        lists={"escorts": {"role": "text"}, "expenses": {"kind": "choice: lunch gift", "amount": "money"}},
    )
    settings = {"levels": {"special": {"escorts": ["director", "guide"], "lunch": "60", "extra_meal": "20"}}}
    view = Rec(
        stay,
        "RC-1",
        "applied",
        {
            "level": "special",
            "heads": 4,
            "escorts": ({"role": "guide"},),
            "expenses": (
                {"kind": "lunch", "amount": money("100.00")},
                {"kind": "gift", "amount": money("500")},
            ),
        },
    )
    cap = (
        "every row of expenses where kind is lunch: amount <= setting levels[this.level][kind]"
        " + setting levels[this.level].extra_meal * max(0, this.heads - 2)"
    )
    assert (
        ask(
            "every row of escorts: role is one of setting levels[this.level].escorts", view, settings=settings
        )
        is True
    )
    assert ask(cap, view, settings=settings) is True
    view.values["heads"] = 3
    assert ask(cap, view, settings=settings) is False
    view.values["level"] = "ordinary"
    assert (
        ask(
            "every row of escorts: role is one of setting levels[this.level].escorts", view, settings=settings
        )
        is False
    )
    assert ask(cap, view, settings=settings) is None


def history(*events: tuple[str, dict[str, object]], **fields: object) -> object:
    return SimpleNamespace(
        record=SimpleNamespace(fields=fields),
        events=tuple(Event("2026-11-22T09:00:00+08:00", "S-01", step, set=what) for step, what in events),  # type: ignore[arg-type]
    )


def test_frozen_and_changes_only_by() -> None:
    frozen, only = "plans frozen after tell", "handler changes only by tell"
    view = complaint()
    assert ask(frozen, view) is None
    view.state_of = history(("register", {}), ("tell", {"plans": []}), handler="S-01")
    assert ask(frozen, view) is True
    assert ask(only, view) is True
    view.state_of = history(("register", {}), ("tell", {}), ("amend", {"plans.1.cost": "3"}), handler="S-01")
    assert ask(frozen, view) is False
    view.state_of = history(("register", {}), ("tell", {"handler": "S-02"}), handler="S-01")
    assert ask(only, view) is True
    view.state_of = history(("register", {}), ("close", {"handler": "S-02"}))
    assert ask(only, view) is True, "filling an empty field is no change"
    view.state_of = history(("register", {}), ("close", {"handler": "S-02"}), handler="S-01")
    assert ask(only, view) is False


# --------------------------------------------------------------------------- conditions, blame


def test_a_condition_of_one_row() -> None:
    condition = parse_condition("weight > 50 and this.level is major")
    view = complaint(level="major")
    assert evaluate(condition, view, World(), within="plans", row={"weight": 60}) is True
    assert evaluate(condition, view, World(), within="plans", row={"weight": 40}) is False


def test_derived_columns() -> None:
    bill = form(
        "bill",
        "made",
        total="money = sum of amount over rows of lines",
        lists={"lines": {"qty": "int", "price": "money", "amount": "money = qty * price"}},
    )
    view = Rec(
        bill, "B-1", "made", {"lines": ({"qty": 3, "price": money("1.115")}, {"qty": 1, "price": None})}
    )
    assert value(parse_sum("sum of amount over rows of lines"), view, World()) == money("3.35")
    assert evaluate(parse_rule("every row of lines: amount = qty * price"), view, World()) is None


def test_explain_names_the_fields() -> None:
    view = complaint(plans=PLANS, level="major", weight=3)
    assert explain(parse_rule("level, room, handler required"), view, World()).fields == ("room", "handler")
    assert explain(parse_rule("level is major and weight = 4"), view, World()).path == "weight"
    found = explain(parse_rule("every row of plans: plan required"), view, World())
    assert (found.path, found.list, found.row) == ("plans.2.plan", "plans", 2)
    assert explain(parse_rule("unique room"), view, World()).path == "room"
    assert explain(parse_rule("no row of plans where weight > 50"), view, World()).path == "plans"


def test_a_program_is_made_once_a_form() -> None:
    rule = parse_rule("level is major")
    other = form("letter", "made", level="text")
    assert evaluate(rule, complaint(level="major"), World()) is True
    assert evaluate(rule, Rec(other, values={"level": "major"}), World()) is True
    assert evaluate(rule, complaint(level="minor"), World()) is False
    assert len(rule.programs) == 2
    assert rule == parse_rule("level is major")


def test_a_record_from_its_text() -> None:
    record = Record(
        "CP-1",
        "complaint",
        1,
        "told",
        "2026-11-22T09:00:00+08:00",
        "S-01",
        fields={"level": "major", "harm": "true", "plans": [{"plan": "a", "cost": "1.50", "weight": "60"}]},
        events=(
            Event("2026-11-22T09:00:00+08:00", "S-01", "register"),
            Event("2026-11-23T10:00:00+08:00", "S-02", "tell", set={"total": "1.50", "handler": "S-02"}),
        ),
    )
    view = View(state_of(COMPLAINT, record))

    def kept(sentence: str) -> bool | None:
        return evaluate(parse_rule(sentence), view, World())

    assert kept('level is major and harm is true and by = "S-01"') is True
    assert kept("total = sum of cost over rows of plans") is True
    assert kept("every row of plans: weight > 50 and this.level is major") is True
    assert kept("tell.by = handler and tell.at > at and tell.recorded <= tell.at") is True
    assert kept("close.by = handler") is None
    assert kept("total frozen after register") is False
    assert kept("total changes only by close") is True
