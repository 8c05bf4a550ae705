"""Words of the form language at work in a book: settings, first steps, signatures, required columns."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.locale.catalogue import Catalogue
from logbook.store.book import Settings
from logbook.store.book import settings_text
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import Desk
from tests.operations.desk import moment

FEE = """\
form: fee
version: 1
prefix: FE
title: {zh: 收费, en: Fee}
fields:
  way:     {zh: 方式, en: Way, type: choice, choices: {desk: 前台 / Desk, home: 上门 / Home}, default: desk}
  receipt: {zh: 票据, en: Receipt, type: text}
  taken:   {zh: 收款时间, en: Taken at, type: datetime, is: take.at}
  lines:
    zh: 明细
    en: Lines
    type: list
    of:
      what:   {zh: 项目, en: What, type: text, required: true}
      amount: {zh: 金额, en: Amount, type: money, required: true, default: 1}
states: {booked: 已预约 / Booked, taken: 已收 / Taken, closed: 已结 / Closed}
final: [closed]
steps:
  book:    {zh: 预约, en: Book, when: way is home, to: booked, by: [staff]}
  take:    {zh: 收款, en: Take, to: taken, requires: [receipt], by: [cs_officer]}
  collect: {zh: 上门收款, en: Collect, from: booked, to: taken, requires: [receipt], by: [cs_officer]}
  close:   {zh: 结清, en: Close, from: taken, to: closed, by: [cs_officer]}
signatures:
  paid: {zh: 交款人, en: Paid, roles: [customer]}
checks:
  - {id: signed_first, rule: signed paid before close, say: {zh: 先请交款人签名, en: The payer signs first}}
  - {id: no_home, rule: close.by has role cs_officer if not signed paid before close}
"""


def write(desk: Desk, *changes: Change) -> None:
    made = Commit(list(changes), "book: test\n", ("高总", "boss@staff.logbook"), ("前台 A", "a@desk.logbook"), moment(START))
    publish(desk.session(START).repository, [made])


def settle(desk: Desk, settings: dict[str, Any]) -> None:
    """What the site sets from now on."""
    chosen = Settings(
        name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, packs=("core",), settings=settings
    )
    write(desk, Change("logbook.yaml", settings_text(chosen)))


def said(call: Any) -> list[tuple[str, str | None, str]]:
    """What was refused: rule, place, the sentence people read."""
    with pytest.raises(Refused) as refused:
        call()
    zh = Catalogue("zh")
    return [(issue.rule, issue.field, words(zh, issue)) for issue in refused.value.issues]


def words(catalogue: Catalogue, issue: Issue) -> str:
    return catalogue.issue(issue)[0]


@pytest.fixture
def fees(desk: Desk) -> Desk:
    write(desk, Change("templates/core/fee.yaml", FEE.encode()))
    return desk


# -- settings ----------------------------------------------------------------------------------


def test_every_deadline_is_counted_by_what_the_site_sets_now(desk: Desk) -> None:
    made = ("name=王芳", "summary=灯坏了", "demanded_by=2026-11-29 10:00")
    slow = desk.add("complaint", *made, now="2026-11-22 09:35").record.id

    def due() -> str:
        late = {clock: seconds for id, clock, seconds in desk.overdue("form:complaint", now="2026-12-30 00:00") if id == slow}
        end = moment("2026-12-30 00:00").timestamp() - late["resolve"]
        return str(type(moment(START)).fromtimestamp(end, moment(START).tzinfo))[:16]

    assert due() == "2026-11-29 10:00"
    settle(desk, {"complaint": {"minor_deadline": "2 days or earlier demanded_by"}})
    assert due() == "2026-11-25 00:00"
    settle(desk, {"complaint": {"minor_deadline": "4 days"}})
    assert due() == "2026-11-27 00:00"
    settle(desk, {})
    assert due() == "2026-11-29 10:00"


def test_a_setting_that_is_no_budget_is_told_until_it_is_mended(desk: Desk) -> None:
    settle(desk, {"complaint": {"minor_deadline": "2 dayz"}})
    refused = said(lambda: desk.add("complaint", "name=王芳", "summary=灯坏了"))
    assert ("form.from-setting", "clocks.resolve.within") in [(rule, field) for rule, field, _ in refused]
    assert "这里写的是设置“complaint.minor_deadline”的内容：“2 dayz”" in [sentence for _, _, sentence in refused]
    settle(desk, {})
    assert desk.add("complaint", "name=王芳", "summary=灯坏了").record.id


def test_roles_are_those_the_site_names(desk: Desk) -> None:
    words = ("person=sun", "kind=personal", "from_at=2026-11-25 08:00", "to_at=2026-11-25 18:00", "reason=家事")
    leave = desk.add("leave", *words, by="sun").record.id
    approve = lambda: desk.step(leave, "approve", "cover=chen", by="zhao")  # noqa: E731
    settle(desk, {"leave": {"approver": ["director"]}})
    assert said(approve)[0][:2] == ("step.role", "by")
    settle(desk, {})
    approve()
    assert desk.load(leave).state.status == "approved"


# -- several steps that make a record ----------------------------------------------------------------


def test_the_first_step_whose_condition_is_true_makes_the_record(fees: Desk) -> None:
    taken = fees.add("fee", "receipt=0001")
    assert (taken.record.status, taken.record.events[0].step) == ("taken", "take")
    booked = fees.add("fee", "way=home")
    assert (booked.record.status, booked.record.events[0].step) == ("booked", "book")
    fees.step(booked.record.id, "collect", "receipt=0002")
    assert fees.load(booked.record.id).state.status == "taken"


def test_a_step_that_is_asked_for_makes_it(fees: Desk) -> None:
    assert fees.add("fee", step="预约").record.status == "booked"
    assert said(lambda: fees.add("fee", step="take")) == [("step.requires", "receipt", "“收款”之前要填“票据”")]
    assert said(lambda: fees.add("fee", step="close")) == [("step.not-first", "step", "“结清”不是登记步骤")]
    assert said(lambda: fees.add("fee", step="tkae"))[0][0] == "form.unknown-step"


def test_the_moment_of_either_first_step_may_be_given(fees: Desk) -> None:
    made = fees.add("fee", "receipt=0001", "taken=2026-11-22 09:00", now="2026-11-22 09:30")
    assert made.record.at == "2026-11-22T09:00:00+08:00"
    other = said(lambda: fees.add("fee", "way=home", "taken=2026-11-22 09:00", now="2026-11-22 09:30"))
    assert other[0][:2] == ("field.not-stored", "taken")


# -- signatures ----------------------------------------------------------------------------------------


def test_a_step_waits_for_a_signature_that_stands(fees: Desk) -> None:
    fee = fees.add("fee", "receipt=0001", "lines+={what: 水费, amount: 20}").record.id
    close = lambda: fees.step(fee, "close", now="2026-11-22 11:00")  # noqa: E731
    missing = [("fee.signed_first", None, "先请交款人签名")]
    assert said(close) == missing
    fees.sign(fee, "paid", name="王芳")
    fees.amend(fee, "lines.1.amount=30")
    assert said(close) == missing  # what was signed is not what stands there now
    fees.sign(fee, "paid", name="王芳", now="2026-11-22 10:30")
    close()
    assert fees.load(fee).state.status == "closed"
    # The step was right when it was taken: what is corrected afterwards takes nothing of it back.
    assert fees.amend(fee, "lines.1.amount=40", now="2026-11-22 12:00").record.amendments[-1].new == "40"


# -- required columns --------------------------------------------------------------------------------


def test_a_row_without_a_required_column_is_refused(fees: Desk) -> None:
    rows = "lines=[{what: 水费}, {amount: 3}]"
    assert said(lambda: fees.add("fee", "receipt=0001", rows)) == [
        ("field.column", "lines.2.what", "“明细”第 2 行缺少“项目”")
    ]
    fee = fees.add("fee", "receipt=0001", "lines+={what: 水费}").record
    assert fee.fields["lines"] == [{"what": "水费", "amount": "1"}]
    assert said(lambda: fees.step(fee.id, "close", "lines+={amount: 5}"))[0][0] == "field.column"
