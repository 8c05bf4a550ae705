"""Releases, passes, fees, dunning, community and services: each form runs its steps, each check has a record that breaks it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from logbook.locale.catalogue import Catalogue
from logbook.operations.reading import World
from logbook.operations.reading import find
from logbook.operations.writing import Written
from logbook.store.git import Repository
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.templates.findings import said

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"
NEXT = "2026-11-23 09:00"
QUARTER = ("period_from=2026-10-01", "period_to=2026-12-31")


def commit(desk: Desk, files: list[Change], subject: str) -> None:
    """Templates or settings into the book, as an administrator would."""
    people = ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook")
    with Repository(desk.root) as repository:
        publish(repository, [Commit(files, subject, *people, moment(START))])
    desk.git("reset", "--hard", "--quiet")


@pytest.fixture(scope="module")
def ready(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with the estate pack, a household, a tenant, the published fees and a notice board."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("estate_fees") / "book")
    files = sorted(TEMPLATES.glob("estate/*.yaml"))
    files += [
        TEMPLATES / "sales" / f"{name}.yaml" for name in ("item_movement", "show_flat_item", "contractor_entry", "pack")
    ]
    commit(
        desk, [Change(f"templates/{file.parent.name}/{file.name}", file.read_bytes()) for file in files], "book: estate"
    )
    desk.add("staff", "id=qian", "name=钱敏", "roles=finance_clerk,fee_collector", by="boss", now=START)
    desk.add("staff", "id=he", "name=何静", "roles=show_flat_guide", by="boss", now=START)
    desk.add("customer", "id=wangfang", "name=王芳", "phone=13800001111", now=START)
    desk.add("customer", "id=zuhu", "name=周租", "phone=13900002222", "kind=tenant", now=START)
    desk.step("3-502", "update", "owner=wangfang", "occupant=wangfang", "area_m2=100", now=START)
    desk.step("3-602", "update", "owner=wangfang", "occupant=zuhu", now=START)
    desk.add("area", "id=board-1", "name=东门宣传栏", "kind=board", by="zhao", now=START)
    desk.add("area", "id=flat-1", "name=样板房一号", "kind=show_flat", by="zhao", now=START)
    fees = {
        "WYF": ("物业管理费", "property", "area", "2.00"),
        "WYF-1": ("物业管理费(单户)", "property", "unit", "333.33"),
        "DF": ("电费", "power", "meter", "0.4883"),
        "CBL": ("擦玻璃", "service", "agreed", "80"),
    }
    for name, (label, kind, basis, rate) in fees.items():
        words = (f"id={name}", f"name={label}", f"kind={kind}", f"basis={basis}", f"rate={rate}")
        desk.add("fee_item", *words, "from_date=2026-01-01", by="zhao", now=START)
    return desk


@pytest.fixture
def desk(ready: Desk, tmp_path: Path) -> Desk:
    """A copy of one's own."""
    return ready.copy(tmp_path / "book")


def warned(written: Written) -> list[tuple[str, str]]:
    return [(issue.rule, ZH.issue(issue)[0]) for issue in written.warnings]


def status(desk: Desk, record: str, now: str = "2027-12-31 00:00") -> str:
    return desk.load(record, now).state.status


def derived(desk: Desk, record: str, name: str, now: str = "2027-12-31 00:00") -> Any:
    """What a derived field comes to."""
    session = desk.session(now)
    row = find(session, record)
    view = World(session).find(row.form, row.id)
    assert view is not None
    return view.get(name)


def site(desk: Desk, settings: str) -> None:
    """What a site writes into its logbook.yaml."""
    text = (desk.root / "logbook.yaml").read_text(encoding="utf-8")
    commit(desk, [Change("logbook.yaml", f"{text}settings:\n{settings}".encode())], "book: settings")


# What a person types at the first entry of each form.
LEAST = {
    "goods_release": ["room=3-502", "goods=[{item: 沙发}, {item: 纸箱, qty: 6}]"],
    "access_pass": ["room=3-502", "pass_no=C-001", "holder=王芳"],
    "fee_item": ["id=RF", "name=供暖费", "basis=area", "rate=30", "kind=heating"],
    "fee_bill": ["room=3-502", *QUARTER, "lines=[{item: WYF, qty: 100}]"],
    "dunning": ["room=3-502", "reason=长期出差"],
    "prepaid_balance": ["room=3-502", "balance=12.50"],
    "event": ["theme=元旦联欢", "starts_at=2026-12-31 14:00"],
    "bulletin": ["board=board-1", "topic=冬季防火"],
    "survey": ["year=2026", "questions=[{q_no: 1, text: 保洁}, {q_no: 2, text: 安护}]"],
    "service_order": ["room=3-502", "item=擦玻璃", "agreed_at=14:00", "fee=80"],
    "dispute": ["parties=[{name: 王芳, room: 3-502}, {name: 周租, room: 3-602}]", "subject=空调滴水"],
}
BY = {"fee_item": "zhao", "fee_bill": "qian", "dunning": "qian", "survey": "zhao"}


def add(desk: Desk, form: str, *words: str, now: str = AT, by: str | None = None) -> Written:
    names = {word.partition("=")[0] for word in words}
    usual = [word for word in LEAST[form] if word.partition("=")[0] not in names]
    return desk.add(form, *usual, *words, now=now, by=by or BY.get(form, "lina"))


def made(desk: Desk, form: str, *words: str, **more: Any) -> str:
    return add(desk, form, *words, **more).record.id


def refusals(form: str, *checks: str) -> list[tuple[str, str]]:
    """``check: sentence`` lines, as :func:`said` gives them."""
    return [(f"{form}.{check}", sentence) for check, _, sentence in (line.partition(": ") for line in checks)]


# -- releases and passes ----------------------------------------------------------------------


def test_goods_go_out_with_a_slip_the_gate_has_checked(desk: Desk) -> None:
    slip = made(desk, "goods_release", "kind=move")
    assert desk.load(slip).state.fields["name"] == "王芳"
    desk.step(slip, "issue", now=AT)
    short = said(lambda: desk.step(slip, "gate", "goods.1.gate_qty=1", "goods.2.gate_qty=5", now=LATER, by="liu"))
    assert short == refusals("goods_release", "gate_match: 门岗核对数与放行条不符，请办“不符扣留”")
    desk.step(slip, "stop", "mismatch=纸箱少一个", now=LATER, by="liu")
    desk.step(slip, "recheck", now=LATER)
    desk.step(slip, "issue", "goods.2.qty=5", now=LATER)
    desk.step(slip, "gate", "goods.1.gate_qty=1", "goods.2.gate_qty=5", now="2026-11-22 11:20", by="liu")
    assert status(desk, slip) == "out"
    once = said(lambda: desk.step(slip, "gate", now="2026-11-22 11:30", by="liu"))
    assert once == [("step.none-left", "现在是“已放行”，没有下一步了")]


def test_a_slip_is_good_on_its_day_only(desk: Desk) -> None:
    slip = made(desk, "goods_release")
    desk.step(slip, "issue", now=AT)
    counts = ("goods.1.gate_qty=1", "goods.2.gate_qty=6")
    assert said(lambda: desk.step(slip, "gate", *counts, now=NEXT, by="liu")) == refusals(
        "goods_release", "valid_day: 放行条只在放行日期当天有效"
    )
    assert desk.overdue("form:goods_release", now="2026-11-23 00:01") == [(slip, "same_day_use", 60)]
    desk.step(slip, "expire", now=NEXT)
    assert desk.overdue("form:goods_release", now=NEXT) == []


@pytest.mark.parametrize(
    ("words", "now", "checks"),
    [
        (["goods=[{item: 沙发, qty: 0}]"], LATER, ["listed: 每件物品写明名称和数量"]),
        (["goods=[{qty: 2}]"], LATER, ["listed: 每件物品写明名称和数量"]),
        ([], NEXT, ["valid_ahead: 放行日期已过"]),
    ],
)
def test_a_slip_that_is_not_issued(desk: Desk, words: list[str], now: str, checks: list[str]) -> None:
    slip = made(desk, "goods_release", *words)
    assert said(lambda: desk.step(slip, "issue", now=now)) == refusals("goods_release", *checks)


def test_a_site_leaves_kinds_of_slips_out(desk: Desk) -> None:
    site(desk, "  forms: {goods_release_kinds: [move, unit]}\n")
    assert said(lambda: add(desk, "goods_release", "kind=show_flat")) == refusals(
        "goods_release", "kinds: 本项目不用这一类放行条"
    )
    assert made(desk, "goods_release", "kind=move")


def test_the_gate_comes_after_the_slip(desk: Desk) -> None:
    slip = made(desk, "goods_release", now="2026-11-22 09:00")
    desk.step(slip, "issue", now=LATER)
    counts = ("goods.1.gate_qty=1", "goods.2.gate_qty=6")
    assert said(lambda: desk.step(slip, "gate", *counts, now=AT, by="liu"))[-1:] == refusals(
        "goods_release", "order: 时间先后有误：申请、签发、出门"
    )


def test_a_tenant_moving_out_needs_the_owner(desk: Desk) -> None:
    slip = made(desk, "goods_release", "room=3-602", "kind=move")
    assert warned(desk.step(slip, "issue", now=LATER)) == refusals(
        "goods_release", "tenant: 租户搬家要有业主同意，费用结清"
    )
    other = made(desk, "goods_release", "room=3-602", "kind=move", "owner_consent=业主王芳来电同意", "fees_clear=true")
    assert warned(desk.step(other, "issue", now=LATER)) == []


def test_goods_of_the_show_flat_stand_in_its_movement_register(desk: Desk) -> None:
    slip = made(desk, "goods_release", "kind=show_flat", "goods=[{item: 花瓶}]")
    outsider = said(lambda: desk.step(slip, "issue", now=LATER, by="boss"))
    assert outsider == refusals("goods_release", "show_flat: 施工和样板房物品由客服中心签发")
    desk.step(slip, "issue", now=LATER)
    gate = lambda: desk.step(slip, "gate", "goods.1.gate_qty=1", now="2026-11-22 12:00", by="liu")  # noqa: E731
    assert said(gate) == refusals("goods_release", "show_flat_moved: 样板房物品要有搬出登记")
    words = ("flat=flat-1", "direction=out", f"release={slip}", "lines=[{name: 花瓶, qty: 1}]")
    desk.add("item_movement", *words, now=LATER, by="he")
    gate()
    assert status(desk, slip) == "out"


def test_a_pass_from_the_application_to_its_return(desk: Desk) -> None:
    card = made(desk, "access_pass")
    desk.step(card, "issue", "valid_to=2027-11-21", now=AT)
    assert desk.load(card).state.fields["issued_on"] == "2026-11-22"
    other = made(desk, "access_pass", "room=3-602")
    issue = lambda: desk.step(other, "issue", "valid_to=2027-11-21", now=LATER)  # noqa: E731
    assert said(issue) == refusals("access_pass", "unique_no: 这个证号正在使用")
    assert desk.overdue("form:access_pass", now="2027-11-22 00:01") == [(card, "expiry", 60)]
    early = said(lambda: desk.step(card, "end", "end_why=expired", now=NEXT))
    assert early == refusals("access_pass", "expired: 还没有到期，请选别的原因")
    desk.step(card, "end", "end_why=lost", now=NEXT)
    assert status(desk, card) == "ended"
    issue()


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        (["kind=vehicle", "valid_to=2027-11-21"], ["vehicle_plate: 车辆出入证要写车牌"]),
        ([], ["pass_valid: 发证要有持证人、房号和有效期"]),
        (["valid_to=2026-11-21"], ["valid_ahead: 有效期早于发证日期"]),
    ],
)
def test_a_pass_that_is_not_issued(desk: Desk, words: list[str], checks: list[str]) -> None:
    card = made(desk, "access_pass")
    assert said(lambda: desk.step(card, "issue", *words, now=LATER)) == refusals("access_pass", *checks)


# -- fees -------------------------------------------------------------------------------------


def test_one_item_has_one_rate_on_any_day(desk: Desk) -> None:
    words = ("name=物业管理费", "basis=area", "kind=property")
    taken = said(lambda: add(desk, "fee_item", "id=WYF-27", "from_date=2027-01-01", *words))
    assert taken == refusals("fee_item", "no_overlap: 同一项目同一天只能有一个单价")
    back = said(lambda: desk.step("WYF", "end", "to_date=2025-12-31", now=AT, by="zhao"))
    assert back == refusals("fee_item", "order: 停止日期早于执行日期")
    desk.step("WYF", "end", "to_date=2026-12-31", now=AT, by="zhao")
    assert made(desk, "fee_item", "id=WYF-27", "from_date=2027-01-01", *words)


def pay(desk: Desk, bill: str, amount: str, receipt: str, *words: str, now: str = LATER, take: bool = True) -> str:
    """Money at the desk for one bill; not taken, it is booked to be collected at home."""
    lines = f"lines=[{{bill: {bill}, amount: {amount}}}]"
    words = ("room=3-502", lines, f"receipt_no={receipt}", "confirmed=true", *words)
    words += () if take else ("channel=home", "visit_at=16:00")
    return desk.add("payment", *words, now=now, by="qian").record.id


def test_a_bill_is_sent_and_paid_in_two_parts(desk: Desk) -> None:
    """300.00 due, 250.00 paid: 50.00 owed."""
    bill = made(desk, "fee_bill", "lines=[{item: WYF, qty: 150}]")
    assert desk.load(bill).state.fields["lines"] == [{"item": "WYF", "qty": "150", "rate": "2.00", "factor": "1"}]
    desk.step(bill, "send", now=AT, by="qian")
    money = {name: derived(desk, bill, name) for name in ("main_item", "total", "paid", "owed")}
    assert money == {"main_item": "property", "total": Decimal("300.00"), "paid": 0, "owed": Decimal("300.00")}
    none = said(lambda: desk.step(bill, "pay_part", now=LATER, by="qian"))
    assert none == refusals("fee_bill", "state_match_part: 收了一部分才办“部分缴费”；收齐了办“缴清”")
    pay(desk, bill, "250.00", "0001")
    assert derived(desk, bill, "owed") == Decimal("50.00")
    part = said(lambda: desk.step(bill, "pay", now=LATER, by="qian"))
    assert part == refusals("fee_bill", "state_match: 收款合计等于应缴才算缴清")
    desk.step(bill, "pay_part", now=LATER, by="qian")
    assert desk.overdue("form:fee_bill", now="2027-01-01 00:01") == [(bill, "due", 60)]
    pay(desk, bill, "50", "0002")
    desk.step(bill, "pay", now=LATER, by="qian")
    assert status(desk, bill) == "paid"


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        (["lines=[{item: WYF}]"], ["sum: 每行要有项目、数量和单价"]),
        (["lines=[{item: WYF, qty: 100, factor: 0.7}]"], ["sum_factor: 只有托管期的物业费才打折"]),
        (["lines=[{item: DF, qty: 120}]"], ["metered: 按表收费要有抄表记录，数量等于用量"]),
    ],
)
def test_a_bill_that_is_not_sent(desk: Desk, words: list[str], checks: list[str]) -> None:
    bill = made(desk, "fee_bill", *words)
    assert said(lambda: desk.step(bill, "send", now=LATER, by="qian")) == refusals("fee_bill", *checks)


def test_one_bill_a_room_item_and_period(desk: Desk) -> None:
    made(desk, "fee_bill")
    assert said(lambda: add(desk, "fee_bill")) == refusals("fee_bill", "once: 同一户、同一项目、同一期间已经有通知单")
    back = said(lambda: add(desk, "fee_bill", "period_from=2027-01-01"))
    assert back == refusals("fee_bill", "period_order: 期间起止颠倒")
    month = made(desk, "fee_bill", "period_from=2026-11-01", "period_to=2026-11-30", "period=month")
    assert warned(desk.step(month, "send", now=LATER, by="qian")) == refusals(
        "fee_bill", "once_overlap: 同一项目的期间与另一张通知单重叠"
    )
    assert made(desk, "fee_bill", "room=3-602")


def test_what_a_bill_reminds_of(desk: Desk) -> None:
    bill = made(desk, "fee_bill", "lines=[{item: WYF, qty: 100, rate: 2.50}]", "due_on=2026-11-25")
    tariff = refusals("fee_bill", "tariff: 单价与收费标准不同")
    assert warned(desk.step(bill, "send", now=LATER, by="qian")) == tariff
    open_ = refusals("fee_bill", "arrear_reason: 过期未缴，请查明原因")
    assert warned(desk.amend(bill, "sent_by=sms", now="2026-11-26 09:00", by="qian")) == [*tariff, *open_]
    pay(desk, bill, "100", "0001")
    some = refusals("fee_bill", "state_match_some: 已收到一部分，请办“部分缴费”")
    assert warned(desk.amend(bill, "sent_by=call", now="2026-11-23 09:00", by="qian")) == [*tariff, *some]
    pay(desk, bill, "150", "0002")
    paid = refusals("fee_bill", "state_match_open: 钱已收齐，请办“缴清”")
    assert warned(desk.amend(bill, "sent_by=home", now="2026-11-23 10:00", by="qian")) == [*tariff, *paid, *some]


def test_a_metered_fee_takes_its_quantity_from_the_reading(desk: Desk) -> None:
    for at, reading in (("2026-08-22 10:00", 1000), (AT, 1120)):
        read = desk.add("meter_reading", "room=3-502", "meter=power", f"reading={reading}", now=at, by="qian").record.id
    bill = made(desk, "fee_bill", f"lines=[{{item: DF, qty: 100, reading: {read}}}]")
    wrong = said(lambda: desk.step(bill, "send", now=LATER, by="qian"))
    assert wrong == refusals("fee_bill", "metered: 按表收费要有抄表记录，数量等于用量")
    desk.step(bill, "send", "lines.1.qty=120", now=LATER, by="qian")
    assert derived(desk, bill, "total") == Decimal("58.60")  # 120 x 0.4883 = 58.596


def custody(desk: Desk) -> None:
    """3-502 is in custody since 1 October."""
    for meter, reading in (("water", 100), ("power", 2000)):
        words = ("room=3-502", f"meter={meter}", f"reading={reading}", "reason=custody_start")
        read = desk.add("meter_reading", *words, now="2026-10-01 09:00").record.id
        desk.step(read, "agree", "agreed_by=王芳", now="2026-10-01 09:10", by="boss")
    words = ("room=3-502", "from_date=2026-10-01", "water_start=100", "power_start=2000", "fee_full=200")
    made = desk.add("custody", *words, now="2026-10-01 10:00").record.id
    desk.step(made, "sign", now="2026-10-01 11:00", by="zhao")


def test_the_management_fee_under_custody_is_seventy_percent(desk: Desk) -> None:
    """200.00 -> 140.00; 333.33 -> 233.33."""
    custody(desk)
    bill = made(desk, "fee_bill")
    full = said(lambda: desk.step(bill, "send", now=LATER, by="qian"))
    assert full == refusals("fee_bill", "custody_70: 托管期的物业费按规定比例收")
    desk.step(bill, "send", "lines.1.factor=0.7", now=LATER, by="qian")
    assert derived(desk, bill, "total") == Decimal("140.00")
    other = made(desk, "fee_bill", "lines=[{item: WYF-1, qty: 1, factor: 0.70}]")
    desk.step(other, "send", now=LATER, by="qian")
    assert derived(desk, other, "total") == Decimal("233.33")


# -- payments ---------------------------------------------------------------------------------


def test_a_payment_at_the_desk_goes_to_finance_the_same_day(desk: Desk) -> None:
    bill = made(desk, "fee_bill")
    desk.step(bill, "send", now=AT, by="qian")
    paid = pay(desk, bill, "200", "0001")
    fields = desk.load(paid, LATER).state.fields
    assert (fields["owner_name"], fields["payer"], fields["address"]) == ("王芳", "王芳", "3-502")
    assert desk.overdue("form:payment", now="2026-11-23 00:01") == [(paid, "hand_in_day", 60)]
    desk.step(paid, "hand_in", now="2026-11-22 18:00", by="qian")
    assert (status(desk, paid), desk.overdue("form:payment", now=NEXT)) == ("handed_in", [])


def test_a_payment_at_home_is_booked_with_five_confirmations(desk: Desk) -> None:
    words = ("room=3-502", "channel=home", "lines=[{amount: 200, months: 10-12月}]")
    assert said(lambda: desk.add("payment", *words, now=AT, by="qian")) == refusals(
        "payment",
        "home_five: 上门前确认对方姓名、业主、住址、时间，并开好票据",
        "home_five_confirmed: 上门收款先和对方确认",
    )
    words += ("confirmed=true", "receipt_no=0007", "visit_at=15:00")
    paid = desk.add("payment", *words, now=AT, by="qian").record.id
    assert desk.overdue("form:payment", now="2026-11-22 15:01") == [(paid, "home_time", 60)]
    order = said(lambda: desk.step(paid, "receive_home", "arrived_at=15:35", now="2026-11-22 15:30", by="qian"))
    assert order == refusals("payment", "order: 时间先后有误：预约、到达、收款")
    desk.step(paid, "receive_home", "arrived_at=14:55", now="2026-11-22 15:10", by="qian")
    assert status(desk, paid) == "received"
    assert derived(desk, paid, "paid_at").strftime("%H:%M") == "15:10"


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        (["confirmed=false"], ["fee_confirm: 收款前与对方核对姓名、住址、已缴、月份和金额"]),
        (["confirmed=true", "channel=home", "step=receive_desk"], ["right_step: 上门的请先“预约上门收费”"]),
    ],
)
def test_money_that_is_not_taken(desk: Desk, words: list[str], checks: list[str]) -> None:
    bill = made(desk, "fee_bill")
    step = next((word[5:] for word in words if word.startswith("step=")), None)
    words = [word for word in words if not word.startswith("step=")]
    lines = f"lines=[{{bill: {bill}, amount: 10}}]"
    words = ["room=3-502", lines, "receipt_no=0001", *words]
    assert said(lambda: desk.add("payment", *words, now=LATER, by="qian", step=step)) == refusals("payment", *checks)


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        (["lines=[{months: 10月}]"], ["amounts: 每行要写金额"]),
        (["lines=[{amount: -5}]"], ["refund_negative: 退款单金额为负，并写明退款原单；其他不能为负"]),
    ],
)
def test_a_payment_that_is_none(desk: Desk, words: list[str], checks: list[str]) -> None:
    words = ["room=3-502", "receipt_no=0001", "confirmed=true", *words]
    assert said(lambda: desk.add("payment", *words, now=AT, by="qian")) == refusals("payment", *checks)


def test_receipts_refunds_and_too_much(desk: Desk) -> None:
    bill = made(desk, "fee_bill")
    desk.step(bill, "send", now=AT, by="qian")
    paid = pay(desk, bill, "200", "0001")
    assert said(lambda: pay(desk, bill, "1", "0001")) == refusals("payment", "receipt_unique: 这个票据号已经用过")
    words = ("room=3-502", "confirmed=true", f"lines=[{{bill: {bill}, amount: 1}}]")
    needs = said(lambda: desk.add("payment", *words, now=LATER, by="qian"))
    assert needs == [("step.requires", "“收款”之前要填“票据号”")]
    more = desk.add("payment", *words, "receipt_no=0002", now=LATER, by="qian")
    assert warned(more) == refusals("payment", "not_over: 收的比应缴的多")
    desk.step(more.record.id, "refund", now=LATER, by="qian", reason="多收")
    lines = (f"lines=[{{bill: {bill}, amount: -250}}]", "receipt_no=0003", "confirmed=true")
    back = said(lambda: desk.add("payment", "room=3-502", *lines, f"refund_of={paid}", now=LATER, by="qian"))
    assert back == refusals("payment", "refund_within: 退的比原来收的多")
    refund = pay(desk, bill, "-50", "0003", f"refund_of={paid}")
    assert (status(desk, refund), derived(desk, bill, "owed")) == ("received", Decimal("50.00"))


def test_an_address_is_asked_for(desk: Desk) -> None:
    words = ("owner_name=李四", "lines=[{amount: 5}]", "receipt_no=0001", "confirmed=true")
    taken = desk.add("payment", *words, now=AT, by="qian")
    assert warned(taken) == refusals("payment", "fee_confirm_full: 请写明住址")


# -- dunning ----------------------------------------------------------------------------------

TOLD = "told: 10-12月物业费200元，12月10日前缴"
CALL = f"actions+={{{TOLD}}}"
SMS = f"actions+={{step: sms, {TOLD}}}"
LETTER = f"actions+={{step: letter, {TOLD}, proof: EMS1234567}}"


@pytest.fixture
def unpaid(desk: Desk) -> tuple[Desk, str, str]:
    """A bill nobody paid, and its case after the phone notice of 30 November."""
    bill = made(desk, "fee_bill")
    desk.step(bill, "send", now=AT, by="qian")
    desk.step(bill, "dun", "reason=长期出差", now=LATER, by="zhao")
    case = made(desk, "dunning", now=LATER)
    desk.step(case, "remind", CALL, now="2026-11-30 15:00")
    return desk, bill, case


def test_the_ladder_from_the_list_to_the_law_and_the_money(unpaid: tuple[Desk, str, str]) -> None:
    """Phone 30 November 2026: letter from 28 February 2027."""
    desk, bill, case = unpaid
    assert desk.load(case, NEXT).state.fields["bills"] == [{"bill": bill}]
    assert derived(desk, case, "owed") == Decimal("200.00")
    assert str(derived(desk, case, "letter_from"))[:10] == "2027-02-28"
    early = said(lambda: desk.step(case, "letter", LETTER, now="2027-02-27 23:00", by="zhao"))
    assert early == refusals("dunning", "letter_late: 第一次通知满规定期限仍未缴，才发催缴函")
    assert desk.overdue("form:dunning", now="2027-02-28 23:59") == []
    assert desk.overdue("form:dunning", now="2027-03-01 00:01") == [(case, "letter_3_months", 60)]
    bare = said(lambda: desk.step(case, "letter", now="2027-02-28 09:00", by="zhao"))
    assert bare == refusals("dunning", "letter_proof: 催缴函要有快递单号，并写明金额、时间和期限")
    desk.step(case, "letter", LETTER, now="2027-02-28 09:00", by="zhao")
    away = desk.step(case, "visit", "actions+={step: visit, answer: 家中无人}", now="2027-03-10 10:00", by="zhao")
    assert warned(away) == refusals("dunning", "visit_who: 上门只找长期住在小区又不缴的")
    assert warned(desk.step(case, "visit", "lives_here=true", now="2027-03-11 10:00", by="zhao")) == []
    mild = said(lambda: desk.step(case, "legal", now="2027-04-01 09:00", by="wang"))
    assert mild == refusals("dunning", "legal_who: 长期无端拒缴、性质恶劣的才走法律渠道")
    other = said(lambda: desk.step(case, "legal", "bad_faith=true", now="2027-04-01 09:00", by="boss"))
    assert other == refusals("dunning", "legal_who_signer: 走法律渠道由管理处主任决定")
    desk.step(case, "legal", "bad_faith=true", now="2027-04-01 09:00", by="wang")
    assert desk.overdue("form:dunning", now="2027-12-01 00:00") == []
    unsettled = said(lambda: desk.step(case, "settle", now="2027-04-02 09:00", by="qian"))
    assert unsettled == refusals("dunning", "settled: 每张通知单都缴清才算缴清")
    pay(desk, bill, "200", "0001", now="2027-04-03 09:00")
    desk.step(bill, "pay", now="2027-04-03 09:10", by="qian")
    desk.step(case, "settle", now="2027-04-03 09:20", by="qian")
    assert status(desk, case) == "settled"


def test_dunning_stops_when_the_money_is_there(unpaid: tuple[Desk, str, str]) -> None:
    desk, bill, case = unpaid
    pay(desk, bill, "200", "0001", now="2026-12-01 09:00")
    stopped = said(lambda: desk.step(case, "letter", LETTER, now="2027-03-01 09:00", by="zhao"))
    assert stopped == refusals("dunning", "letter_late_owed: 已缴清，不再催缴")


def test_a_notice_tells_amount_period_and_deadline(unpaid: tuple[Desk, str, str]) -> None:
    desk, _, case = unpaid
    silent = said(lambda: desk.step(case, "remind", "actions+={step: sms}", now="2026-12-01 09:00"))
    assert silent == refusals("dunning", "told_full: 通知要告知金额、时间和期限")
    assert warned(add(desk, "dunning", now=LATER)) == refusals("dunning", "one_case: 这户已有催缴案")


def test_the_law_without_a_letter_wants_a_word(unpaid: tuple[Desk, str, str]) -> None:
    desk, _, case = unpaid
    desk.step(case, "visit", "lives_here=true", now="2026-12-10 10:00", by="zhao")
    legal = lambda *words: desk.step(case, "legal", "bad_faith=true", *words, now="2026-12-20 09:00", by="wang")  # noqa: E731
    assert said(legal) == refusals("dunning", "legal_who_letter: 先发催缴函，没有发的写明原因")
    legal("no_letter_why=当面拒收")
    desk.step(case, "give_up", now="2027-06-01 09:00", by="wang", reason="判决后无财产可执行")
    assert status(desk, case) == "closed_unpaid"


def test_a_site_counts_from_the_last_notice_and_keeps_every_rung(unpaid: tuple[Desk, str, str]) -> None:
    desk, _, case = unpaid
    desk.step(case, "remind", SMS, now="2026-12-15 09:00")
    site(desk, "  dunning: {letter_after: 1 months, letter_from: last, notice_ways: [call, sms], rungs: strict}\n")
    rungs = said(lambda: desk.step(case, "visit", "lives_here=true", now="2026-12-20 09:00", by="zhao"))
    assert rungs == refusals("dunning", "rungs_visit: 先发催缴函，再上门")
    early = said(lambda: desk.step(case, "letter", LETTER, now="2027-01-14 09:00", by="zhao"))
    assert early == refusals("dunning", "letter_late_last: 最近一次通知满规定期限仍未缴，才发催缴函")
    desk.step(case, "letter", LETTER, now="2027-01-15 09:00", by="zhao")
    legal = said(lambda: desk.step(case, "legal", "bad_faith=true", now="2027-02-01 09:00", by="wang"))
    assert legal == refusals("dunning", "rungs_legal: 先上门，再走法律渠道")


# -- prepaid balances -------------------------------------------------------------------------


def test_a_low_balance_is_told_once_the_site_has_its_mark(desk: Desk) -> None:
    plain = made(desk, "prepaid_balance")
    desk.step(plain, "close", now=LATER)
    site(desk, "  prepaid: {low: 20}\n")
    unmarked = add(desk, "prepaid_balance")
    assert warned(unmarked) == refusals("prepaid_balance", "site_mark: 预警线和本项目规定的不同")
    low = made(desk, "prepaid_balance", "low_mark=20", now=LATER)
    assert warned(add(desk, "prepaid_balance", "balance=20", now="2026-11-22 12:00")) == []
    assert desk.overdue("form:prepaid_balance", now="2026-11-23 00:01") == [(low, "tell_low", 60)]
    untold = said(lambda: desk.step(low, "close", now=LATER))
    assert untold == refusals("prepaid_balance", "low_told: 余额不足，先通知业主再办结")
    desk.step(low, "tell", now=LATER)
    desk.step(low, "close", now=LATER)
    assert desk.load(low).state.fields["told_how"] == "paper"


def test_a_top_up_is_what_was_paid(desk: Desk) -> None:
    top = made(desk, "prepaid_balance", "kind=topup", "topup=100")
    words = ("room=3-502", "confirmed=true", "receipt_no=0001")
    short = desk.add("payment", *words, "lines=[{amount: 90}]", now=AT, by="qian").record.id
    wrong = said(lambda: desk.step(top, "close", f"payment={short}", now=LATER))
    assert wrong == refusals("prepaid_balance", "topup_paid: 充值金额与收款不符")
    words = ("room=3-502", "confirmed=true", "receipt_no=0002")
    right = desk.add("payment", *words, "lines=[{amount: 100}]", now=AT, by="qian").record.id
    desk.step(top, "close", f"payment={right}", now=LATER)


# -- community --------------------------------------------------------------------------------

PLAN = [
    "items=猜灯谜、合唱", "cost=500", "place=hall", "people=全体业主", "number=80", "programme=14:00 开场，16:00 结束",
    "departments=[{dept: 维修部, person: sun, duty: 音响}, {dept: 安护部, person: liu}, {dept: 环境部, duty: 清场}]",
]  # fmt: skip


def test_an_event_from_its_ten_points_to_the_file(desk: Desk) -> None:
    event = made(desk, "event")
    assert said(lambda: desk.step(event, "approve", now=LATER, by="wang")) == refusals(
        "event",
        "ten: 方案十项要写齐：主题、项目、费用、地点、时间、人员、人数、进程、配合部门、奖品",
        "ten_prizes: 写明奖品，不设奖品的也要注明",
    )
    desk.step(event, "approve", *PLAN, "prizes=[{item: 台历, qty: 80}]", now=LATER, by="wang")
    late = said(lambda: desk.step(event, "set_up", now="2026-12-31 14:10"))
    assert late == refusals("event", "ready_first: 布置要在活动开始前完成")
    assert desk.overdue("form:event", now="2026-12-31 14:01") == [(event, "ready_before", 60)]
    assert warned(desk.step(event, "set_up", now="2026-12-31 13:00")) == []
    early = desk.step(event, "hold", "record=到场76人", now="2026-12-31 13:30")
    assert warned(early) == refusals("event", "held_after: 活动还没有到时间")
    desk.step(event, "file", f"media={'a1' * 32}", "effect=反响良好", now="2027-01-04 09:00", by="zhao")
    assert status(desk, event) == "filed"


def test_three_departments_set_an_event_up(desk: Desk) -> None:
    event = made(desk, "event", *PLAN[:-1], "departments=[{dept: 客服部}]", "no_prizes=true")
    assert warned(desk.step(event, "set_up", now="2026-12-31 13:00")) == refusals(
        "event",
        "partners: 布置要有维修部门配合",
        "partners_guard: 布置要有安护部门配合",
        "partners_environment: 布置要有环境部门配合",
    )


def test_a_board_is_changed_every_two_weeks(desk: Desk) -> None:
    """Changed 1 May: due 15 May."""
    issue = made(desk, "bulletin", now="2026-12-01 09:00")
    assert desk.overdue("form:bulletin", now="2026-12-15 23:59") == []
    assert desk.overdue("form:bulletin", now="2026-12-16 00:01") == [(issue, "two_weeks", 60)]
    second = said(lambda: add(desk, "bulletin", "topic=元旦", now="2026-12-15 09:00"))
    assert second == refusals("bulletin", "one_up: 这个宣传栏还有一期没有撤换")
    desk.step(issue, "replace", now="2026-12-15 09:00")
    thin = add(desk, "bulletin", "board=hall", "content_kind=notice", now="2026-12-15 09:10")
    assert warned(thin) == refusals(
        "bulletin", "is_board: 这个部位不是宣传栏", "bulletin_content: 内容要有物业政策法规和社区动态"
    )


def test_a_survey_is_sent_collected_counted_and_reported(desk: Desk) -> None:
    """180 of 240 came back: 75 %."""
    survey = made(desk, "survey")
    step = lambda name, *words: desk.step(survey, name, *words, now=LATER, by="zhao")  # noqa: E731
    step("send", "sent=240", "collect_by=2026-12-20")
    assert desk.overdue("form:survey", now="2026-12-21 00:01") == [(survey, "collect", 60)]
    assert said(lambda: step("collect", "returned=241")) == refusals("survey", "counts: 回收份数多于发放份数")
    step("collect", "returned=180")
    assert derived(desk, survey, "return_rate") == Decimal("75")
    analyse = lambda rows: step("analyse", f"answers={rows}", "analysis=安护满意率偏低")  # noqa: E731
    many = said(lambda: analyse("[{q_no: 1, good: 150, fair: 30, bad: 1}]"))
    assert many == refusals("survey", "counts_each: 有一题的答案多于回收份数")
    bare = said(lambda: analyse("[{good: 100}]"))
    assert refusals("survey", "counts_full: 每题写明满意、基本满意、不满意各几份")[0] in bare
    stray = said(lambda: analyse("[{q_no: 3, good: 100, fair: 1, bad: 0}]"))
    assert stray == refusals("survey", "counts_asked: 统计里有题目没有的号")
    analyse("[{q_no: 1, good: 150, fair: 20, bad: 10}, {q_no: 2, good: 90, fair: 46, bad: 44}]")
    assert derived(desk, survey, "rate") == Decimal("85")
    reported = step("report", "opinions=[{room: 3-502, text: 夜间巡逻少}]")
    assert warned(reported) == refusals("survey", "opinion_followed: 需要处理的意见要有联系单")
    assert status(desk, survey) == "reported"
    again = add(desk, "survey", "year=2027", now=NEXT).record
    assert again.fields["questions"] == [{"q_no": "1", "text": "保洁"}, {"q_no": "2", "text": "安护"}]


# -- services and disputes --------------------------------------------------------------------


def test_a_service_is_agreed_done_accepted_and_paid(desk: Desk) -> None:
    order = add(desk, "service_order")
    assert warned(order) == []
    order = order.record.id
    assign = lambda *words: desk.step(order, "assign", "told_dept=保洁部", "worker=sun", *words, now=LATER)  # noqa: E731
    assert said(assign) == refusals("service_order", "service_agree: 派工前约定好项目、时间、费用和效果")
    assign("effect=明净无水渍")
    assert desk.overdue("form:service_order", now="2026-11-22 14:01") == [(order, "on_time", 60)]
    do = lambda arrived, now: desk.step(order, "do", f"arrived_at={arrived}", now=now, by="sun")  # noqa: E731
    wrong = said(lambda: do("15:30", "2026-11-22 15:00"))
    assert wrong == refusals("service_order", "order: 时间先后有误：受理、到场、完成")
    do("13:55", "2026-11-22 15:00")
    paid = pay(desk, order, "80", "0001", now="2026-11-22 15:00", take=False)
    take = lambda now: desk.step(paid, "receive_home", f"arrived_at={now}", now=now, by="qian")  # noqa: E731
    assert said(lambda: take("2026-11-22 15:05")) == refusals("payment", "service_accept: 服务先验收，再收费")
    early = said(
        lambda: desk.step(order, "do", "arrived_at=15:00", f"payment={paid}", now="2026-11-22 15:06", by="sun")
    )
    assert early == refusals("service_order", "pay_after_early: 验收以前不收费")
    accept = lambda now, word="ok": desk.step(order, "accept", f"accepted={word}", now=now)  # noqa: E731
    poor = said(lambda: accept("2026-11-22 15:10", "not_ok"))
    assert poor == refusals("service_order", "redo: 不合格的先返工，再验收")
    desk.step(order, "reject", "accepted=not_ok", now="2026-11-22 15:10", reason="有水渍")
    undone = said(lambda: accept("2026-11-22 15:15"))
    assert undone == refusals("service_order", "redo_done: 上次验收不合格，还没有返工")
    do("15:20", "2026-11-22 15:40")
    accept("2026-11-22 15:45")
    close = lambda *words: desk.step(order, "close", *words, now="2026-11-22 16:00")  # noqa: E731
    unpaid = said(lambda: close(f"payment={paid}"))
    assert refusals("service_order", "fee_match: 收款与约定费用不符")[0] in unpaid
    take("2026-11-22 15:50")
    close(f"payment={paid}")
    assert status(desk, order) == "closed"


def test_a_repair_is_accepted_before_it_is_paid_for(desk: Desk) -> None:
    order = desk.add("repair", "room=3-502", "content=换龙头", "paid=true", "labour=30", now=AT).record.id
    desk.step(order, "finish", "arrived_at=10:10", "work=已换", now="2026-11-22 10:30", by="sun")
    paid = pay(desk, order, "30", "0001", take=False)
    at = "2026-11-22 11:10"
    take = lambda: desk.step(paid, "receive_home", f"arrived_at={at}", now=at, by="qian")  # noqa: E731
    assert said(take) == refusals("payment", "service_accept: 服务先验收，再收费")
    desk.step(order, "accept", "accepted=ok", now="2026-11-22 11:05")
    take()
    assert status(desk, paid) == "received"


def test_the_fee_follows_the_acceptance(desk: Desk) -> None:
    order = made(desk, "service_order", "effect=明净")
    desk.step(order, "assign", "told_dept=保洁部", "worker=sun", now=AT)
    desk.step(order, "do", "arrived_at=10:20", now=LATER, by="sun")
    words = ("room=3-502", "lines=[{amount: 80}]", "receipt_no=0001", "confirmed=true")
    paid = desk.add("payment", *words, now=LATER, by="qian").record.id
    desk.step(order, "accept", "accepted=ok", now="2026-11-22 12:00")
    assert said(lambda: desk.step(order, "close", f"payment={paid}", now="2026-11-22 13:00")) == refusals(
        "service_order", "pay_after: 验收合格以后才收费", "fee_match: 收款与约定费用不符"
    )


def test_a_service_that_is_not_published(desk: Desk) -> None:
    odd = refusals("service_order", "published: 这项服务不在公布的项目里")
    assert warned(add(desk, "service_order", "item=代遛狗")) == odd
    notice = desk.add("notice", "title=代遛狗", "text=每次20元", "kind=services", now=AT).record.id
    desk.step(notice, "approve", now=AT, by="zhao")
    desk.step(notice, "issue", now=AT)
    assert warned(add(desk, "service_order", "item=代遛狗", now=LATER)) == []


def test_a_dispute_is_talked_over_and_settled(desk: Desk) -> None:
    case = made(desk, "dispute")
    assert desk.load(case).state.fields["mediator"] == "lina"
    desk.step(case, "talk", "talks+={text: 双方到场，约定改装水管}", now=LATER, by="zhao")
    desk.step(case, "settle", "agreement=周租三日内改装", now=NEXT, by="zhao")
    assert status(desk, case) == "settled"


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        (["parties=[{name: 王芳}]"], ["two_parties: 写明各方；与物业公司的纠纷至少写一方"]),
        (["side=several"], ["several_on_site: 各方都有责任的，相关部门负责人要到场"]),
    ],
)
def test_a_dispute_that_is_not_settled(desk: Desk, words: list[str], checks: list[str]) -> None:
    case = made(desk, "dispute", *words)
    settle = lambda *more: desk.step(case, "settle", "agreement=和解", *more, now=LATER, by="zhao")  # noqa: E731
    assert said(settle) == refusals("dispute", *checks)
    settle("side=company", "departments+={person: chen}")


def test_a_complaint_is_handled_after_its_dispute(desk: Desk) -> None:
    complaint = desk.add(
        "complaint", "name=王芳", "room=3-502", "summary=空调滴水", "demand=停止滴水", now=AT
    ).record.id
    case = made(desk, "dispute", f"source={complaint}")
    words = ("about=" + complaint, "to_dept=维修部", "demand=查看", "due_at=2026-11-23 18:00")
    sheet = desk.add("contact_sheet", *words, now=AT).record.id
    desk.step(complaint, "assign", "departments+={dept: 维修部}", f"sheets+={{sheet: {sheet}}}", now=AT)
    desk.step(sheet, "receive", "to_person=chen", now=AT, by="chen")
    desk.step(sheet, "reply", "action=已查看", "contacted_at=10:30", now=LATER, by="chen")
    desk.step(complaint, "handle", "cause=排水管脱落", "result=已接好", now=LATER, by="zhao")
    talk = desk.step(case, "talk", "talks+={text: 当面说明}", now=NEXT, by="zhao")
    assert warned(talk) == refusals("dispute", "source_closed: 纠纷还没有了结，投诉已经处理完毕")
