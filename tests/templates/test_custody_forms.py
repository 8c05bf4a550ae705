"""Keys, losses, counts, duplicates, loans, incidents and waivers: each check has a record that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.locale.catalogue import Catalogue
from tests.operations.desk import Desk
from tests.templates.findings import said

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"


@pytest.fixture
def flat(desk: Desk) -> Desk:
    """A flat with an owner, and its key."""
    desk.add("customer", "id=wangfang", "name=王芳", "phone=13800001111")
    desk.add("room", "id=5-101", "owner=wangfang")
    desk.add("key", "id=K-5-101", "opens=5-101 入户门", "room=5-101", "kind=unit")
    return desk


def out(desk: Desk, *words: str, now: str = AT, **more: Any) -> str:
    usual = {"key": "K-3-502", "borrower": "李师傅", "purpose": "检修", "due_at": "18:00"}
    usual |= dict(word.split("=", 1) for word in words)
    return desk.add("key_checkout", *(f"{name}={value}" for name, value in usual.items()), now=now, **more).record.id


def incident(desk: Desk, *words: str, **more: Any) -> str:
    usual = {"kind": "other", "area": "hall", "course": "钥匙不见了", "first_action": "已找", "within_power": "false"}
    usual |= dict(word.split("=", 1) for word in words)
    made = desk.add("incident", *(f"{name}={value}" for name, value in usual.items()), now=AT, **more)
    return made.record.id


def loss(desk: Desk, *words: str, key: str = "K-3-502", made: str | None = None, now: str = AT) -> str:
    made = made or incident(desk)
    words = (f"key={key}", "lost_by=李师傅", "how=在地库遗失", f"incident={made}", *words)
    return desk.add("key_loss", *words, now=now).record.id


# -- keys -------------------------------------------------------------------------------------


def test_a_key_goes_out_and_comes_back(desk: Desk) -> None:
    made = out(desk)
    desk.step(made, "return", "returned_copies=1", now=LATER)
    assert desk.load(made).state.status == "returned"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["copies=2"], "available", "柜里没有这么多把"),
        (["copies=0"], "some_copy", "至少借一把"),
        (["due_at=09:00"], "time_order", "应还时间要晚于借出时间"),
        (["key=K-pump"], "master_approved", "总匙和设备房钥匙要有批准人"),
        (["key=K-pump", "approved_by=zhao", "borrower=zhao"], "master_other", "批准人不能是借用人自己"),
        (["key=K-pump", "approved_by=zhao", "borrower=赵敏"], "master_other", "批准人不能是借用人自己"),
    ],
)
def test_a_key_that_cannot_go_out(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: out(desk, *words)) == [(f"key_checkout.{check}", sentence)]


def test_a_void_key_cannot_go_out(desk: Desk) -> None:
    desk.step("K-3-502", "void", now=AT, by="zhao")
    assert ("key_checkout.key_active", "这把钥匙已作废，不能借出") in said(lambda: out(desk))


def test_a_customers_unit_needs_consent_or_an_open_matter(flat: Desk) -> None:
    refusal = [("key_checkout.unit_consent", "借客户房屋的钥匙要有客户同意，或未办结的报修、突发事件，或在托管")]
    assert said(lambda: out(flat, "key=K-5-101")) == refusal
    flat.step(out(flat, "key=K-5-101", "consent=业主来电同意"), "return", "returned_copies=1", now=LATER)
    flat.add("incident", "kind=water", "room=5-101", "course=漏水", "first_action=关阀", "within_power=true", now=AT)
    assert out(flat, "key=K-5-101", now=LATER)


def test_the_key_of_a_unit_in_custody_needs_no_consent(flat: Desk) -> None:
    flat.step("5-101", "update", "occupancy=custody", now=AT)  # no agreements are kept in this book
    assert out(flat, "key=K-5-101", now=LATER)


@pytest.mark.parametrize(
    ("step", "words", "check", "sentence"),
    [
        ("return", ["returned_copies=0"], "all_back", "归还把数不符：少了的请填遗失报告"),
        ("extend", ["due_at=10:30"], "extend_ahead", "续借的应还时间要晚于现在"),
    ],
)
def test_a_key_that_cannot_come_back_or_stay(
    desk: Desk, step: str, words: list[str], check: str, sentence: str
) -> None:
    made = out(desk)
    assert said(lambda: desk.step(made, step, *words, now=LATER)) == [(f"key_checkout.{check}", sentence)]


def test_a_key_is_extended_twice_at_most(desk: Desk) -> None:
    made = out(desk)
    for due in ("19:00", "20:00"):
        desk.step(made, "extend", f"due_at={due}", now=LATER)
    assert desk.load(made, "2026-11-22 12:00").state.fields["extensions"] == "2"
    third = said(lambda: desk.step(made, "extend", "due_at=21:00", now=LATER))
    assert third == [("key_checkout.extend_twice", "最多续借两次，请先归还")]


def test_the_extension_of_a_plant_key_is_approved(desk: Desk) -> None:
    made = out(desk, "key=K-pump", "approved_by=zhao")
    refusal = [("key_checkout.extend_approved", "续借总匙和设备房钥匙要有批准人")]
    assert said(lambda: desk.step(made, "extend", "due_at=19:00", now=LATER)) == refusal
    assert desk.step(made, "extend", "due_at=19:00", now=LATER, approved_by="zhao")


def test_the_loss_report_is_about_this_key_and_these_copies(desk: Desk) -> None:
    made = out(desk, "key=K-pump", "copies=2", "approved_by=zhao")
    other, one = loss(desk), loss(desk, key="K-pump")
    refusal = said(lambda: desk.step(made, "lose", f"loss={other}", now=LATER))
    assert ("key_checkout.lost_key", "遗失报告写的是另一把钥匙") in refusal
    refusal = said(lambda: desk.step(made, "lose", f"loss={one}", now=LATER))
    assert refusal == [("key_checkout.lost_copies", "遗失报告的把数和借出的不同；还回一部分的请办归还")]
    refusal = said(lambda: desk.step(made, "return", "returned_copies=0", f"loss={one}", now=LATER))
    assert refusal == [("key_checkout.lost_all", "归还的和遗失的加起来不等于借出的把数")]
    desk.step(made, "return", "returned_copies=1", f"loss={one}", now=LATER)
    assert desk.load(made, "2026-11-22 12:00").state.status == "returned"


def test_copies_are_changed_by_a_correcting_entry_only(desk: Desk) -> None:
    desk.step("K-3-502", "change", "copies=2", now=AT)
    refusal = said(lambda: desk.amend("K-3-502", "copies=3", now=LATER))
    assert refusal == [("key.copies_by_record", "把数只能凭变更步骤改动")]
    out(desk, "copies=2")
    refusal = said(lambda: desk.step("K-3-502", "change", "copies=1", now=LATER))
    assert refusal == [("key.never_negative", "借出和遗失的多于登记把数")]


# -- losses -----------------------------------------------------------------------------------


def test_a_loss_without_its_incident_is_noticed_and_cannot_be_decided(desk: Desk) -> None:
    made = desk.add("key_loss", "key=K-3-502", "lost_by=李师傅", "how=遗失", now=AT)
    assert [ZH.issue(issue)[0] for issue in made.warnings] == ["遗失钥匙要马上登记突发事件"]
    decide = lambda: desk.step(made.record.id, "decide", "relock=false", now=LATER, by="zhao")  # noqa: E731
    assert said(decide) == [("key_loss.incident_first", "先登记突发事件，再定处理意见")]


def test_a_loss_from_the_report_to_the_file(flat: Desk) -> None:
    refusal = said(lambda: loss(flat, "copies=2", key="K-5-101"))
    assert refusal == [("key_loss.not_more", "遗失的把数不能多于台账")]
    made = loss(flat, key="K-5-101")
    flat.step(made, "decide", "relock=true", "cost=80", now=LATER, by="zhao")
    close = lambda *words: flat.step(made, "close", *words, now="2026-11-22 12:00", by="zhao")  # noqa: E731
    assert said(close) == [
        ("key_loss.relock_done", "换锁后再办结"),
        ("key_loss.relock_void", "换锁后旧钥匙要作废"),
        ("key_loss.liable", "写明由谁承担"),
        ("key_loss.tell_owner", "房屋钥匙遗失要告知客户"),
    ]
    flat.step("K-5-101", "void", now=LATER, by="zhao")
    close("relocked_at=11:30", "charged_to=李师傅", "owner_told_at=10:10")
    assert flat.load(made, "2026-11-22 12:00").state.status == "closed"


def test_what_is_found_again_has_nobody_to_pay_for_it(desk: Desk) -> None:
    made = loss(desk)
    desk.step(made, "decide", "relock=false", "found_again=true", now=LATER, by="zhao")
    desk.step(made, "close", now=LATER, by="zhao")
    assert desk.load(made, LATER).state.status == "closed"


# -- counts -----------------------------------------------------------------------------------

BOTH = "lines=[{key: K-3-502, in_cabinet: 1}, {key: K-pump, in_cabinet: 2}]"
SHORT = "lines=[{key: K-3-502, in_cabinet: 1}, {key: K-pump, in_cabinet: 1}]"


def test_a_count_that_agrees_is_settled(desk: Desk) -> None:
    made = desk.add("key_count", BOTH, now=AT).record.id
    desk.step(made, "settle", now=LATER, by="zhao")
    assert desk.load(made).state.status == "settled"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["lines=[{key: K-pump, in_cabinet: 2}]"], "full", "全部盘点：每把有效钥匙各写一行"),
        (["scope=desk", "lines=[{key: K-pump}]"], "counted", "每行要写明钥匙和在柜把数"),
        ([BOTH, "watched_by=lina"], "two_people", "盘点人和监盘人不能是同一人"),
    ],
)
def test_a_count_that_is_none(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: desk.add("key_count", *words, now=AT)) == [(f"key_count.{check}", sentence)]


def test_a_difference_needs_its_reason_and_its_report(desk: Desk) -> None:
    made = desk.add("key_count", SHORT, now=AT).record.id
    settle = lambda *words: desk.step(made, "settle", *words, now=LATER, by="zhao")  # noqa: E731
    assert said(settle) == [("key_count.balance", "有差异要写明原因"), ("key_count.missing_loss", "少了的要有遗失报告")]
    other = loss(desk, now=LATER)
    refusal = said(lambda: settle("lines.2.why=少一把", f"lines.2.loss={other}"))
    assert refusal == [("key_count.loss_of_key", "遗失报告写的是另一把钥匙")]
    settle("lines.2.why=少一把", f"lines.2.loss={loss(desk, key='K-pump', now=LATER)}")
    assert desk.load(made, LATER).state.status == "settled"


def test_a_count_is_judged_by_the_ledger_of_its_moment(desk: Desk) -> None:
    """What goes out, is lost or is entered after the count does not make it wrong."""
    made = desk.add("key_count", BOTH, now=AT).record.id
    out(desk, now="2026-11-22 10:30")
    desk.add("key", "id=K-new", "opens=新门", now="2026-11-22 10:40")
    desk.step(made, "settle", now=LATER, by="zhao")
    assert desk.load(made, LATER).state.status == "settled"


# -- duplicates -------------------------------------------------------------------------------


def test_copies_cut_stand_in_the_ledger_once_they_are_made(desk: Desk) -> None:
    made = desk.add("key_duplicate", "key=K-3-502", "qty=2", "applicant=李娜", "reason=保洁用", now=AT).record.id
    assert said(lambda: out(desk, "copies=3")) == [("key_checkout.available", "柜里没有这么多把")]
    desk.step(made, "approve", now=AT, by="zhao")
    desk.step(made, "make", "made_on=today", now=AT)
    assert out(desk, "copies=3")


def test_what_cannot_be_cut(flat: Desk) -> None:
    def ask(*words: str, applicant: str = "路人") -> Any:
        return flat.add("key_duplicate", f"applicant={applicant}", "reason=备用", *words, now=AT)

    few = said(lambda: ask("key=K-3-502", "qty=0"))
    assert few == [("key_duplicate.some_copy", "至少配一把")]
    stranger = said(lambda: ask("key=K-5-101", "qty=1"))
    assert stranger == [("key_duplicate.who_may", "房屋钥匙只能由业主或使用人申请配制")]
    assert ask("key=K-5-101", "qty=1", applicant="王芳")
    approved = ask("key=K-pump", "qty=1").record.id
    flat.step(approved, "approve", now=AT, by="zhao")
    tomorrow = said(lambda: flat.step(approved, "make", "made_on=2026-11-23", now=LATER))
    assert tomorrow == [("key_duplicate.made_in_order", "配制日期还没到")]
    flat.step("K-pump", "void", now=LATER, by="zhao")
    void = said(lambda: flat.step(approved, "make", "made_on=2026-11-22", now=LATER))
    assert void == [("key_duplicate.key_active", "这把钥匙已作废，不能再配")]


# -- loans ------------------------------------------------------------------------------------


def lend(desk: Desk, *words: str, approved_by: str | None = "zhao") -> str:
    usual = {"item": "对讲机", "number": "R-03", "kind": "radio", "borrower": "刘洋", "due_at": "20:00"}
    usual |= dict(word.split("=", 1) for word in words)
    words = tuple(f"{name}={value}" for name, value in usual.items())
    return desk.add("loan", *words, now=AT, approved_by=approved_by).record.id


def test_a_radio_goes_out_and_comes_back(desk: Desk) -> None:
    made = lend(desk)
    desk.step(made, "back", "condition=ok", now=LATER)
    assert desk.load(made).state.status == "returned"
    assert lend(desk)


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["borrower=zhao"], "approved", "批准人不能是借用人自己"),
        (["borrower=赵敏"], "approved", "批准人不能是借用人自己"),
        (["qty=0"], "some", "数量至少是一"),
        (["due_at=09:00"], "time_order", "应还时间要晚于借出时间"),
    ],
)
def test_a_loan_that_is_refused(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: lend(desk, *words)) == [(f"loan.{check}", sentence)]


def test_nothing_is_lent_without_approval(desk: Desk) -> None:
    assert said(lambda: lend(desk, approved_by=None)) == [("step.requires", "“借出”之前要填“批准人”")]


def test_one_number_has_one_holder(desk: Desk) -> None:
    lend(desk)
    assert said(lambda: lend(desk, "borrower=陈工")) == [("loan.one_holder", "这个编号已借出，还没有归还")]
    assert lend(desk, "number=R-04")


def test_who_answers_for_what_is_damaged_or_lost(desk: Desk) -> None:
    made = lend(desk)
    back = lambda *words: desk.step(made, "back", *words, now=LATER)  # noqa: E731
    assert said(lambda: back("condition=damaged")) == [("loan.liable", "损坏或遗失要写明责任人")]
    assert said(lambda: back("condition=lost", "liable=liu")) == [("loan.lost_by_step", "遗失的请办“遗失”这一步")]
    desk.step(made, "lose", "liable=liu", now=LATER, by="zhao")
    assert desk.load(made, LATER).state.status == "lost"


# -- incidents --------------------------------------------------------------------------------


def test_an_incident_from_the_first_word_to_the_file(desk: Desk) -> None:
    made = incident(desk)
    desk.step(made, "report", "told_to=wang", now="2026-11-22 10:05")
    desk.step(made, "decide", "decision=换锁", now=LATER, by="zhao")
    desk.step(made, "settle", "follow_up=已换", now=LATER, by="zhao")
    desk.step(made, "close", now=LATER, by="zhao")
    assert desk.load(made, LATER).state.status == "closed"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["area="], "where", "写明地点或房号"),
        (["kind=fire", "within_power=true"], "fire_up", "火情和人身伤害一律上报"),
        (["happened_at=09:30", "found_at=09:00"], "order", "发生、发现、上报的先后不对"),
    ],
)
def test_an_incident_that_is_none(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: incident(desk, *words)) == [(f"incident.{check}", sentence)]


def test_what_is_beyond_ones_power_is_reported_before_it_is_decided(desk: Desk) -> None:
    made = incident(desk)
    refusal = said(lambda: desk.step(made, "decide", "decision=换锁", now=LATER, by="zhao"))
    assert refusal == [("incident.beyond_power", "超出权限的先上报，再定处理")]


def test_a_breakage_is_signed_for_and_paid(desk: Desk) -> None:
    made = incident(desk, "kind=breakage", "within_power=true", "damage=[{item: 花瓶, qty: 2, value: 50}]")
    decide = lambda *words: desk.step(made, "decide", "decision=赔偿", *words, now=LATER, by="zhao")  # noqa: E731
    assert ("incident.breakage_told", "打碎物品先通知客服中心，再定处理") in said(decide)
    desk.step(made, "report", "told_to=zhao", now="2026-11-22 10:05")
    assert said(lambda: decide("customer_left_at=10:30")) == [
        ("incident.customer_signs", "客户打碎物品要请客户签名"),
        ("incident.customer_stays", "处理决定前客户不离开"),
    ]
    decide("customer_left_at=11:00", "customer_signed=true", "unclear=true", "compensation=60")
    settle = lambda *words: desk.step(made, "settle", "follow_up=已换", *words, now=LATER, by="zhao")  # noqa: E731
    assert said(settle) == [("incident.pay_full", "责任不详的按原价赔偿")]
    settle("compensation=100")
    refusal = said(lambda: desk.step(made, "close", now=LATER, by="zhao"))
    assert refusal == [("incident.paid", "赔偿收款后再归档")]
    # no payments are kept in this book: the number of the paper is enough
    desk.amend(made, "receipt_no=SJ-0401", now=LATER, by="zhao", reason="已收款")
    desk.step(made, "close", now=LATER, by="zhao")
    assert desk.load(made, LATER).state.status == "closed"


# -- waivers ----------------------------------------------------------------------------------


def test_a_duty_is_excused_by_somebody_else(desk: Desk) -> None:
    words = ("duty=ward_round", "subject=hall", "from_date=2026-11-23", "reason=样板房装修")
    made = desk.add("waiver", *words, now=AT, by="zhao").record.id
    assert desk.load(made).state.fields["to_date"] == "2026-11-23"
    own = said(lambda: desk.step(made, "approve", now=LATER, by="zhao"))
    assert own == [("waiver.two_people", "申请人不能自己批准")]
    desk.step(made, "approve", now=LATER, by="wang")
    assert desk.load(made, LATER).state.status == "approved"
    back = said(lambda: desk.add("waiver", *words, "to_date=2026-11-22", now=AT))
    assert back == [("waiver.order", "结束日期不能早于开始日期")]
