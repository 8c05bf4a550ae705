"""Stock, purchasing, tools, equipment, apportionment: the ledger reconciles, each check has a record that breaks it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from logbook.core.lifecycle import State
from logbook.core.view import View
from logbook.locale.catalogue import Catalogue
from logbook.operations.deriving import derived_values
from logbook.operations.reading import World
from logbook.operations.writing import Written
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.templates.findings import said

ZH = Catalogue("zh")
PEOPLE = (
    ("ku", "库小敏", "finance_clerk"),
    ("lou", "楼主管", "floor_supervisor"),
    ("bao", "包阿姨", "cleaner,floor_attendant"),
    ("jing", "经理", "department_manager,sales_lead,ops_director"),
    ("cai", "采购", "purchasing"),
    ("ji", "季技工", "technician"),
    ("fee", "费小芳", "fee_collector,finance"),
)


def warned(written: Written) -> list[tuple[str, str]]:
    return [
        (issue.rule, ZH.issue(issue)[0])
        for issue in written.warnings
        if "." in issue.rule and issue.rule.split(".")[0] in FORMS
    ]


FORMS = tuple(file.stem for file in (TEMPLATES / "stores").glob("*.yaml"))


def enable(desk: Desk, pack: str) -> None:
    """Put the forms of a pack into the book."""
    files = [
        Change(f"templates/{pack}/{file.name}", file.read_bytes()) for file in sorted((TEMPLATES / pack).glob("*.yaml"))
    ]
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    publish(desk.session(START).repository, [Commit(files, f"book: {pack}", *people, moment(START))])


@pytest.fixture(scope="module")
def book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with the stores: people of the stores, detergent, gloves and a machine."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("stores") / "book")
    enable(desk, "stores")
    for staff, name, roles in PEOPLE:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", "post=保洁", by="boss", now=START)
    add = lambda *words: desk.add("stock_item", *words, by="ku", now=START)  # noqa: E731
    add(
        "id=soap",
        "code=Q01",
        "name=洗衣液",
        "unit=瓶",
        "place=A-1",
        "opening_qty=20",
        "price=12.50",
        "min_level=5",
        "proposed_level=40",
    )
    add("id=glove", "code=Q02", "name=手套", "unit=双", "opening_qty=10", "price=3.00")
    add("id=soap-t", "code=Q01", "name=洗衣液", "unit=瓶", "store=tower")
    add(
        "id=washer",
        "code=M01",
        "name=洗地机",
        "unit=台",
        "class=fixed_asset",
        "opening_qty=1",
        "maintain_every_days=30",
    )
    return desk


@pytest.fixture
def desk(book: Desk, tmp_path: Path) -> Desk:
    return book.copy(tmp_path / "book")


@pytest.fixture
def bar(desk: Desk) -> Desk:
    """The same book with the sales centre's forms, and tea at the bar."""
    enable(desk, "sales")
    desk.add("staff", "id=shui", "name=水吧员", "roles=bar_receptionist", by="boss", now=START)
    desk.add("area", "id=bar", "name=水吧台", "kind=bar", by="zhao", now=START)
    words = (
        "id=tea",
        "name=茶叶",
        "unit=包",
        "class=drink",
        "store=bar",
        "place=吧台",
        "opening_qty=10",
        "min_level=5",
    )
    desk.add("stock_item", *words, by="zhao", now=START)
    return desk


def state(desk: Desk, record: str, now: str) -> State:
    return desk.load(record, now).state


def derived(desk: Desk, record: str, now: str) -> dict[str, Any]:
    loaded = desk.load(record, now)
    return derived_values(desk.session(now), loaded.state.form, loaded.state)


def on_hand(desk: Desk, item: str, now: str) -> str:
    return format(Decimal(derived(desk, f"stock_item/{item}", now)["on_hand"]).normalize(), "f")


def cells(desk: Desk, record: str, field: str, column: str, now: str) -> list[Any]:
    """A column of a list, computed ones included."""
    session = desk.session(now)
    world = World(session)
    from logbook.core.rules.world import rows_of

    view = View(desk.load(record, now).state, world)
    return [row.get(column) for row in rows_of(view, field, world)]


def move(desk: Desk, kind: str, *words: str, now: str, qty: Any = 1, item: str = "soap", post: bool = True) -> str:
    usual = [f"kind={kind}", f"lines=[{{item: {item}, qty: {qty}}}]", "party=客服部"]
    names = {word.partition("=")[0] for word in words}
    usual = [word for word in usual if word.partition("=")[0] not in names]
    made = desk.add("stock_move", *usual, *words, by="ku", now=now).record.id
    if kind == "in_purchase":
        desk.step(made, "verify", "verified=pass", by="ku", now=now)
    if post:
        desk.step(made, "post", by="ku", now=now)
    return made


DAY1, DAY2, DAY3, DAY4 = (f"2026-11-{day} 10:00" for day in (21, 22, 23, 24))


def test_on_hand_follows_every_movement(desk: Desk) -> None:
    made = move(desk, "in_purchase", qty=50, now=DAY1)
    assert on_hand(desk, "soap", DAY1) == "70"
    out = move(desk, "out_use", qty=55, now=DAY2)
    assert on_hand(desk, "soap", DAY2) == "15"
    assert cells(desk, made, "lines", "balance", DAY2) == [70]
    assert cells(desk, out, "lines", "balance", DAY2) == [15]
    move(desk, "transfer", "to_store=tower", qty=5, now=DAY3)
    assert (on_hand(desk, "soap", DAY3), on_hand(desk, "soap-t", DAY3)) == ("10", "5")
    assert derived(desk, made, DAY3)["amount"] == "625.00"


# -- movements --------------------------------------------------------------------------------


def test_a_reversal_counts_the_other_way_and_then_closes_the_movement(desk: Desk) -> None:
    made = move(desk, "in_purchase", qty=50, now=DAY1)
    alone = lambda: desk.step(made, "reverse", by="wang", now=DAY2, reason="数量写错")  # noqa: E731
    assert said(alone) == [("stock_move.reverse_mirror", "先填一张冲销单并入账")]
    mirror = desk.add(
        "stock_move",
        "kind=in_purchase",
        f"reverses={made}",
        "lines=[{item: soap, qty: 49}]",
        "party=供应商",
        by="ku",
        now=DAY2,
    ).record.id
    wrong = said(lambda: desk.step(mirror, "post", by="ku", now=DAY2))
    assert wrong == [
        ("stock_move.mirror_lines", "冲销单的明细要与原单相同"),
        ("stock_move.mirror_all", "冲销单的总数要与原单相同"),
    ]
    desk.amend(mirror, "lines.1.qty=50", by="ku", now=DAY2)
    desk.step(mirror, "post", by="ku", now=DAY2)
    assert on_hand(desk, "soap", DAY2) == "20"
    desk.step(made, "reverse", by="wang", now=DAY3, reason="数量写错")
    assert state(desk, made, DAY3).status == "reversed"
    assert (on_hand(desk, "soap", DAY3), cells(desk, made, "lines", "balance", DAY3)) == ("20", [70])


def test_a_transfer_taken_back_leaves_both_stores_as_they_were(desk: Desk) -> None:
    made = move(desk, "transfer", "to_store=tower", qty=5, now=DAY1)
    move(desk, "transfer", "to_store=tower", f"reverses={made}", qty=5, now=DAY2)
    assert (on_hand(desk, "soap", DAY2), on_hand(desk, "soap-t", DAY2)) == ("20", "0")
    again = said(lambda: move(desk, "transfer", "to_store=tower", f"reverses={made}", qty=5, now=DAY3))
    assert ("stock_move.mirror_once", "这张单已有冲销单") in again


@pytest.mark.parametrize(
    ("kind", "words", "item", "qty", "check", "sentence"),
    [
        ("out_use", [], "soap", 21, "never_negative", "库存不够"),
        ("out_use", [], "soap", 0, "qty_positive", "数量要大于零，方向由类别决定"),
        ("out_use", ["store=tower"], "soap", 1, "own_store", "物品不在这个库"),
        ("out_use", ["to_store=bar"], "soap", 1, "transfer_both", "调拨要写明另一个调入库；其他类别不填调入库"),
        ("transfer", [], "soap", 1, "transfer_both", "调拨要写明另一个调入库；其他类别不填调入库"),
        ("transfer", ["to_store=main"], "soap", 1, "transfer_both", "调拨要写明另一个调入库；其他类别不填调入库"),
        ("transfer", ["to_store=tower"], "glove", 1, "transfer_item", "调入库的台账里没有这个编号"),
        ("in_surplus", [], "soap", 1, "surplus_from_count", "盘盈、盘亏要写明盘点表"),
        ("out_loss", [], "soap", 1, "surplus_from_count", "盘盈、盘亏要写明盘点表"),
    ],
)
def test_a_movement_that_cannot_be(
    desk: Desk, kind: str, words: list[str], item: str, qty: int, check: str, sentence: str
) -> None:
    assert (f"stock_move.{check}", sentence) in said(lambda: move(desk, kind, *words, item=item, qty=qty, now=DAY1))


def test_goods_are_verified_before_they_are_posted(desk: Desk) -> None:
    made = desk.add(
        "stock_move", "kind=in_purchase", "lines=[{item: soap, qty: 5}]", "party=供应商", by="ku", now=DAY1
    ).record.id
    assert said(lambda: desk.step(made, "post", by="ku", now=DAY1)) == [
        ("stock_move.receipt_verified", "采购入库要先验证合格")
    ]
    desk.step(made, "verify", "verified=concession", by="ku", now=DAY1)
    why = [("stock_move.concession_why", "让步接收要写明原因")]
    assert said(lambda: desk.step(made, "post", by="ku", now=DAY1)) == why
    desk.step(made, "post", "verify_note=外箱破损，内瓶完好", by="ku", now=DAY1)
    assert state(desk, made, DAY1).status == "posted"


def test_a_retired_item_does_not_move_and_stock_is_not_retired(desk: Desk) -> None:
    assert said(lambda: desk.step("glove", "retire", by="ku", now=DAY1)) == [
        ("stock_item.retire_empty", "还有库存，不能停用")
    ]
    move(desk, "out_scrap", item="glove", qty=10, now=DAY1)
    desk.step("glove", "retire", by="ku", now=DAY2)
    assert said(lambda: move(desk, "in_return", item="glove", now=DAY3)) == [("stock_move.item_active", "物品已停用")]


def test_a_late_entry_never_puts_a_later_movement_below_nothing(desk: Desk) -> None:
    move(desk, "out_use", qty=18, now=DAY2)
    move(desk, "in_purchase", qty=30, now=DAY3)
    late = said(lambda: move(desk, "out_use", qty=5, now=DAY1))
    assert late == [("stock_move.never_negative_later", "补录后，后面某次出库时库存会变成负数")]
    move(desk, "out_use", qty=2, now=DAY1)
    move(desk, "out_use", qty=30, now=DAY4)
    today = said(lambda: move(desk, "out_use", qty=1, now=DAY3))
    assert ("stock_move.never_negative_now", "这样现存会变成负数") in today


@pytest.mark.parametrize(
    ("words", "check"),
    [
        (["lines.1.qty=2"], "posted_frozen"),
        (["kind=out_scrap"], "posted_frozen_kind"),
        (["store=tower"], "posted_frozen_store"),
        (["to_store=tower"], "posted_frozen_to"),
    ],
)
def test_a_posted_movement_is_not_changed(desk: Desk, words: list[str], check: str) -> None:
    made = move(desk, "out_use", now=DAY1)
    move(desk, "out_use", f"reverses={made}", now=DAY1)
    refusal = said(lambda: desk.step(made, "reverse", *words, by="wang", now=DAY2, reason="写错"))
    assert (f"stock_move.{check}", "已入账的单不能改，请冲销后另填") in refusal


def test_an_amendment_cannot_take_the_stock_below_nothing(desk: Desk) -> None:
    made = move(desk, "out_use", now=DAY1)
    refusal = said(lambda: desk.amend(made, "lines.1.qty=21", by="ku", now=DAY2))
    assert ("stock_move.never_negative_now", "这样现存会变成负数") in refusal
    assert ("stock_move.posted_frozen", "已入账的单不能改，请冲销后另填") in refusal


def test_a_reversal_is_like_the_movement_it_reverses(desk: Desk) -> None:
    made, other = move(desk, "out_use", now=DAY1), move(desk, "out_use", now=DAY1)
    move(desk, "out_use", f"reverses={made}", now=DAY1)
    refusal = said(lambda: desk.step(made, "reverse", f"reverses={other}", by="wang", now=DAY2, reason="写错"))
    assert ("stock_move.posted_frozen_mirror", "已入账的单不能改，请冲销后另填") in refusal
    unlike = said(lambda: move(desk, "out_scrap", f"reverses={made}", now=DAY2))
    assert ("stock_move.mirror_like", "冲销单要与原单同类、同库，原单须已入账") in unlike


# -- items ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["code=Q01"], "code_unique", "这个库里已有这个编号"),
        (["opening_qty=-1"], "levels", "数量和单价不能是负数"),
        (["opening_qty=-1"], "never_negative", "现存不能是负数，请核对出入库单"),
    ],
)
def test_an_item_that_cannot_be(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    made = lambda: desk.add("stock_item", "id=x", "name=新", "unit=个", *words, by="ku", now=DAY1)  # noqa: E731
    assert (f"stock_item.{check}", sentence) in said(made)


def test_an_item_is_told_to_be_low_until_it_is_planned(desk: Desk) -> None:
    move(desk, "out_use", qty=16, now=DAY1)
    assert derived(desk, "stock_item/soap", DAY1)["low"] == "true"
    told = [("stock_item.low", "低于最低库存，请列入采购计划")]
    assert warned(desk.step("soap", "change", "place=A-2", by="ku", now=DAY2)) == told
    plan = desk.add("purchase_plan", "department=客服部", "month=2026-12", by="zhao", now=DAY2)
    assert cells(desk, plan.record.id, "lines", "item", DAY2) == ["soap"]
    assert cells(desk, plan.record.id, "lines", "on_hand", DAY2) == [4]
    assert warned(desk.step("soap", "change", "place=A-3", by="ku", now=DAY3)) == []


def test_drinks_belong_to_the_bar(desk: Desk) -> None:
    made = desk.add("stock_item", "id=cola", "name=可乐", "unit=罐", "class=drink", by="ku", now=DAY1)
    assert warned(made) == [("stock_item.stock_class", "库房物品分原材料、低值易耗品、固定资产、费用类资产四类")]
    assert not warned(
        desk.add("stock_item", "id=cola-b", "name=可乐", "unit=罐", "class=drink", "store=bar", by="ku", now=DAY1)
    )


def used_at_bar(bar: Desk, used: int, now: str) -> None:
    line = f"{{item: tea, opening: 10, used: {used}, disposed: 1, counted: {10 - used - 1}}}"
    bar.add("bar_consumption", "area=bar", f"lines=[{line}]", by="shui", now=now)


def test_what_the_bar_uses_leaves_its_stock(bar: Desk) -> None:
    used_at_bar(bar, 6, DAY1)
    assert on_hand(bar, "tea", DAY1) == "3"
    told = warned(bar.step("tea", "change", "price=20", by="zhao", now=DAY2))
    assert ("stock_item.low_bar", "吧台库存不足，请报告主管") in told


def test_a_difference_at_the_bar_has_its_own_record(bar: Desk) -> None:
    used_at_bar(bar, 2, DAY1)
    made = bar.add("stocktake", "store=bar", by="shui", now=DAY2).record.id
    bar.step(made, "count", "lines.1.counted=6", by="shui", now=DAY2)
    bar.step(made, "explain", "explained=打翻一包", "lines.1.reason=打翻", by="zhao", now=DAY2)
    move(bar, "out_loss", "store=bar", f"stocktake={made}", item="tea", now=DAY3)
    approve = lambda: bar.step(made, "approve", by="zhao", now=DAY4)  # noqa: E731
    assert said(approve) == [("stocktake.bar_diff", "吧台有差异要填差异登记")]
    bar.add("discrepancy", "item=tea", "book=7", "actual=6", by="shui", now=DAY2)
    approve()
    assert on_hand(bar, "tea", DAY4) == "6"


# -- requisitions -----------------------------------------------------------------------------


def requisition(desk: Desk, lines: str = "[{item: soap, want: 5}]", now: str = DAY1) -> str:
    return desk.add("requisition", f"lines={lines}", by="bao", now=now).record.id


def test_a_requisition_is_issued_by_its_movement(desk: Desk) -> None:
    made = requisition(desk)
    assert state(desk, made, DAY1).fields["post"] == "保洁"
    desk.step(made, "approve", "lines.1.approved=4", by="lou", now=DAY2)
    issue = lambda: desk.step(made, "issue", by="ku", now=DAY3)  # noqa: E731
    assert said(issue) == [("requisition.move_exists", "出库单还没入账，或缺这一项")]
    out = desk.add(
        "stock_move", "kind=out_issue", f"requisition={made}", "lines=[{item: soap, qty: 4}]", by="ku", now=DAY3
    )
    assert not warned(desk.step(out.record.id, "post", by="ku", now=DAY3))
    assert state(desk, out.record.id, DAY3).fields["party"] == "保洁"
    issue()
    assert cells(desk, made, "lines", "issued", DAY3) == [4]
    assert on_hand(desk, "soap", DAY3) == "16"


def test_more_than_approved_is_told_and_the_requisition_stays_open(desk: Desk) -> None:
    made = requisition(desk)
    early = desk.add("stock_move", "kind=out_issue", "party=保洁", "lines=[{item: soap, qty: 1}]", by="ku", now=DAY1)
    posted = desk.step(early.record.id, "post", by="ku", now=DAY1)
    assert warned(posted) == [("stock_move.issue_has_slip", "领用出库要有批准的领用单")]
    desk.step(made, "approve", by="lou", now=DAY2)
    out = desk.add(
        "stock_move", "kind=out_issue", f"requisition={made}", "lines=[{item: soap, qty: 6}]", by="ku", now=DAY3
    )
    posted = desk.step(out.record.id, "post", by="ku", now=DAY3)
    assert warned(posted) == [("stock_move.issue_within", "发出的多于批准的数量")]
    assert said(lambda: desk.step(made, "issue", by="ku", now=DAY3)) == [
        ("requisition.chain_issued", "实发数量不能多于批准数量")
    ]


@pytest.mark.parametrize(
    ("lines", "check", "sentence"),
    [
        ("[{item: soap, want: 0}]", "want_positive", "申领数量要大于零"),
        ("[{item: soap, want: 1}, {item: soap, want: 2}]", "item_once", "同一物品只写一行"),
    ],
)
def test_a_requisition_that_cannot_be(desk: Desk, lines: str, check: str, sentence: str) -> None:
    assert said(lambda: requisition(desk, lines)) == [(f"requisition.{check}", sentence)]


@pytest.mark.parametrize(
    ("want", "approved", "check", "sentence"),
    [(5, 6, "chain", "批准数量不能多于申领数量"), (21, 21, "stock_enough", "库存不够，请减少批准数量")],
)
def test_what_cannot_be_approved(desk: Desk, want: int, approved: int, check: str, sentence: str) -> None:
    made = requisition(desk, f"[{{item: soap, want: {want}}}]")
    step = lambda: desk.step(made, "approve", f"lines.1.approved={approved}", by="lou", now=DAY2)  # noqa: E731
    assert said(step) == [(f"requisition.{check}", sentence)]


def test_approving_ones_own_requisition_is_told(desk: Desk) -> None:
    made = desk.add("requisition", "requester=lou", "lines=[{item: soap, want: 1}]", by="bao", now=DAY1).record.id
    assert warned(desk.step(made, "approve", by="lou", now=DAY2)) == [
        ("requisition.not_own", "领用人批准了自己的领用单")
    ]


# -- stocktakes -------------------------------------------------------------------------------


def test_a_count_finds_the_book_explains_and_adjusts_it(desk: Desk) -> None:
    move(desk, "out_use", qty=2, now=DAY1)
    made = desk.add("stocktake", "store=main", by="ku", now=DAY2).record.id
    assert cells(desk, made, "lines", "item", DAY2) == ["washer", "soap", "glove"]
    count = lambda *words: desk.step(made, "count", *words, by="ku", now=DAY2)  # noqa: E731
    assert said(count) == [("stocktake.counted_all", "还有没写实盘数的物品")]
    count("lines.1.counted=1", "lines.2.counted=17", "lines.3.counted=11")
    assert cells(desk, made, "lines", "diff", DAY2) == [0, -1, 1]
    approve = lambda by="zhao", now=DAY4: desk.step(made, "approve", by=by, now=now)  # noqa: E731
    refusal = [
        ("stocktake.diff_explained", "有差异的要写明原因"),
        ("stocktake.adjust", "盘盈还没按差异数入账"),
        ("stocktake.adjust_loss", "盘亏还没按差异数出账"),
    ]
    assert said(approve) == refusal
    desk.step(
        made,
        "explain",
        "explained=一瓶破损，一双上次漏记",
        "lines.2.reason=破损",
        "lines.3.reason=漏记",
        by="ku",
        now=DAY2,
    )
    move(desk, "out_loss", f"stocktake={made}", qty=1, now=DAY3)
    move(desk, "in_surplus", f"stocktake={made}", qty=1, item="glove", now=DAY3)
    approve()
    assert (on_hand(desk, "soap", DAY4), on_hand(desk, "glove", DAY4)) == ("17", "11")
    assert derived(desk, made, DAY4)["diff_amount"] == "-9.50"
    # the book as of the count, whatever moved since
    assert cells(desk, made, "lines", "book", DAY4) == [1, 18, 10]
    late = said(lambda: move(desk, "out_use", now=DAY1))
    assert late == [("stock_move.count_closed", "这个时间之后已盘点调账，不能再补录到盘点之前")]


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["lines=[{item: soap-t, counted: 1}]"], "own_store", "物品不在这个库"),
        (["lines=[{item: soap, counted: -1}]"], "counted_positive", "实盘数不能是负数"),
        (["lines=[{item: soap}, {item: soap}]"], "item_once", "同一物品只写一行"),
    ],
)
def test_a_count_that_cannot_be(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    made = lambda: desk.add("stocktake", "store=main", *words, by="ku", now=DAY1)  # noqa: E731
    assert said(made) == [(f"stocktake.{check}", sentence)]


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["scope=full"], "full_covers_all", "全盘还缺物品"),
        (["scope=partial", "cutoff=2026-11-23 10:00"], "cutoff_past", "账面截止时间不能晚于盘点"),
    ],
)
def test_a_count_that_cannot_be_finished(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    made = desk.add("stocktake", "store=main", "lines=[{item: soap, counted: 20}]", *words, by="ku", now=DAY1).record.id
    assert said(lambda: desk.step(made, "count", by="ku", now=DAY2)) == [(f"stocktake.{check}", sentence)]


def test_whoever_counted_does_not_approve(desk: Desk) -> None:
    made = desk.add(
        "stocktake", "store=main", "scope=partial", "lines=[{item: soap, counted: 20}]", by="zhao", now=DAY1
    ).record.id
    desk.step(made, "count", by="zhao", now=DAY1)
    assert said(lambda: desk.step(made, "approve", by="zhao", now=DAY2)) == [
        ("stocktake.not_own", "盘点人不能批准自己的盘点")
    ]


# -- consumption ------------------------------------------------------------------------------


def test_a_month_balances_and_the_next_begins_where_it_ended(desk: Desk) -> None:
    """20 there, 50 drawn, 55 used: 15 left (the worked example of the limits)."""
    move(desk, "in_purchase", qty=50, now=DAY1)
    move(desk, "out_use", qty=55, now=DAY2)
    end, next_end = "2026-11-30 17:00", "2026-12-31 17:00"
    made = desk.add("consumption", "month=2026-11", "planned=600", by="ku", now=end).record.id
    row = lambda column: cells(desk, made, "lines", column, end)[1]  # noqa: E731
    assert [row(name) for name in ("opening", "drawn", "used", "closing")] == [20, 50, 55, 15]
    totals = derived(desk, made, end)
    assert (totals["total"], totals["variance"]) == ("687.50", "87.50")
    told = desk.step(made, "submit", by="ku", now=end)
    assert warned(told) == [("consumption.overrun", "超出计划，请写明原因")]
    desk.step(made, "approve", by="wang", now=end)
    move(desk, "out_use", qty=3, now="2026-12-05 10:00")
    after = desk.add("consumption", "month=2026-12", by="ku", now=next_end).record.id
    assert [cells(desk, after, "lines", name, next_end)[1] for name in ("opening", "used", "closing")] == [15, 3, 12]
    late = said(lambda: move(desk, "out_use", now="2026-11-29 10:00"))
    assert late == [("stock_move.month_closed", "这个月的消耗统计已审阅，不能再入账")]


def test_the_first_table_is_of_the_first_month_with_movements(desk: Desk) -> None:
    move(desk, "out_use", now=DAY1)
    made = desk.add("consumption", "month=2026-12", by="ku", now="2026-12-31 17:00").record.id
    told = desk.step(made, "submit", by="ku", now="2026-12-31 17:00")
    assert warned(told) == [("consumption.chain_first", "第一张统计表要从最早有出入库的月份做起")]


def test_a_month_left_out_breaks_the_chain(desk: Desk) -> None:
    desk.add("consumption", "month=2026-11", by="ku", now="2026-11-30 17:00")
    again = said(lambda: desk.add("consumption", "month=2026-11", by="ku", now="2026-12-01 09:00"))
    assert again == [("consumption.one_per_month", "这个库这个月已有统计表")]
    made = desk.add("consumption", "month=2027-01", by="ku", now="2027-01-31 17:00").record.id
    step = lambda: desk.step(made, "submit", by="ku", now="2027-01-31 17:00")  # noqa: E731
    assert said(step) == [("consumption.chain", "缺上个月的统计表，请先补上")]


@pytest.mark.parametrize(
    ("lines", "check", "sentence"),
    [
        ("[{item: soap-t}]", "own_store", "物品不在这个库"),
        ("[{item: soap}, {item: soap}]", "item_once", "同一物品只写一行"),
    ],
)
def test_a_table_that_cannot_be(desk: Desk, lines: str, check: str, sentence: str) -> None:
    made = lambda: desk.add("consumption", "month=2026-11", f"lines={lines}", by="ku", now=DAY1)  # noqa: E731
    assert said(made) == [(f"consumption.{check}", sentence)]


# -- purchasing -------------------------------------------------------------------------------


def plan(desk: Desk, *words: str, now: str = DAY1) -> str:
    usual = {"department": "客服部", "month": "2026-12", "lines": "[{item: soap, qty: 40}]"}
    usual |= dict(word.split("=", 1) for word in words)
    return desk.add(
        "purchase_plan", *(f"{name}={value}" for name, value in usual.items()), by="zhao", now=now
    ).record.id


def test_a_plan_is_bought_and_received(desk: Desk) -> None:
    yearly = plan(desk, "period=year", "month=2026", "lines=[{name: 清洁用品, qty: 1, price: 400}]")
    made = plan(desk, f"yearly={yearly}")
    assert derived(desk, made, DAY1)["amount"] == "500.00"
    told = desk.step(made, "submit", by="zhao", now=DAY1)
    assert warned(told) == [("purchase_plan.within_year", "各月计划合计超过年度采购计划")]
    desk.step(made, "return", by="wang", now=DAY1, reason="超出年度计划")
    desk.step(made, "submit", "lines.1.qty=32", by="zhao", now=DAY2)
    desk.step(made, "approve", by="wang", now=DAY3)
    ask = desk.add(
        "purchase_request",
        f"plan={made}",
        "reason=月度采购",
        "lines=[{item: soap, spec: 5升, qty: 32}]",
        by="zhao",
        now=DAY3,
    ).record.id
    desk.step(ask, "submit", by="zhao", now=DAY3)
    desk.step(ask, "approve", by="jing", now=DAY3)
    desk.step(ask, "order", "supplier=洁净商行", by="cai", now=DAY3)
    receipt = move(desk, "in_purchase", f"purchase={ask}", qty=33, now=DAY4, post=False)
    early = said(lambda: desk.step(ask, "receive", f"receipt={receipt}", by="ku", now=DAY4))
    assert early == [("purchase_request.receipt_of_this", "入库单要已入账，并写明这张申请")]
    desk.step(receipt, "post", by="ku", now=DAY4)
    told = desk.step(ask, "receive", f"receipt={receipt}", "lines.1.bought_spec=4升", by="ku", now=DAY4)
    assert warned(told) == [
        ("purchase_request.spec_kept", "实购规格与要求不同，请写明原因；成本可降，规格不降"),
        ("purchase_request.qty_received", "收货数量多于申请数量"),
    ]
    desk.step(made, "order", by="cai", now=DAY4)
    desk.step(made, "receive", by="ku", now=DAY4)
    assert (state(desk, ask, DAY4).status, state(desk, made, DAY4).status) == ("received", "received")


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        ([], "one_per_month", "这个部门这个周期已有采购计划"),
        (["month=2027-01", "lines=[{item: soap, qty: 0}]"], "qty_positive", "采购数量要大于零"),
    ],
)
def test_a_plan_that_cannot_be(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    plan(desk)
    assert said(lambda: plan(desk, *words)) == [(f"purchase_plan.{check}", sentence)]


def test_a_plan_handed_in(desk: Desk) -> None:
    month = plan(desk, "month=2026-11", "lines=[{name: 拖把}]")
    not_yearly = said(lambda: plan(desk, f"yearly={month}"))
    assert not_yearly == [("purchase_plan.yearly_is_year", "年度采购计划要选周期为年的计划")]
    assert said(lambda: desk.step(month, "submit", by="zhao", now=DAY1)) == [
        ("purchase_plan.lines_named", "每项要有品名和采购数量")
    ]
    move(desk, "out_use", qty=16, now=DAY1)
    told = desk.step(month, "submit", "lines.1.qty=2", by="zhao", now=DAY2)
    assert warned(told) == [
        ("purchase_plan.low_items_listed", "有低于最低库存的物品没有列入"),
        ("purchase_plan.late", "月计划应在上个月提交"),
    ]


def test_nobody_approves_a_request_of_their_own(desk: Desk) -> None:

    def add(qty: int) -> Written:
        lines = f"lines=[{{name: 扫帚, spec: 大号, qty: {qty}}}]"
        return desk.add("purchase_request", "requester=wang", lines, by="lina", now=DAY1)

    assert said(lambda: add(0)) == [("purchase_request.qty_positive", "数量要大于零")]
    made = add(2).record.id
    desk.step(made, "submit", by="lina", now=DAY1)
    assert said(lambda: desk.step(made, "approve", by="wang", now=DAY2)) == [
        ("purchase_request.buyer_not_approver", "申请人不能自己审批")
    ]


# -- tools ------------------------------------------------------------------------------------


def tools(desk: Desk, *words: str, now: str = DAY1) -> Written:
    usual = {"staff": "bao", "lines": "[{name: 铲刀, qty: 2}, {name: 水桶}]", "due": "2026-11-30"}
    usual |= dict(word.split("=", 1) for word in words)
    return desk.add("tool_issue", *(f"{name}={value}" for name, value in usual.items() if value), by="lina", now=now)


def test_tools_come_back_in_parts(desk: Desk) -> None:
    made = tools(desk).record.id
    desk.step(made, "return_part", "lines.1.back=1", "lines.1.back_condition=worn", by="lina", now=DAY2)
    assert derived(desk, made, DAY2)["missing"] == "2"
    assert said(lambda: desk.step(made, "return_all", by="lina", now=DAY3)) == [("tool_issue.all_back", "还没全部归还")]
    assert said(lambda: desk.step(made, "settle", by="zhao", now=DAY3)) == [
        ("tool_issue.settled", "没归还的每项都要写明赔偿")
    ]
    assert desk.overdue("is:overdue", now="2026-12-02 09:00") == [(made, "return", 33 * 3600)]
    told = desk.step(
        made, "return_all", "lines.1.back=2", "lines.2.back=1", "lines.2.back_condition=damaged", by="lina", now=DAY4
    )
    assert warned(told) == [("tool_issue.damaged_paid", "损坏或遗失的请写明赔偿")]
    assert state(desk, made, DAY4).status == "returned"


def test_what_is_lost_is_paid_for(desk: Desk) -> None:
    made = tools(desk).record.id
    desk.step(made, "settle", "lines.1.back=2", "lines.2.compensation=15", by="zhao", now=DAY2)
    assert state(desk, made, DAY2).status == "settled"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["staff="], "holder", "写明领用员工"),
        (["holder_kind=contractor"], "holder_firm", "写明领用单位"),
        (["lines=[{name: 铲刀, qty: 0}]"], "qty_positive", "数量至少是一"),
        (["lines=[{name: 铲刀, qty: 1, back: 2}]"], "back_le_qty", "归还的不能多于领用的"),
        (["due=2026-11-20"], "due_after", "应归还日期不能早于领用"),
    ],
)
def test_tools_that_cannot_go_out(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: tools(desk, *words)) == [(f"tool_issue.{check}", sentence)]


def test_tools_of_somebody_who_has_left_are_told(desk: Desk) -> None:
    made = tools(desk).record.id
    desk.step("bao", "leave", "left_on=2026-11-22", by="hu", now=DAY2)
    told = desk.step(made, "return_part", "lines.1.back=1", by="lina", now=DAY3)
    assert ("tool_issue.leaver", "员工已离职，工具还没交回") in warned(told)


# -- equipment --------------------------------------------------------------------------------


def log(desk: Desk, *words: str, now: str = DAY1, by: str = "bao") -> Written:
    usual = dict(word.split("=", 1) for word in words)
    if usual.get("kind") != "round":
        usual = {"asset": "washer"} | usual
    return desk.add("equipment_log", *(f"{name}={value}" for name, value in usual.items() if value), by=by, now=now)


def test_a_machine_out_of_order_is_not_used_until_it_is_repaired(desk: Desk) -> None:
    made = log(desk, "after_use=fault").record.id
    close = lambda now: desk.step(made, "close", by="lou", now=now)  # noqa: E731
    assert said(lambda: close(DAY1)) == [("equipment_log.fault_needs_repair", "使用后异常，要写明故障并报修")]
    desk.step(made, "fault", "fault=不吸水", by="bao", now=DAY1)
    assert said(lambda: log(desk, now=DAY2)) == [("equipment_log.no_use_when_faulty", "设备故障停用，修复后才能使用")]
    order = desk.add("repair", "content=洗地机不吸水", "area=hall", now=DAY2).record.id
    repaired = lambda: desk.step(made, "repaired", f"repair={order}", by="ji", now=DAY3)  # noqa: E731
    assert said(repaired) == [("equipment_log.repair_done", "维修单还没完工")]
    desk.step(order, "finish", f"arrived_at={DAY3}", "work=换吸水条", by="sun", now=DAY3)
    repaired()
    close(DAY4)
    assert log(desk, now=DAY4)


def test_a_service_tells_when_the_next_is_due(desk: Desk) -> None:
    assert said(lambda: log(desk, "kind=service")) == [("equipment_log.service_written", "写明保养内容")]
    log(desk, "kind=service", "service=清洗滤网", by="ji")
    assert derived(desk, "stock_item/washer", DAY2)["service_due"] == "2026-12-21"
    told = desk.step("washer", "change", "place=B-1", by="ku", now="2026-12-22 09:00")
    assert warned(told) == [("stock_item.service_late", "保养已到期")]


ROUND = ["kind=round", "place=garage", "readings=[{point: 一号柜电压, value: 380, unit: V}]"]


def test_a_round_of_the_distribution_room(desk: Desk) -> None:
    made = log(desk, *ROUND, by="ji").record.id
    assert said(lambda: log(desk, *ROUND, by="ji")) == [("equipment_log.slot_unique", "这个地点当天这个时段已巡视")]
    for slot in ("am", "pm", "evening"):
        log(desk, *ROUND, f"slot={slot}", by="ji")
    desk.step(made, "close", by="zhao", now=DAY2)
    assert state(desk, made, DAY2).status == "closed"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["kind=round", "place=garage"], "subject", "强电间巡视要写明地点和监测数据"),
        (["asset="], "subject_machine", "写明是哪台设备"),
        (["asset=soap"], "asset_class", "只记固定资产类的设备"),
        (["start=10:00", "end=09:00"], "time", "结束要晚于开始"),
    ],
)
def test_a_log_that_cannot_be(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: log(desk, *words)) == [(f"equipment_log.{check}", sentence)]


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (
            [*ROUND[:2], "readings=[{point: 温度, value: 70, normal: false}]"],
            "abnormal_told",
            "监测数据异常，要写明情况",
        ),
        (["items.cleaning_machine_05=fail"], "failed_item", "检查不合格的要写明情况"),
    ],
)
def test_a_log_that_cannot_be_closed(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    made = log(desk, *words, by="ji").record.id
    assert said(lambda: desk.step(made, "close", by="lou", now=DAY2)) == [(f"equipment_log.{check}", sentence)]


# -- apportionment ----------------------------------------------------------------------------


def share(desk: Desk, *words: str) -> Written:
    usual = {
        "subject": "water", "from_date": "2026-10-01", "to_date": "2026-10-31", "total": "1000",
        "start_reading": "100", "end_reading": "300", "price": "5",
        "shares": "[{room: 3-502, weight: 80}, {room: 3-602, weight: 120}, {party: 物业办公室, weight: 200}]",
    }  # fmt: skip
    usual |= dict(word.split("=", 1) for word in words)
    return desk.add("meter_share", *(f"{name}={value}" for name, value in usual.items() if value), by="fee", now=DAY1)


def test_a_cost_is_shared_by_weight(desk: Desk) -> None:
    """1000.00 over 80, 120 and 200 square metres (the worked example of the limits)."""
    made = share(desk).record.id
    assert [str(amount) for amount in cells(desk, made, "shares", "amount", DAY1)] == ["200.00", "300.00", "500.00"]
    for step, by in (("check", "zhao"), ("bill", "fee"), ("settle", "ku")):
        desk.step(made, step, by=by, now=DAY2)
    assert state(desk, made, DAY2).status == "settled"


def test_the_rounding_is_taken_by_one_share(desk: Desk) -> None:
    thirds = "[{party: 甲, weight: 1}, {party: 乙, weight: 1}, {party: 丙, weight: 1}]"
    made = share(desk, "subject=meal", f"shares={thirds}", "total=100").record.id
    check = lambda *words: desk.step(made, "check", *words, by="zhao", now=DAY2)  # noqa: E731
    assert said(check) == [("meter_share.sum", "各户合计与总金额差尾数，请指定一户承担尾差")]
    two = said(lambda: check("shares.1.carries=true", "shares.3.carries=true"))
    assert ("meter_share.one_carries", "尾差只由一户承担") in two
    check("shares.3.carries=true")
    assert [str(amount) for amount in cells(desk, made, "shares", "amount", DAY2)] == ["33.33", "33.33", "33.34"]


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["shares=[{party: 甲, weight: 0}, {party: 乙, weight: 1}]"], "weight_positive", "权数要大于零"),
        (["shares=[{weight: 1}]"], "payee", "每份要写明房号或部门人员"),
        (["to_date=2026-09-30"], "order", "期间止不能早于期间起"),
        (["from_date=2026-10-31", "to_date=2026-11-20"], "no_overlap", "同一项目的期间重叠"),
    ],
)
def test_a_share_that_cannot_be(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    if check == "no_overlap":
        share(desk)
    assert (f"meter_share.{check}", sentence) in said(lambda: share(desk, *words))


def test_readings_that_do_not_make_the_total_are_told(desk: Desk) -> None:
    assert warned(share(desk, "total=900")) == [("meter_share.units_total", "总金额与用量乘单价不符")]
    told = warned(share(desk, "subject=power", "end_reading=90", "price="))
    assert ("meter_share.units", "止度小于起度") in told


def test_a_share_of_a_room_has_its_bill_where_the_estate_keeps_them(desk: Desk) -> None:
    made = share(desk).record.id
    enable(desk, "estate")
    desk.step(made, "check", by="zhao", now=DAY2)
    refusal = said(lambda: desk.step(made, "bill", by="fee", now=DAY2))
    assert refusal == [("meter_share.billed", "每户要有费用通知单")]
