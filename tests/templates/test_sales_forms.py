"""Bar, show flats, receptions and trips: each form runs through its steps, each check has a record that breaks it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.core.rules.world import rows_of
from logbook.core.view import View
from logbook.locale.catalogue import Catalogue
from logbook.operations.reading import Loaded
from logbook.operations.reading import World
from logbook.operations.writing import Written
from logbook.store.git import Repository
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment

ZH = Catalogue("zh")
DAY = "2026-11-22"
STAFF = (
    ("chenxi", "陈曦", "bar_receptionist"),
    ("linlin", "林琳", "show_flat_guide"),
    ("guoyan", "郭燕", "marketing,sales_lead"),
    ("tangwei", "唐伟", "admin_office,finance_clerk,purchasing"),
    ("heping", "何平", "reception_escort"),
    ("qian", "钱师傅", "driver"),
)
# Who enters each form.
BY = {
    "bar_opening": "chenxi", "discrepancy": "chenxi", "shortage": "chenxi", "service_round": "chenxi",
    "bar_consumption": "chenxi", "food_disposal": "chenxi", "food_request": "chenxi", "bar_closing": "chenxi",
    "show_flat_item": "linlin", "show_flat_count": "linlin", "show_flat_check": "linlin", "show_flat_visit": "linlin",
    "contractor_entry": "linlin", "item_movement": "linlin", "photo_permission": "linlin",
    "reception": "guoyan", "vehicle_trip": "heping",
    "goods_release": "lina", "stock_item": "zhao", "stock_move": "tangwei", "incident": "linlin",
    "reward_penalty": "zhao", "conduct_check": "zhao",
}  # fmt: skip
# What a person types at least, at the first entry.
LEAST = {
    "bar_opening": ["area=bar"],
    "discrepancy": ["item=cola", "book=10", "actual=9"],
    "shortage": ["item=cola", "on_hand=2", "reported_to=zhao", "needed=12"],
    "service_round": ["kind=refill", "area=negotiation"],
    "bar_consumption": ["area=bar", "lines=[{item: cola, opening: 10, used: 4, counted: 6}]"],
    "food_disposal": ["lines=[{kind: tea}]"],
    "food_request": ["for_date=明天", "lines=[{item: cola, on_hand: 6, used_today: 4, qty: 12}]"],
    "bar_closing": ["area=bar"],
    "show_flat_item": ["flat=A-01", "name=台灯"],
    "show_flat_count": ["flat=A-01", "kind=opening"],
    "show_flat_check": ["flat=A-01"],
    "show_flat_visit": ["flat=A-01", "heads=3"],
    "contractor_entry": ["flat=A-01", "order_no=WX-117", "work=更换射灯", "contractor=明亮照明", "approver=方工"],
    "item_movement": ["flat=A-01", "direction=in", "lines=[{item: vase, qty: 1}]"],
    "photo_permission": ["flat=A-01"],
    "reception": [
        "visitor=华南建材", "contact=13800001234", "accompanying=1", "pickup=false", f"arrival_at={DAY} 15:00",
    ],
    "vehicle_trip": ["kind=view_car", "driver=qian", "destination=样板房"],
}  # fmt: skip


def add(desk: Desk, form: str, *words: str, now: str = "10:00", day: str = DAY, **more: Any) -> Written:
    """What is typed at least, and ``words`` in its place or beside it."""
    names = {word.partition("=")[0].rstrip("+") for word in words}
    usual = [word for word in LEAST.get(form, []) if word.partition("=")[0] not in names]
    more.setdefault("by", BY[form])
    return desk.add(form, *usual, *words, now=f"{day} {now}", **more)


def step(desk: Desk, record: str, name: str, *words: str, now: str = "11:00", day: str = DAY, by: str) -> Written:
    return desk.step(record, name, *words, now=f"{day} {now}", by=by)


def seen(desk: Desk, record: str, now: str = "23:00", day: str = DAY) -> View:
    """A record with what is derived of it, as it stands then."""
    session = desk.session(f"{day} {now}")
    form = desk.load(record, f"{day} {now}").form.name
    found = World(session).find(form, record)
    assert found is not None
    return found


def rows(desk: Desk, record: str, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a list, those that are derived too."""
    view = seen(desk, record)
    world = World(desk.session(f"{DAY} 23:00"))
    return [tuple(row.get(column) for column in columns) for row in rows_of(view, name, world)]


def finished(loaded: Loaded) -> bool:
    return loaded.state.status in loaded.form.final


def told(done: Callable[[], Any]) -> set[tuple[str, str]]:
    """Rule and sentence of everything that is said of a refused or a recorded entry."""
    try:
        issues = done().warnings
    except Refused as refusal:
        issues = refusal.issues
    return {(issue.rule, ZH.issue(issue)[0]) for issue in issues}


@pytest.fixture(scope="module")
def book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A sales centre with its stores and office: a bar, two show flats, what stands in them, people."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("sales") / "book")
    packs = ("sales", "stores", "estate", "office")
    files = [
        Change(f"templates/{pack}/{file.name}", file.read_bytes())
        for pack in packs
        for file in sorted((TEMPLATES / pack).glob("*.yaml"))
    ]
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    with Repository(desk.root) as repository:
        publish(repository, [Commit(files, "book: sales", *people, moment(START))])
    for staff, name, roles in STAFF:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", by="boss", now=START)
    for area, name, kind in (("bar", "水吧台", "bar"), ("A-01", "A户型样板房", "show_flat"), ("B-01", "B户型样板房", "show_flat")):
        desk.add("area", f"id={area}", f"name={name}", f"kind={kind}", by="zhao", now=START)
    for item, name, sort, level in (
        ("cola", "可乐", "drink", "5"), ("melon", "西瓜", "food", "1"), ("cups", "纸杯", "utensil", "1"),
    ):  # fmt: skip
        desk.add(
            "stock_item", f"id={item}", f"name={name}", f"class={sort}", "store=bar", "unit=份", "place=柜台",
            "opening_qty=100", f"min_level={level}", by="zhao", now=START,
        )  # fmt: skip
    for item, name in (("vase", "花瓶"), ("lamp", "落地灯")):
        desk.add("show_flat_item", f"id={item}", "flat=A-01", f"name={name}", "qty=2", by="linlin", now=START)
    return desk


@pytest.fixture
def desk(book: Desk, tmp_path: Path) -> Desk:
    return book.copy(tmp_path / "book")


# -- one good record of each form, through all its steps -----------------------------------------


def test_a_day_at_the_bar(desk: Desk) -> None:
    opened = add(
        desk, "bar_opening", "counts=[{item: cola, book: 10, actual: 9}]", "disinfected=[{utensil: 咖啡杯}]",
        "food_enough=false", now="08:58",
    )  # fmt: skip
    assert opened.warnings == ()
    gap = add(desk, "discrepancy", now="09:05").record.id
    step(desk, gap, "verify", "guard=liu", now="09:10", by="chenxi")
    step(desk, gap, "report", "cause=昨晚少记一罐", "reported_to=zhao", now="09:15", by="chenxi")
    settled = step(desk, gap, "close", "decision=补记消耗，不调账", now="09:20", by="zhao")
    assert told(lambda: settled) == {("discrepancy.adjusted", "还没有调账单；不调账的请在处理决定里写明")}
    assert seen(desk, gap).get("diff") == -1
    short = add(desk, "shortage", now="09:06").record.id
    step(desk, opened.record.id, "ready", f"discrepancies={gap}", f"shortages={short}", now="09:25", by="chenxi")
    step(desk, opened.record.id, "sign", "review_note=已核对", now="10:00", by="zhao")

    round_ = add(desk, "service_round", "seated_at=10:00", now="10:00").record.id
    for at in ("10:15", "10:35"):
        step(desk, round_, "ask", f"asks.at={at}", now=at, by="chenxi")
    step(desk, round_, "call", "cleaner=sun", "clean_ok=false", now="10:50", by="chenxi")
    done = step(desk, round_, "close", "left_at=10:50", "cleared_at=10:53", f"cleaned_at={DAY} 11:05", now="11:10", by="chenxi")
    assert done.warnings == ()

    leftovers = add(desk, "food_disposal", "lines=[{item: cola, kind: soda, qty: 1}]", now="17:30").record.id
    used = add(desk, "bar_consumption", "lines=[{item: cola, opening: 9, received: 5, used: 8, disposed: 1, counted: 5, low: true}]", now="17:40").record.id
    assert rows(desk, used, "lines", "closing") == [(5,)]
    step(desk, used, "submit", "handed_to=zhao", now="17:45", by="chenxi")
    asked = add(desk, "food_request", f"consumption={used}", "lines=[{item: cola, on_hand: 5, used_today: 8, qty: 12}]", now="17:50").record.id
    step(desk, asked, "submit", now="17:52", by="chenxi")
    step(desk, used, "receive", now="17:55", by="zhao")
    closing = add(desk, "bar_closing", now="17:56").record.id
    step(
        desk, closing, "close", "utensils_back=true", "towels_hung=true", "rubbish_out=true", f"consumption={used}",
        f"disposal={leftovers}", f"request={asked}", now="18:05", by="chenxi",
    )  # fmt: skip
    step(desk, closing, "sign", now="18:10", by="zhao")
    step(desk, asked, "approve", now="18:15", by="zhao")
    step(desk, asked, "buy", now="08:00", day="2026-11-23", by="tangwei")
    bought = add(desk, "stock_move", "kind=in_purchase", "store=bar", "party=鲜果行", "lines=[{item: cola, qty: 12}]", now="08:20", day="2026-11-23").record.id
    step(desk, bought, "verify", "verified=pass", now="08:22", day="2026-11-23", by="tangwei")
    step(desk, bought, "post", now="08:25", day="2026-11-23", by="tangwei")
    step(desk, asked, "receive", "lines.1.received=12", now="08:30", day="2026-11-23", by="chenxi")
    step(desk, short, "order", f"request={asked}", now="08:31", day="2026-11-23", by="chenxi")
    step(desk, short, "replenish", "replenished_qty=12", now="08:32", day="2026-11-23", by="chenxi")

    # the next morning's book is what was counted, and what came in since
    lines = "counts=[{item: cola, book: 17}]"
    good = add(desk, "bar_opening", lines, now="08:59", day="2026-11-23")
    assert good.warnings == ()
    for record in (opened.record.id, round_, leftovers, used, asked, closing, short):
        assert finished(desk.load(record, "2026-11-23 10:00")), record


def test_a_day_in_the_show_flat(desk: Desk) -> None:
    count = add(desk, "show_flat_count", "arrived_at=08:50", now="08:55").record.id
    shown = seen(desk, count, "09:00")
    assert rows(desk, count, "lines", "listed", "counted") == [(2, 2), (2, 2)]
    assert shown.get("all_present") is True
    step(desk, count, "count", "lights_on=true", now="08:58", by="linlin")
    step(desk, count, "close", now="09:00", by="linlin")

    checks = add(desk, "show_flat_check", "volume=22", now="09:30").record.id
    for at in ("09:30", "11:30", "14:30", "17:00"):
        step(desk, checks, "round", f"rounds.at={at}", now=at, by="linlin")
    shown = seen(desk, checks, "17:30")
    assert rows(desk, checks, "rounds", "nth") == [(1,), (2,), (3,), (4,)]
    assert shown.get("missing") == 0
    step(desk, checks, "close", now="17:30", by="linlin")
    step(desk, checks, "sign", now="18:00", by="zhao")

    photo = add(desk, "photo_permission", "insisted=true", "customer=周女士", now="10:10").record.id
    step(desk, photo, "refer", "supervisor=zhao", now="10:12", by="linlin")
    step(desk, photo, "allow", "scope=客厅", now="10:20", by="guoyan")
    step(desk, photo, "close", "result=allowed", now="10:30", by="linlin")
    visit = add(desk, "show_flat_visit", "elder_child=true", f"photo={photo}", now="10:05").record.id
    step(desk, visit, "leave", "covers_back=3", "warned=true", "items_in_place=true", now="10:40", by="linlin")

    closing = add(desk, "show_flat_count", "kind=closing", now="18:00").record.id
    step(desk, closing, "count", "doors_windows_shut=true", now="18:05", by="linlin")
    step(desk, closing, "relieve", now="18:08", by="liu")
    done = step(desk, closing, "close", f"left_at={DAY} 18:10", now="18:11", by="linlin")
    assert done.warnings == ()
    for record in (count, checks, photo, visit, closing):
        assert finished(desk.load(record, f"{DAY} 20:00")), record


def test_guests_who_broke_something_stay_until_marketing_decides(desk: Desk) -> None:
    visit = add(desk, "show_flat_visit", now="14:00").record.id
    broken = add(
        desk, "incident", "kind=breakage", "area=A-01", "course=客人碰倒花瓶", "first_action=请客人稍候",
        "within_power=false", "customer_signed=true", "damage=[{item: 花瓶, stock: vase}]", now="14:10",
    ).record.id  # fmt: skip
    step(desk, visit, "hold", "broken=true", f"incident={broken}", now="14:12", by="linlin")
    step(desk, broken, "report", "told_to=zhao", now="14:15", by="linlin")
    early = told(lambda: step(desk, visit, "release", "covers_back=3", "items_in_place=true", now="14:20", by="linlin"))
    assert early == {("show_flat_visit.broken_decided", "营销部决定后客户才能离开")}
    step(desk, broken, "decide", "decision=免赔", now="14:30", by="guoyan")
    step(desk, visit, "release", "covers_back=3", "items_in_place=true", now="14:40", by="linlin")
    assert desk.load(visit, f"{DAY} 15:00").state.status == "closed"
    assert seen(desk, "vase").get("listed") == 2
    step(desk, broken, "settle", "follow_up=补购花瓶", now="16:00", by="zhao")
    assert seen(desk, "vase").get("listed") == 1


def test_works_in_the_show_flat(desk: Desk) -> None:
    entry = add(desk, "contractor_entry", now="18:10").record.id
    step(desk, entry, "verify", f"approved_at={DAY} 17:00", now="18:12", by="linlin")
    step(desk, entry, "enter", "people=[{name: 张师傅}]", "goods_in=[{name: 射灯, qty: 4}]", now="18:20", by="linlin")
    add(desk, "item_movement", f"entry={entry}", "lines=[{name: 射灯, qty: 4}]", now="18:21")
    step(desk, entry, "supervise", "protected=true", now="18:40", by="linlin")
    slip = released(desk, "[{item: 射灯, qty: 1}]", now="19:00")
    add(desk, "item_movement", "direction=out", f"entry={entry}", f"release={slip}", "lines=[{name: 射灯, qty: 1}]", now="19:05")
    step(desk, entry, "take_out", f"goods_out=[{{name: 射灯, qty: 1, release: {slip}}}]", now="19:06", by="linlin")
    step(desk, entry, "leave", now="19:20", by="linlin")
    done = step(desk, entry, "close", "accepted=ok", now="19:30", by="linlin")
    assert done.warnings == ()
    assert desk.load(entry, f"{DAY} 20:00").state.status == "closed"


def test_the_list_follows_what_comes_in_and_goes_out(desk: Desk) -> None:
    add(desk, "item_movement", "lines=[{item: vase, qty: 3}]", now="09:30")
    assert seen(desk, "vase").get("listed") == 5
    slip = released(desk, "[{item: 花瓶, qty: 5}]", now="09:40")
    gone = add(desk, "item_movement", "direction=out", f"release={slip}", "lines=[{item: vase, qty: 5}]", now="10:00")
    assert seen(desk, "vase").get("listed") == 0
    step(desk, "vase", "remove", now="10:40", by="zhao")
    assert desk.load("vase", f"{DAY} 11:00").state.status == "removed"
    assert finished(desk.load(gone.record.id, f"{DAY} 11:00"))


def test_a_reception_in_fourteen_steps(desk: Desk) -> None:
    made = add(
        desk, "reception", "leader_name=刘总", "accompanying=3", "pickup=true", "pickup_place=airport",
        "arrival_at=2026-11-23 14:00", "gift=茶叶",
    ).record.id  # fmt: skip
    step(desk, made, "grade", "category=合作经销商", "level=senior", by="tangwei")
    step(desk, made, "arrange", "heads=4", "needs_car=true", "needs_room=true", now="11:30", by="tangwei")
    step(desk, made, "staff", "escorts=[{person: heping, role: regional_manager}]", "vehicle=business_van", now="12:00", by="tangwei")
    trip = add(
        desk, "vehicle_trip", "kind=pickup", f"reception={made}", "transport=flight", "transport_no=CZ3101",
        "due_at=2026-11-23 14:00", "place=白云机场T2", "features=灰色西装", "vehicle_type=business_van", "destination=酒店", now="12:10",
    ).record.id  # fmt: skip
    assert seen(desk, trip).get("heads") == 4
    day = "2026-11-23"
    step(desk, trip, "start", now="12:50", day=day, by="qian")
    step(desk, made, "pickup", f"pickup_trip={trip}", now="14:20", day=day, by="heping")
    step(desk, trip, "finish", f"met_at={day} 14:20", now="15:10", day=day, by="qian")
    step(desk, made, "lodge", "lodging=[{hotel: 江景酒店, stars: 4, explained: true}]", now="15:20", day=day, by="heping")
    step(desk, made, "tour", "milestones.step=tour", "milestones.place=营销中心", now="16:00", day=day, by="heping")
    step(desk, made, "leader_meeting", f"leader_confirmed_at={day} 15:00", "leader_place=会议室", now="17:00", day=day, by="heping")
    dinner = step(desk, made, "meal", "expenses+={kind: dinner, heads: 4, amount: 700}", now="19:30", day=day, by="heping")
    assert dinner.warnings == ()
    assert rows(desk, made, "expenses", "cap") == [(700,)]
    step(desk, made, "collect", "matters_ours=代理区域", "matters_theirs=账期", now="20:00", day=day, by="heping")
    paper = hashlib.sha256("代理区域与账期".encode()).hexdigest()
    step(desk, made, "settle", "agreed=账期60天", f"document={paper}", "both_have_it=true", now="20:30", day=day, by="heping")
    step(desk, made, "leader_talk", "milestones+={step: leader_talk}", now="21:00", day=day, by="boss")
    back = add(
        desk, "vehicle_trip", "kind=sendoff", f"reception={made}", "vehicle_type=suv", "destination=白云机场", now="08:00", day="2026-11-24",
    ).record.id  # fmt: skip
    day = "2026-11-24"
    step(desk, back, "start", now="08:30", day=day, by="qian")
    step(desk, made, "sendoff", f"sendoff_trip={back}", "gift_handed=true", f"home_eta={day} 14:00", now="10:00", day=day, by="heping")
    sent = step(desk, back, "finish", "luggage=true", "watched_off=true", "gift_handed=true", now="10:10", day=day, by="qian")
    assert sent.warnings == ()
    step(desk, made, "expense", "expenses+={kind: car, heads: 4, amount: 120}", now="11:00", day=day, by="tangwei")
    step(desk, made, "call_back", "view_reception=周到", "view_product=满意", "view_company=规范", now="15:00", day=day, by="heping")
    step(desk, made, "report", "report=三方面意见均好", now="16:00", day=day, by="heping")
    shown = seen(desk, made, "17:00", day)
    assert shown.state == "closed"
    assert shown.get("spent") == 820


def test_a_trip_is_rated(desk: Desk) -> None:
    trip = add(desk, "vehicle_trip").record.id
    step(desk, trip, "start", now="10:05", by="qian")
    step(desk, trip, "finish", now="10:30", by="qian")
    step(desk, trip, "rate", "rating=good", now="11:00", by="zhao")
    told_off = add(desk, "vehicle_trip", "have_car=false", "alternative=请乘机场快线", "driver=qian").record.id
    step(desk, told_off, "no_car", now="10:30", by="heping")
    assert desk.load(told_off, f"{DAY} 12:00").state.status == "cancelled"


def released(desk: Desk, goods: str, now: str) -> str:
    """A release slip the centre has issued."""
    slip = add(desk, "goods_release", "kind=show_flat", "name=张师傅", f"goods={goods}", now=now).record.id
    step(desk, slip, "issue", now=now, by="lina")
    return slip


# -- every check has an entry that breaks it -----------------------------------------------------


class Prepared:
    """Records that stand ready to go wrong; what is refused leaves them as they were."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.made: dict[str, str] = {}

    def add(self, form: str, *words: str, **more: Any) -> Written:
        """Each day has a bar of its own, so that no count leads to another."""
        if form in ("bar_opening", "bar_consumption", "bar_closing") and not any(word.startswith("area=") for word in words):
            words = (*words, f"area=bar-{more.get('day', DAY)[-2:]}")
        return add(self.desk, form, *words, **more)

    def step(self, record: str, name: str, *words: str, by: str, **more: Any) -> Written:
        return step(self.desk, record, name, *words, by=by, **more)

    def new(self, form: str, *words: str, **more: Any) -> str:
        """The id of a record that is made when it is first asked for."""
        key = " ".join((form, *words, *map(str, more.values())))
        if key not in self.made:
            self.made[key] = self.add(form, *words, **more).record.id
        return self.made[key]

    def then(self, record: str, name: str, *words: str, by: str, **more: Any) -> str:
        key = " ".join((record, name, *words))
        if key not in self.made:
            self.step(record, name, *words, by=by, **more)
            self.made[key] = record
        return record

    def opening(self, *words: str, day: str = DAY) -> str:
        usual = ("counts=[{item: cola, book: 10, actual: 10}]", "disinfected=[{utensil: 咖啡杯}]")
        return self.new("bar_opening", *(words or usual), now="08:50", day=day)

    def used(self, *words: str, day: str = DAY) -> str:
        return self.new("bar_consumption", *words, now="17:00", day=day)

    def handed(self, day: str = DAY) -> str:
        return self.then(self.used(day=day), "submit", "handed_to=zhao", day=day, now="17:10", by="chenxi")

    def closing(self) -> str:
        self.opening(day="2026-11-21")
        return self.new("bar_closing", day="2026-11-21", now="18:00")

    def closed(self, *words: str, rows: str = "[{item: cola, opening: 10, used: 4, counted: 6}]") -> Written:
        """Leaving the bar on the 21st, with these things otherwise than they should be."""
        usual = {"utensils_back": "true", "towels_hung": "true", "rubbish_out": "true", "nothing_left": "true"}
        used = self.then(self.used(f"lines={rows}", day="2026-11-21"), "submit", "handed_to=zhao", day="2026-11-21", now="17:10", by="chenxi")
        usual |= {"consumption": used} | dict(word.split("=", 1) for word in words)
        told = [f"{name}={value}" for name, value in usual.items()]
        return self.step(self.closing(), "close", *told, day="2026-11-21", now="18:10", by="chenxi")

    def count(self, kind: str = "opening") -> str:
        return self.new("show_flat_count", f"kind={kind}", now="09:00")

    def counted(self, *words: str, kind: str = "opening", flat: str = "B-01") -> str:
        made = self.new("show_flat_count", f"kind={kind}", f"flat={flat}", "lines=[{item: vase, counted: 2}]" if flat == "A-01" else f"date={DAY}", now="09:00")
        shut = "lights_on=true" if kind == "opening" else "doors_windows_shut=true"
        return self.then(made, "count", shut, *words, now="09:20", by="linlin")

    def entered(self, *words: str) -> str:
        made = self.new("contractor_entry", now="18:10")
        self.then(made, "verify", f"approved_at={DAY} 17:00", now="18:12", by="linlin")
        return self.then(made, "enter", "people=[{name: 张师傅}]", "goods_in=[{name: 射灯, qty: 4}]", now="18:20", by="linlin")

    def slip(self, goods: str = "[{item: 射灯, qty: 1}]", now: str = "18:30") -> str:
        made = self.new("goods_release", "kind=show_flat", "name=张师傅", f"goods={goods}", now=now)
        return self.then(made, "issue", now=now, by="lina")

    def graded(self, level: str, *words: str, category: str = "其他特殊人员") -> str:
        made = self.new("reception", f"visitor={level}来访", *words)
        return self.then(made, "grade", f"level={level}", f"category={category}", by="tangwei")

    def arranged(self, level: str) -> str:
        return self.then(self.graded(level), "arrange", "heads=2", "needs_car=true", "needs_room=true", by="tangwei")

    def visiting(self, level: str, role: str = "regional_manager", vehicle: str = "business_van") -> str:
        made = self.then(
            self.arranged(level), "staff", f"escorts=[{{person: heping, role: {role}}}]", f"vehicle={vehicle}", by="tangwei",
        )  # fmt: skip
        return self.then(made, "arrive", now="15:00", by="heping")

    def new_visit(self, purpose: str = "洽谈") -> str:
        made = self.then(self.graded("special", f"purpose={purpose}"), "arrange", "heads=2", "needs_car=true", "needs_room=true", by="tangwei")
        self.then(made, "staff", "escorts=[{person: heping, role: regional_manager}]", "vehicle=none", by="tangwei")
        return self.then(made, "arrive", now="15:00", by="heping")

    def spent(self, level: str, *rows: str) -> Written:
        """Expenses of a visit, each ``kind, heads, amount`` and what else is said."""
        vehicle = "suv" if level == "ordinary" else "business_van"
        words = [f"expenses+={{{row}}}" for row in rows]
        return self.step(self.visiting(level, vehicle=vehicle), "expense", *words, now="20:00", by="heping")

    def lodged(self, level: str, row: str) -> Written:
        vehicle = "suv" if level == "ordinary" else "business_van"
        return self.step(self.visiting(level, vehicle=vehicle), "lodge", f"lodging+={{hotel: 江景酒店, {row}}}", now="16:00", by="heping")


@pytest.fixture(scope="module")
def ready(book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    desk = book.copy(tmp_path_factory.mktemp("faulty") / "book")
    for day in range(11, 26):
        desk.add("area", f"id=bar-{day}", f"name=水吧台{day}", "kind=bar", by="zhao", now=START)
    return Prepared(desk)


Fault = tuple[str, str, Callable[[Prepared], Written]]
NINE = "counts=[{item: cola, book: 10, actual: 9}]"
SOAP = "disinfected=[{utensil: 咖啡杯}]"
DAY_20, DAY_21, DAY_23 = "2026-11-20", "2026-11-21", "2026-11-23"

FAULTS: list[Fault] = [
    ("bar_opening.arrive", "到岗晚于吧台开放时间", lambda r: r.add("bar_opening", now="09:01", day="2026-11-19")),
    ("bar_opening.radio", "对讲机没有打开", lambda r: r.step(r.opening(), "ready", "radio_on=false", by="chenxi")),
    ("bar_opening.counts_full", "每件物品要有账面数和实际数", lambda r: r.step(r.opening(), "ready", "counts=[{item: cola}]", by="chenxi")),
    ("bar_opening.mismatch_reported", "数量不符、残损或变质的，要登记残损不符记录", lambda r: r.step(r.opening(), "ready", NINE, by="chenxi")),
    ("bar_opening.mismatch_reported_each", "有不符的物品当天没有残损不符记录", lambda r: r.step(r.opening(), "ready", NINE.replace("cola", "melon"), by="chenxi")),
    ("bar_opening.short_reported", "食品不足，当天要有库存不足报告", lambda r: r.step(r.opening(day=DAY_23), "ready", "food_enough=false", day=DAY_23, by="chenxi")),
    ("bar_opening.all_disinfected", "还有要用的器皿没消毒", lambda r: (
        r.new("stock_item", "id=knife", "name=水果刀", "class=utensil", "store=bar", "unit=把", "place=柜台", "disinfect=true"),
        r.step(r.opening(), "ready", by="chenxi"),
    )[1]),
    ("bar_opening.spoiled_out", "变质的食品当天要登记处理", lambda r: r.step(
        r.then(
            r.opening("counts=[{item: melon, book: 2, actual: 2, spoiled: 1}]", "disinfected=[{utensil: 咖啡杯}, {utensil: 水果刀}]", day=DAY_20),
            "ready",
            f"discrepancies={r.new('discrepancy', 'item=melon', 'kind=spoiled', 'book=2', 'actual=2', day=DAY_20, now='08:55')}",
            day=DAY_20, now="09:10", by="chenxi",
        ),
        "sign", day=DAY_20, by="zhao",
    )),
    ("bar_opening.book_from_last_close", "账面数应等于上次盘点数加上之后的入库", lambda r: (
        r.used(day=DAY_23),
        r.add("bar_opening", "counts=[{item: cola, book: 10}]", SOAP, "area=bar-23", now="08:50", day="2026-11-24"),
    )[1]),
    ("bar_opening.food_no_carry", "昨天包好的已切水果不能再供客人", lambda r: (
        r.used(day=DAY_23),
        r.new("food_disposal", "lines=[{item: melon, kind: cut_fruit, action: wrap, edible: true}]", day=DAY_23, now="18:00"),
        r.step(
            r.new("bar_opening", "counts=[{item: melon, book: 2}]", SOAP, "area=bar-23", now="08:50", day="2026-11-25"),
            "ready", day="2026-11-25", now="09:00", by="chenxi",
        ),
    )[2]),
    ("bar_opening.one_per_day", "这个吧台当天已有上岗检查表", lambda r: (r.opening(), r.add("bar_opening", now="08:55"))[1]),
    ("discrepancy.guard_for_bar", "吧台的要先与当班保安核对", lambda r: r.step(r.new("discrepancy"), "report", "cause=漏记", "reported_to=zhao", by="chenxi")),
    ("discrepancy.order", "发现、核对、汇报的先后不对", lambda r: r.step(
        r.then(r.new("discrepancy", "book=11"), "verify", "guard=liu", by="chenxi"), "report", "cause=漏记", "reported_to=zhao", now="10:30", by="chenxi",
    )),
    ("discrepancy.adjusted", "还没有调账单；不调账的请在处理决定里写明", lambda r: r.step(
        r.then(r.then(r.new("discrepancy", "actual=8"), "verify", "guard=liu", by="chenxi"), "report", "cause=漏记", "reported_to=zhao", by="chenxi"),
        "close", "decision=下次注意", now="12:00", by="zhao",
    )),
    ("discrepancy.item_named", "写明是哪件物品", lambda r: r.add("discrepancy", "item=")),
    ("shortage.really_short", "库存并不低于最低库存或需求", lambda r: r.add("shortage", "on_hand=20")),
    ("shortage.order_time", "发现、报告、补充的先后不对", lambda r: r.add("shortage", f"reported_at={DAY} 09:00")),
    ("shortage.one_open", "这个品名已有未补充的报告", lambda r: (r.new("shortage", "item=cups"), r.add("shortage", "item=cups", now="10:30"))[1]),
    ("service_round.gap_20", "两次续水询问间隔太长", lambda r: r.add("service_round", "seated_at=10:00", "left_at=10:41", "asks=[{at: '10:20'}]", now="10:45")),
    ("service_round.stand_60", "一班站立服务时间不足", lambda r: r.add("service_round", "kind=standing", "stand_from=10:00", "stand_to=10:55")),
    ("service_round.rest_range", "客户不多时才轮换休息，时间按规定", lambda r: r.add("service_round", "kind=standing", "rest_minutes=12", "few_guests=true", "relief=lina")),
    ("service_round.relief_named", "写明轮换人", lambda r: r.add("service_round", "kind=standing", "rest_minutes=8", "few_guests=true")),
    ("service_round.dirty_called", "卫生不好的要通知保洁员", lambda r: r.step(r.new("service_round", "kind=tidy"), "close", "clean_ok=false", by="chenxi")),
    ("service_round.service_failed", "吧台服务没做到的项目，要写明情况", lambda r: r.step(r.new("service_round", "kind=tidy"), "close", "clean_ok=true", "service.bar_service_01=fail", by="chenxi")),
    ("bar_consumption.lines_full", "每个品名要有期初、消耗和盘点", lambda r: r.step(r.used("lines=[{item: cola, used: 4}]", day="2026-11-18"), "submit", "handed_to=zhao", day="2026-11-18", now="18:00", by="chenxi")),
    ("bar_consumption.opening_chain", "期初应等于上次盘点数", lambda r: (
        r.used(day=DAY_23), r.add("bar_consumption", "lines=[{item: cola, opening: 9, used: 1, counted: 8}]", "area=bar-23", day="2026-11-24", now="18:00"),
    )[1]),
    ("bar_consumption.count_gap", "盘点与应存不符，当天要有残损不符记录", lambda r: r.step(
        r.used("lines=[{item: melon, opening: 30, received: 20, used: 12, counted: 36}]", day="2026-11-11"), "submit", "handed_to=zhao", day="2026-11-11", now="18:00", by="chenxi",
    )),
    ("bar_consumption.disposed_match", "处理数与当天的剩余食品处理记录不一致", lambda r: r.step(r.used("lines=[{item: melon, opening: 9, used: 4, disposed: 2, counted: 3}]", day="2026-11-17"), "submit", "handed_to=zhao", day="2026-11-17", now="18:00", by="chenxi")),
    ("bar_consumption.low_followed", "库存不足的，要有库存不足报告或采购申请", lambda r: r.step(
        r.then(r.used("lines=[{item: melon, opening: 9, used: 4, counted: 5, low: true}]", day="2026-11-16"), "submit", "handed_to=zhao", day="2026-11-16", now="17:10", by="chenxi"),
        "receive", day="2026-11-16", now="18:00", by="zhao",
    )),
    ("bar_consumption.no_staff_use", "员工不得食用食品、使用纸杯，饮水除外", lambda r: r.add("bar_consumption", "lines=[{item: cups, opening: 50, used: 9, staff_water: 2, counted: 41}]", day="2026-11-15")),
    ("bar_consumption.staff_water_part", "员工饮水多于消耗", lambda r: r.add("bar_consumption", "lines=[{item: cola, opening: 10, used: 1, staff_water: 2, counted: 9}]", day="2026-11-15")),
    ("bar_consumption.one_per_day", "这个吧台当天已有消耗统计", lambda r: (r.used(), r.add("bar_consumption", now="18:00"))[1]),
    *[
        ("food_disposal.drinks_out", "已倒的饮品、茶水和变质食品一律倒掉", lambda r, kind=kind: r.add("food_disposal", f"lines=[{{kind: {kind}, action: wrap}}]"))
        for kind in ("poured_drink", "soda", "tea", "milk_tea", "spoiled")
    ],
    ("food_disposal.cut_fruit", "已切水果原则上扔掉；项目允许且可食用的才包好", lambda r: r.add("food_disposal", "lines=[{kind: cut_fruit, action: wrap, edible: true}]")),
    ("food_disposal.bad_fruit_out", "不可食用的要扔掉", lambda r: r.add("food_disposal", "lines=[{kind: cut_fruit, action: wrap, edible: false}]")),
    ("food_request.next_day", "一般申请次日的食品；放假前可多申请，请核对使用日期", lambda r: r.add("food_request", "for_date=2026-11-24")),
    ("food_request.after_count", "先交当日消耗统计，再提交申请", lambda r: r.step(r.new("food_request"), "submit", f"consumption={r.used('lines=[{item: cola, opening: 10, used: 4, counted: 6}]', day='2026-11-14')}", now="19:00", by="chenxi")),
    ("food_request.lines_full", "每个品名要有库存、当日消耗和申请数量", lambda r: r.step(r.new("food_request", "lines=[{item: cola}]"), "submit", f"consumption={r.handed()}", now="19:00", by="chenxi")),
    ("food_request.line_from_count", "库存或消耗与当日消耗统计不一致", lambda r: r.step(r.new("food_request", "lines=[{item: cola, on_hand: 7, used_today: 4, qty: 1}]"), "submit", f"consumption={r.handed()}", now="19:00", by="chenxi")),
    ("food_request.receipt_posts_stock", "收到的食品还没有入库单", lambda r: r.step(
        r.then(r.then(r.then(r.new("food_request", "for_date=2026-11-23"), "submit", f"consumption={r.handed()}", now="19:00", by="chenxi"), "approve", now="19:10", by="zhao"), "buy", now="20:00", by="tangwei"),
        "receive", "lines.1.received=12", now="21:00", by="chenxi",
    )),
    ("bar_closing.all_true", "器具归位、毛巾晾晒、垃圾提走都做好才能离岗", lambda r: r.closed("rubbish_out=false")),
    ("bar_closing.consumption_first", "当天的消耗统计交主管后才能离岗", lambda r: r.closed(f"consumption={r.handed()}")),
    ("bar_closing.leftovers", "写明剩余食品怎样处理，或没有剩余", lambda r: r.closed("nothing_left=false")),
    ("bar_closing.low_requested", "有库存不足的品名，要填次日采购申请", lambda r: r.step(
        r.closing(), "close", "utensils_back=true", "towels_hung=true", "rubbish_out=true", "nothing_left=true",
        f"consumption={r.used('lines=[{item: cola, opening: 6, used: 4, counted: 2, low: true}]', day='2026-11-13')}", day=DAY_21, now="18:10", by="chenxi",
    )),
    ("bar_closing.pair", "当天没有上岗检查表", lambda r: r.step(
        r.new("bar_closing", day="2026-11-12"), "close", "utensils_back=true", "towels_hung=true", "rubbish_out=true", "nothing_left=true", f"consumption={r.handed()}",
        day="2026-11-12", now="18:10", by="chenxi",
    )),
    ("bar_closing.one_per_day", "这个吧台当天已有下班检查表", lambda r: (r.closing(), r.add("bar_closing", day=DAY_21, now="18:05"))[1]),
    ("bar_closing.bar_access", "非当班人员进入吧台，请登记检查", lambda r: (r.closed("strangers_in=销售员小吴"), r.step(r.closing(), "sign", day=DAY_21, now="19:00", by="zhao"))[1]),
    ("show_flat_item.qty_sign", "数量不能小于零", lambda r: r.add("show_flat_item", "id=x", "qty=-1")),
    ("show_flat_item.remove_zero", "还有数量在册，先登记搬出", lambda r: r.step("lamp", "remove", by="zhao")),
    ("show_flat_count.covers_list", "清单上的物品要逐项清点，不能漏也不能重", lambda r: r.step(r.count(), "count", "lights_on=true", "lines=[{item: vase, counted: 2}]", by="linlin")),
    ("show_flat_count.all_counted", "有物品没填实点数", lambda r: r.step(r.count(), "count", "lights_on=true", "lines.2.counted=", by="linlin")),
    ("show_flat_count.arrive", "到岗晚了，应在开放前提前到", lambda r: r.add("show_flat_count", "arrived_at=08:56", "flat=B-01", day=DAY_20, now="09:00")),
    ("show_flat_count.problem_reported", "有缺失或损坏的，先汇报问题", lambda r: r.step(
        r.then(r.count(), "count", "lights_on=true", "lines.1.counted=1", by="linlin"), "close", by="linlin",
    )),
    ("show_flat_count.opening_lights", "开门要打开全部照明", lambda r: r.step(r.new("show_flat_count", "flat=B-01", day=DAY_23), "count", "lines=[{item: vase}]", day=DAY_23, by="linlin")),
    ("show_flat_count.dirty_called", "卫生不好的要通知保洁", lambda r: r.step(r.new("show_flat_count", day=DAY_21), "close", "clean_ok=false", day=DAY_21, by="linlin") if r.then(r.new("show_flat_count", day=DAY_21), "count", "lights_on=true", day=DAY_21, by="linlin") else r.add("show_flat_count")),
    ("show_flat_count.closing_shut", "关门清点要关好门窗", lambda r: r.step(r.count("closing"), "count", "doors_windows_shut=false", by="linlin")),
    ("show_flat_count.relief_other", "接班人不能是当值人员自己", lambda r: r.step(
        r.then(r.count("closing"), "count", "doors_windows_shut=true", now="18:00", by="linlin"), "relieve", now="18:05", by="linlin",
    )),
    ("show_flat_count.relief_guard", "关门后一般由安护员接班", lambda r: r.step(
        r.then(r.new("show_flat_count", "kind=closing", day=DAY_20), "count", "doors_windows_shut=true", day=DAY_20, now="18:00", by="linlin"), "relieve", day=DAY_20, now="18:05", by="boss",
    )),
    ("show_flat_count.relief_before_leave", "接班人签字后才能离开，写明下班时间", lambda r: r.step(
        r.then(r.then(r.new("show_flat_count", "kind=closing", day=DAY_23), "count", "doors_windows_shut=true", day=DAY_23, now="18:00", by="linlin"), "relieve", day=DAY_23, now="18:05", by="liu"),
        "close", f"left_at={DAY_23} 18:01", day=DAY_23, now="18:10", by="linlin",
    )),
    ("show_flat_count.not_before_18", "离开早于样板房关门时间", lambda r: r.add("show_flat_count", "kind=closing", "flat=B-01", f"left_at={DAY_20} 17:50", day=DAY_20, now="17:55")),
    ("show_flat_count.one_per_kind", "这套样板房当天已有这次清点", lambda r: (r.count(), r.add("show_flat_count"))[1]),
    ("show_flat_check.four", "检查次数不够；不足的请办“次数不足结束”并写明原因", lambda r: r.step(r.new("show_flat_check"), "close", "rounds=[{at: '10:00'}, {at: '12:00'}, {at: '14:00'}]", by="linlin")),
    ("show_flat_check.four", "检查次数不够；不足的请办“次数不足结束”并写明原因", lambda r: r.step(r.new("show_flat_check"), "close", "rounds=[{at: '10:00'}, {at: '12:00'}, {at: '14:00'}, {at: '14:00'}]", by="linlin")),
    ("show_flat_check.problem_reported", "发现问题的，写明问题、汇报对象和时间", lambda r: r.step(r.new("show_flat_check"), "close_short", "short_reason=开会", "rounds=[{at: '10:00', all_ok: false, problem: 灯坏}]", by="linlin")),
    ("show_flat_check.problem_reported_order", "汇报时间早于检查时间", lambda r: r.step(r.new("show_flat_check"), "round", "rounds=[{at: '10:00', all_ok: false, reported_at: '09:50'}]", by="linlin")),
    ("show_flat_check.in_hours", "检查时间不在样板房开放时间内", lambda r: r.add("show_flat_check", "rounds=[{at: '18:10'}]", day=DAY_20, now="18:20")),
    ("show_flat_check.spread", "两次检查离得太近", lambda r: r.add("show_flat_check", "rounds=[{at: '10:00'}, {at: '10:20'}]", day=DAY_21, now="18:20")),
    ("show_flat_check.music_source", "只能播放开发商指定的音乐，私带唱片按规定处罚", lambda r: r.add("show_flat_check", "music_source=other", day=DAY_23)),
    ("show_flat_check.music_penalty", "播放了其他音乐，签阅前要有奖惩单", lambda r: r.step(r.then(r.new("show_flat_check", "flat=B-01"), "close_short", "short_reason=停电", "music_source=other", by="linlin"), "sign", by="zhao")),
    ("show_flat_check.volume", "音量和规定不同，请说明", lambda r: r.add("show_flat_check", "volume=30", day="2026-11-24")),
    ("show_flat_check.daily_failed", "日检不合格的项目，要写明情况", lambda r: r.step(
        r.new("show_flat_check", "flat=B-01", day="2026-11-19"), "close_short", "short_reason=停电", "daily.show_flat_daily_02=fail", day="2026-11-19", now="17:30", by="linlin",
    )),
    ("show_flat_check.one_per_day", "这套样板房当天已有检查表", lambda r: (r.new("show_flat_check"), r.add("show_flat_check", now="10:30"))[1]),
    ("show_flat_visit.covers_in", "每人一双鞋套，穿好才能入内", lambda r: r.add("show_flat_visit", "covers_out=2")),
    ("show_flat_visit.covers_back", "收回的鞋套和发放的不一样", lambda r: r.step(r.add("show_flat_visit").record.id, "leave", "covers_back=2", "items_in_place=true", by="linlin")),
    ("show_flat_visit.children", "有老人小孩的要提示小心并跟随", lambda r: r.step(r.new("show_flat_visit", "elder_child=true"), "leave", "covers_back=3", "items_in_place=true", by="linlin")),
    ("show_flat_visit.help", "写明提供了什么帮助", lambda r: r.step(r.add("show_flat_visit", "needs_help=true").record.id, "leave", "covers_back=3", "items_in_place=true", by="linlin")),
    ("show_flat_visit.price_referred", "价格、打折等问题要转给置业顾问", lambda r: r.step(r.add("show_flat_visit", "price_question=true").record.id, "leave", "covers_back=3", "items_in_place=true", by="linlin")),
    ("show_flat_visit.broken_route", "打碎物品的先留客登记，决定后再送客", lambda r: r.step(r.new("show_flat_visit"), "leave", "broken=true", "covers_back=3", "items_in_place=true", by="linlin")),
    ("show_flat_visit.broken_said", "没有打碎物品，不用留客", lambda r: r.step(r.new("show_flat_visit"), "hold", f"incident={broken(r)}", by="linlin")),
    ("show_flat_visit.broken_incident", "突发事件要登记为打碎，有客户签名，并已通知客服中心", lambda r: r.step(held(r), "release", "covers_back=3", "items_in_place=true", now="12:00", by="linlin")),
    ("show_flat_visit.broken_decided", "营销部决定后客户才能离开", lambda r: r.step(held(r), "release", "covers_back=3", "items_in_place=true", now="12:00", by="linlin")),
    ("show_flat_visit.tidy", "客人走后要检查物品并归位", lambda r: r.step(r.new("show_flat_visit"), "leave", "covers_back=3", "items_in_place=false", by="linlin")),
    ("show_flat_visit.order", "离开时间要晚于入内时间", lambda r: r.step(r.new("show_flat_visit"), "leave", "covers_back=3", "items_in_place=true", now="10:00", by="linlin")),
    ("show_flat_visit.in_hours", "不在样板房开放时间内", lambda r: r.add("show_flat_visit", now="18:10")),
    ("contractor_entry.order_first", "先审批，再核实，再进场", lambda r: r.step(r.new("contractor_entry", now="18:00"), "verify", f"approved_at={DAY} 19:00", now="18:05", by="linlin")),
    ("contractor_entry.reason_in_hours", "开放期间原则上不施工，确需施工的写明理由", lambda r: r.step(
        r.then(r.new("contractor_entry", "work=补漆"), "verify", f"approved_at={DAY} 09:00", by="linlin"), "enter", "people=[{name: 张师傅}]", "goods_in=[{}]", now="14:00", by="linlin",
    )),
    ("contractor_entry.out_needs_release", "搬出物品要有客服中心先签发的放行条", lambda r: r.step(
        r.entered(), "take_out", f"goods_out=[{{name: 射灯, qty: 1, release: {r.slip(now='18:50')}, out_at: {DAY}T18:40}}]", now="18:41", by="linlin",
    )),
    ("contractor_entry.out_release_new", "这张放行条已用过", lambda r: (
        r.then(r.entered(), "take_out", f"goods_out=[{{name: 射灯, qty: 1, release: {r.slip()}}}]", now="18:41", by="linlin"),
        r.step(second_entry(r), "take_out", f"goods_out=[{{name: 射灯, qty: 1, release: {r.slip()}}}]", now="18:45", by="linlin"),
    )[1]),
    ("contractor_entry.out_release_covers", "搬出的物品或数量超出放行条", lambda r: r.step(
        second_entry(r), "take_out", f"goods_out=[{{name: 射灯, qty: 2, release: {r.slip('[{item: 射灯, qty: 1}]', now='18:32')}}}]", now="18:45", by="linlin",
    )),
    ("contractor_entry.out_le_in", "搬出多于进场的，要是清单物品并登记出入", lambda r: r.step(left_with_more(r), "close", "protected=true", now="19:30", by="linlin")),
    ("contractor_entry.moves_exist_out", "有搬出物品没登记物品出入", lambda r: r.step(left_with_more(r), "close", "protected=true", now="19:30", by="linlin")),
    ("contractor_entry.protected", "卫生防护到位后才能完成", lambda r: r.step(left_with_more(r), "close", now="19:30", by="linlin")),
    ("contractor_entry.moves_exist", "有进场物品没登记物品出入", lambda r: r.step(
        r.then(r.entered(), "leave", now="19:00", by="linlin"), "close", "protected=true", now="19:30", by="linlin",
    )),
    ("item_movement.out_release", "搬出要有客服中心先签发的放行条", lambda r: r.add("item_movement", "direction=out", f"release={r.slip('[{item: 花瓶, qty: 1}]', now='10:30')}")),
    ("item_movement.out_release", "搬出要有客服中心先签发的放行条", lambda r: r.add("item_movement", "direction=out")),
    ("item_movement.release_covers", "搬出的物品或数量超出放行条", lambda r: r.add("item_movement", "direction=out", "lines=[{item: vase, qty: 2}]", f"release={r.slip('[{item: 花瓶, qty: 1}]', now='10:30')}", now="10:40")),
    ("item_movement.qty", "数量要大于零", lambda r: r.add("item_movement", "lines=[{item: vase, qty: 0}]")),
    ("item_movement.not_below_zero", "搬出多于清单数量", lambda r: r.add("item_movement", "direction=out", "lines=[{item: vase, qty: 3}]", f"release={r.slip('[{item: 花瓶, qty: 3}]', now='10:30')}", now="10:40")),
    ("photo_permission.allowed_has_consent", "允许拍照要有批准或营销部同意", lambda r: r.step(r.new("photo_permission"), "close", "result=allowed", by="linlin")),
    ("photo_permission.insist_referred", "客户坚持的要上报主管", lambda r: r.step(r.new("photo_permission"), "close", "result=refused", "insisted=true", by="linlin")),
    ("photo_permission.order", "提出、上报、同意的先后不对", lambda r: r.step(
        r.then(r.new("photo_permission", "purpose=家装参考"), "refer", "supervisor=zhao", by="linlin"), "allow", now="10:30", by="guoyan",
    )),
    ("reception.heads", "确认的人数和申请时不同，请核对", lambda r: r.step(r.graded("special", "accompanying=4"), "arrange", "heads=3", "needs_car=true", "needs_room=true", by="tangwei")),
    ("reception.pickup_place", "需接站的写明接站地点", lambda r: r.add("reception", "pickup=true")),
    ("reception.pickup_trip", "需接站的请办“5机场(车站)接车”", lambda r: r.step(
        r.then(
            r.then(r.graded("special", "pickup=true", "pickup_place=airport"), "arrange", "heads=2", "needs_car=true", "needs_room=true", by="tangwei"),
            "staff", "escorts=[{person: heping, role: regional_manager}]", "vehicle=none", by="tangwei",
        ),
        "arrive", now="15:00", by="heping",
    )),
    ("reception.level_fits", "人员类别不在这个接待级别所列的人员里", lambda r: r.step(r.add("reception").record.id, "grade", "level=special", "category=技术人员", by="tangwei")),
    ("reception.escort_allowed", "这个岗位不陪同这个级别的来访", lambda r: r.step(r.arranged("senior"), "staff", "escorts=[{person: heping, role: salesperson}]", "vehicle=suv", by="tangwei")),
    ("reception.vehicle_allowed", "这个接待级别不用这种车", lambda r: r.step(r.arranged("senior"), "staff", "escorts=[{person: heping, role: regional_manager}]", "vehicle=rented_premium_car", by="tangwei")),
    ("reception.escort_stays", "客户离开前不轻易更换陪同，更换的写明原因", lambda r: r.step(r.visiting("special"), "tour", "milestones+={step: tour}", "escorts=[{person: boss, role: shareholder}]", now="16:00", by="heping")),
    ("reception.expense_full", "费用要写明类别、客人数和金额", lambda r: r.spent("senior", "kind: dinner, amount: 100")),
    ("reception.over_other", "超标批准人不能是结账人自己", lambda r: r.spent("senior", "kind: dinner, heads: 2, amount: 600, payer: heping, over_reason: 加菜, over_approver: heping")),
    ("reception.no_ordinary_outing", "普通级没有游玩娱乐", lambda r: r.spent("ordinary", "kind: outing, heads: 2, amount: 50")),
    ("reception.room_payer", "普通和高级的住宿费由客户自付", lambda r: r.lodged("ordinary", "payer: company, stars: 4, rate: 200")),
    ("reception.room_payer_expense", "普通和高级的住宿费公司不承担", lambda r: r.spent("ordinary", "kind: room, heads: 2, amount: 200")),
    ("reception.room_stars", "公司承担的住宿要够规定的星级", lambda r: r.lodged("special", "payer: company, stars: 3, rate: 650")),
    *[("reception.room_rate", "房价不在规定的范围内", lambda r, rate=rate: r.lodged("special", f"payer: company, stars: 4, rate: {rate}")) for rate in (720, 380)],
    ("reception.home", "家中接待超过规定次数", lambda r: r.step(r.visiting("senior"), "tour", "milestones+={step: tour}", "home_visits=3", now="16:00", by="heping")),
    ("reception.gift", "这个接待级别不送纪念品", lambda r: r.step(r.visiting("ordinary", vehicle="suv"), "tour", "milestones+={step: tour}", "gift=茶叶", now="16:00", by="heping")),
    ("reception.gift_handed", "纪念品还没递交", lambda r: r.step(r.visiting("special"), "depart", "gift=茶叶", now="22:00", by="heping")),
    ("reception.before_arrival", "要在客户到达前确认好", lambda r: r.step(r.graded("special", "accompanying=2"), "arrange", "heads=3", "needs_car=true", "needs_room=true", now="15:30", by="tangwei")),
    ("reception.leader", "先与领导确认，再接见", lambda r: r.step(r.visiting("senior"), "leader_meeting", f"leader_confirmed_at={DAY} 18:00", "leader_place=会议室", now="17:00", by="heping")),
    ("reception.tour_noted", "过程记录里没有营销中心参观", lambda r: r.step(r.new_visit(), "tour", "milestones+={step: meal}", now="16:00", by="heping")),
    ("reception.talk_noted", "过程记录里没有领导会谈", lambda r: r.step(r.new_visit(), "leader_talk", "milestones+={step: tour}", now="16:00", by="heping")),
    ("reception.no_office", "一般不参观办公室，参观的写明理由", lambda r: r.step(r.visiting("senior"), "tour", "milestones+={step: tour}", "office_tour=true", now="16:10", by="heping")),
    ("reception.pay_away", "不要当着客人的面结账", lambda r: r.spent("senior", "kind: lunch, heads: 2, amount: 300, away: false")),
    ("reception.settled_in_writing", "确定的事项要有书面文案", lambda r: r.step(r.new_visit(), "depart", "agreed=账期60天", now="22:00", by="heping")),
    ("reception.settled_both", "书面文案要交给双方", lambda r: r.step(r.new_visit(), "depart", "agreed=账期60天", f"document={'5f' * 32}", now="22:00", by="heping")),
    ("reception.guests_failed", "接待没做到的项目，要写明情况", lambda r: r.step(
        r.then(r.then(r.new_visit(), "depart", now="22:00", by="heping"), "call_back", "view_reception=好", "view_product=好", "view_company=好", now="22:30", by="heping"),
        "report", "report=无", "lobby.lobby_reception_02=fail", "hall.sales_hall_03=pass", now="23:00", by="heping",
    )),
    ("vehicle_trip.pickup_facts", "接车前确认接待单、班次、时间、地点、姓名和特征", lambda r: r.step(r.new("vehicle_trip", "kind=pickup"), "start", by="qian")),
    ("vehicle_trip.type_allowed", "这个接待级别不用这种车", lambda r: r.add("vehicle_trip", f"reception={r.graded('ordinary')}", "vehicle_type=business_van")),
    ("vehicle_trip.no_car_told", "公司没有车的，要告知客人怎样乘车", lambda r: r.add("vehicle_trip", "have_car=false")),
    ("vehicle_trip.order", "到达时间要晚于出发时间", lambda r: r.step(r.then(r.new("vehicle_trip", "driver=sun"), "start", by="heping"), "finish", now="11:00", by="heping")),
    ("vehicle_trip.one_trip", "这位司机还在出车", lambda r: (
        r.then(r.new("vehicle_trip", "driver=sun"), "start", by="heping"), r.step(r.new("vehicle_trip", "driver=sun", "heads=2"), "start", now="11:05", by="heping"),
    )[1]),
    ("vehicle_trip.one_trip_vehicle", "这辆车还在出车", lambda r: (
        r.then(r.new("vehicle_trip", "driver=chen", "vehicle=粤A1"), "start", by="heping"), r.step(r.new("vehicle_trip", "driver=hu", "vehicle=粤A1"), "start", now="11:05", by="heping"),
    )[1]),
    ("vehicle_trip.sendoff", "送车要提醒行李，目送客人离开", lambda r: r.step(r.then(r.add("vehicle_trip", "kind=sendoff").record.id, "start", by="qian"), "finish", "luggage=true", now="11:30", by="qian")),
    ("vehicle_trip.sendoff_gift", "准备了纪念品，还没递交", lambda r: r.step(
        r.then(r.add("vehicle_trip", "kind=sendoff", "driver=liu", f"reception={r.new('reception', 'gift=茶叶')}").record.id, "start", by="heping"), "finish", "luggage=true", "watched_off=true", now="11:30", by="heping",
    )),
]  # fmt: skip


def broken(ready: Prepared) -> str:
    return ready.new(
        "incident", "kind=breakage", "area=A-01", "course=碰倒花瓶", "first_action=请客人稍候", "within_power=false", "customer_signed=false",
    )  # fmt: skip


def held(ready: Prepared) -> str:
    return ready.then(ready.new("show_flat_visit", "heads=3", "covers_out=3"), "hold", "broken=true", f"incident={broken(ready)}", by="linlin")


def second_entry(ready: Prepared) -> str:
    made = ready.new("contractor_entry", "work=换灯", now="18:00")
    ready.then(made, "verify", f"approved_at={DAY} 17:00", now="18:12", by="linlin")
    return ready.then(made, "enter", "people=[{name: 李师傅}]", "goods_in=[{name: 射灯, qty: 1}]", now="18:20", by="linlin")


def left_with_more(ready: Prepared) -> str:
    """A crew that has left with more than it brought, and no movement written down."""
    made = ready.new("contractor_entry", "work=搬柜", now="18:00")
    ready.then(made, "verify", f"approved_at={DAY} 17:00", now="18:12", by="linlin")
    ready.then(made, "enter", "people=[{name: 李师傅}]", "goods_in=[{}]", now="18:20", by="linlin")
    slip = ready.slip("[{item: 柜子, qty: 1}]", now="18:33")
    ready.then(made, "take_out", f"goods_out=[{{name: 柜子, qty: 1, release: {slip}}}]", now="18:41", by="linlin")
    return ready.then(made, "leave", now="19:00", by="linlin")


@pytest.mark.parametrize(("rule", "sentence", "attempt"), FAULTS, ids=[f"{n}-{fault[0]}" for n, fault in enumerate(FAULTS)])
def test_a_faulty_entry_is_told(ready: Prepared, rule: str, sentence: str, attempt: Callable[[Prepared], Written]) -> None:
    assert (rule, sentence) in told(lambda: attempt(ready))


# level, kind, visitors and cap: what the handbook's worked examples come to
CAPS = [
    ("ordinary", "lunch", 2, 300), ("ordinary", "lunch", 1, 300), ("ordinary", "lunch", 4, 400), ("ordinary", "lunch", 3, 350),
    ("ordinary", "dinner", 5, 550), ("ordinary", "dinner", 4, 500),
    ("senior", "lunch", 4, 700), ("senior", "dinner", 5, 800), ("senior", "outing", 4, 1100), ("senior", "outing", 5, 1300),
    ("special", "dinner", 5, 1300), ("special", "lunch", 6, 1400), ("special", "outing", 3, 1450), ("special", "outing", 6, 2200),
    ("ordinary", "outing", 2, None),
]  # fmt: skip
SAID = {
    "meal": ("reception.meal_cap", "餐费超过限额，要有超标说明和批准人"),
    "outing": ("reception.outing_cap", "游玩娱乐费合计超过限额，要有超标说明和批准人"),
}


@pytest.mark.parametrize(("level", "kind", "heads", "cap"), CAPS)
def test_the_cap_follows_level_and_heads(ready: Prepared, level: str, kind: str, heads: int, cap: int | None) -> None:
    """Up to the cap it passes, a cent more is refused, and reason with approver let it pass."""
    visit = ready.visiting(level, vehicle="suv" if level == "ordinary" else "business_van")

    def breaches(amount: str, more: str = "") -> set[tuple[str, str]]:
        row = f"date: {DAY}, kind: {kind}, heads: {heads}, payer: heping, away: true, amount: {amount}{more}"
        said = told(lambda: ready.step(visit, "expense", f"expenses=[{{{row}}}]", now="20:00", by="heping"))
        return said & set(SAID.values())

    if cap is None:
        assert not breaches("9999.00")
        return
    wanted = {SAID["outing" if kind == "outing" else "meal"]}
    assert not breaches(f"{cap}.00")
    assert breaches(f"{cap}.01") == wanted
    assert breaches(f"{cap}.01", ", over_reason: 客人加菜") == wanted
    assert not breaches(f"{cap}.01", ", over_reason: 客人加菜, over_approver: boss")


def test_a_room_inside_the_range_passes(ready: Prepared) -> None:
    said = told(lambda: ready.lodged("special", "payer: company, stars: 4, rate: 650"))
    assert not {rule for rule, _ in said} & {"reception.room_rate", "reception.room_stars", "reception.room_payer"}


@pytest.mark.parametrize(
    ("opening", "received", "used", "disposed", "closing"), [(10, 5, 8, 1, 6), (10, 20, 12, 1, 17)]
)
def test_the_stock_of_the_bar_balances(
    ready: Prepared, opening: int, received: int, used: int, disposed: int, closing: int
) -> None:
    line = f"item: cola, opening: {opening}, received: {received}, used: {used}, disposed: {disposed}, counted: {closing - 1}"
    made = ready.new("bar_consumption", f"lines=[{{{line}}}]", f"area=bar-{closing + 5}", day="2026-11-10", now="18:00")
    assert rows(ready.desk, made, "lines", "closing") == [(closing,)]
    said = told(lambda: ready.step(made, "submit", "handed_to=zhao", day="2026-11-10", now="18:10", by="chenxi"))
    assert ("bar_consumption.count_gap", "盘点与应存不符，当天要有残损不符记录") in said


@pytest.mark.parametrize(("asks", "late"), [(("10:20", "10:40", "11:00"), False), (("10:20", "10:40"), True)])
def test_three_rounds_are_expected_in_65_minutes(ready: Prepared, asks: tuple[str, ...], late: bool) -> None:
    listed = ", ".join(f"{{at: '{at}'}}" for at in asks)
    said = told(lambda: ready.add("service_round", "seated_at=10:00", "left_at=11:05", f"asks=[{listed}]", now="11:10"))
    assert bool(said) is late


def test_a_check_too_few_is_shown_as_missing(ready: Prepared) -> None:
    made = ready.new(
        "show_flat_check", "rounds=[{at: '10:00'}, {at: '12:00'}, {at: '14:00'}]", "flat=B-01", day=DAY_21, now="17:00",
    )  # fmt: skip
    assert seen(ready.desk, made).get("missing") == 1
    done = ready.step(made, "close_short", "short_reason=停电", day=DAY_21, now="17:30", by="linlin")
    assert done.warnings == ()


def test_outings_are_added_up_over_the_visit(ready: Prepared) -> None:
    visit = ready.visiting("senior")
    row = f"{{date: {DAY}, kind: outing, heads: 2, payer: heping, amount: 350.50}}"
    said = told(lambda: ready.step(visit, "expense", f"expenses=[{row}, {row}]", now="20:00", by="heping"))
    assert SAID["outing"] in said


def test_every_check_of_the_pack_has_its_faulty_entry(book: Desk) -> None:
    forms = [form for form in book.session().library.forms.values() if form.pack == "sales"]
    tried = {rule for rule, *_ in FAULTS} | {rule for rule, _ in SAID.values()}
    assert len(forms) == 17
    assert {f"{form.name}.{check.id}" for form in forms for check in form.checks} == tried
