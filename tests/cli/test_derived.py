"""What is computed is shown wherever the record is: its fields, and the columns of its lists."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.line import Line

CHECKLISTS = """\
checklists:
  tour:
    zh: 巡查
    en: Tour
    items:
      tour_01: {zh: 门锁, en: Door locks}
      tour_02: {zh: 照度, en: Light, limit: {op: '>=', n: 50, unit: {zh: 勒, en: lux}}}
      tour_03: {zh: 夜灯, en: Night lamp, profile: [night]}
"""

BILL = """\
form: water_bill
version: 1
prefix: WB
title: 水费单 / Water bill
subject: [payer]
fields:
  payer: {zh: 户名, en: Payer, type: text, required: true}
  kind: {zh: 类别, en: Kind, type: choice, choices: {day: 白班 / Day, night: 夜班 / Night}}
  lines:
    zh: 明细
    en: Lines
    type: list
    of:
      used: {zh: 用量, en: Used, type: decimal, unit: 吨 / t}
      price: {zh: 单价, en: Price, type: decimal, default: '3.55'}
      amount: {zh: 金额, en: Amount, type: money, derived: used * price}
      share: {zh: 占比, en: Share, type: decimal, derived: used / 3}
      item: {zh: 检查项, en: Item, type: item of tour}
  total: {zh: 合计, en: Total, type: money, derived: sum of amount over rows of lines}
  third: {zh: 三分之一, en: A third, type: decimal, derived: 100 / 3}
  due_on: {zh: 到期日, en: Due on, type: date, derived: at + 2 days}
  fault: {zh: 问题项, en: Fault, type: item of tour}
  tour: {zh: 巡查, en: Tour, type: checklist tour}
states: {open: 未付 / Open, paid: 已付 / Paid}
final: [paid]
steps:
  enter: {zh: 登记, en: Enter, to: open}
  note: {zh: 补记, en: Note, from: open}
  pay: {zh: 付款, en: Pay, from: open, to: paid}
signatures:
  payer: {zh: 户主, en: Payer signs, roles: [staff]}
  chief: {zh: 主管, en: Chief signs, roles: [staff], when: total >= 100}
list: [id, payer, total, due_on]
sheet: [[payer, kind], [total, due_on], lines, tour, signatures]
"""


def pack(book: Path) -> None:
    folder = book / "templates" / "site"
    folder.mkdir()
    (folder / "water_bill.yaml").write_text(BILL, encoding="utf-8")
    (folder / "checklists.yaml").write_text(CHECKLISTS, encoding="utf-8")


def made(cli: Line, book: Path, *words: str) -> str:
    pack(book)
    answer = cli.ok("add", "water_bill", "payer=王芳", *words, "--now", "2026-11-22 23:30", "--format", "json")
    return str(answer.json["id"])


def test_derived_columns_are_shown_listed_printed_and_exported(cli: Line, book: Path) -> None:
    bill = made(cli, book, "lines+={used: 10}", "lines+={used: '2.5', price: '4.1'}")
    fields = cli.ok("show", bill, "--format", "json").json["fields"]
    assert [row["amount"] for row in fields["lines"]] == ["35.50", "10.25"]
    assert [row["share"] for row in fields["lines"]] == ["3.333333", "0.833333"]
    assert (fields["total"], fields["third"], fields["due_on"]) == ("45.75", "33.333333", "2026-11-24")
    assert "金额 35.50" in cli.ok("show", bill).out
    assert "10.25" in cli.ok("render", bill, "--format", "md").out
    assert cli.ok("list", "water_bill", "--format", "csv").lines[1] == f"{bill},王芳,45.75,2026-11-24"
    listed = cli.ok("list", "water_bill", "--columns", "lines,total").out
    assert "35.50" in listed and "45.75" in listed
    exported = json.loads(cli.ok("export", "water_bill", "--format", "jsonl").out)
    assert (exported["fields"]["lines"][1]["amount"], exported["fields"]["total"]) == ("10.25", "45.75")
    assert "45.75" in cli.ok("export", "water_bill", "--format", "csv").out
    assert "amount" not in next((book / "records" / "water_bill").rglob("*.yaml")).read_text(encoding="utf-8")


def test_a_derived_column_is_not_typed_and_nothing_is_sorted_by_it(cli: Line, book: Path) -> None:
    bill = made(cli, book, "lines+={used: 10}")
    for word in ("lines+={used: 1, amount: 5}", "lines.1.amount=5"):
        answer = cli("step", bill, "note", word)
        assert answer.code == 1
        assert "金额" in answer.err and "由系统计算" in answer.err
    answer = cli("list", "water_bill", "--sort", "total")
    assert answer.code == 1
    assert "“total”是自动算出来的，不能按它排序" in answer.err


def test_what_was_exported_is_imported_without_what_is_computed(cli: Line, book: Path, tmp_path: Path) -> None:
    made(cli, book, "lines+={used: 10}")
    out = tmp_path / "bills.jsonl"
    one = json.loads(cli.ok("export", "water_bill", "--format", "jsonl").out)
    out.write_text(json.dumps(one["fields"], ensure_ascii=False) + "\n", encoding="utf-8")
    cli.ok("import", "water_bill", str(out), "--format", "json")
    texts = [path.read_text(encoding="utf-8") for path in (book / "records" / "water_bill").rglob("*.yaml")]
    assert len(texts) == 2
    assert not any("amount" in text or "total" in text for text in texts)


def test_whole_lists_of_a_step_get_the_defaults_of_their_columns(cli: Line, book: Path) -> None:
    bill = made(cli, book)
    cli.ok("step", bill, "note", "lines=[{used: 1}, {used: 2, price: 5}]")
    rows = cli.ok("show", bill, "--format", "json").json["fields"]["lines"]
    assert [row["price"] for row in rows] == ["3.55", "5"]


def test_a_line_of_a_checklist_by_id_label_or_number(cli: Line, book: Path) -> None:
    bill = made(cli, book, "fault=照度", "lines+={used: 1, item: 1}", "lines+={used: 1, item: Night lamp}")
    fields = cli.ok("show", bill, "--format", "json").json["fields"]
    assert fields["fault"] == "tour_02"
    assert [row["item"] for row in fields["lines"]] == ["tour_01", "tour_03"]
    assert "问题项    照度" in cli.ok("show", bill).out
    assert cli.ok("list", "water_bill", "fault:照度", "--format", "ids").lines == [bill]
    answer = cli("step", bill, "note", "fault=照明度")
    assert answer.code == 1
    assert "没有“照明度”这一项" in answer.err and "照度" in answer.err


def test_a_checklist_answered_as_a_whole_leaves_out_lines_for_other_rounds(cli: Line, book: Path) -> None:
    day = made(cli, book, "tour=pass", "tour.tour_01=fail")
    night = str(cli.ok("add", "water_bill", "payer=李四", "tour=pass", "kind=night", "--format", "json").json["id"])
    answers = [cli.ok("show", one, "--format", "json").json["fields"]["tour"] for one in (day, night)]
    assert answers == [
        {"tour_01": "fail", "tour_02": "pass", "tour_03": "na"},
        {"tour_01": "pass", "tour_02": "pass", "tour_03": "pass"},
    ]


def test_a_checklist_nobody_answered_prints_on_the_blank_sheet_only(cli: Line, book: Path) -> None:
    bill = made(cli, book)
    assert "夜灯" not in cli.ok("render", bill).out
    blank = cli.ok("render", "water_bill", "--blank").out
    assert "夜灯" in blank and "≥ 50 勒" in blank
    cli.ok("step", bill, "note", "tour.1=pass")
    assert "夜灯" in cli.ok("render", bill).out


def test_units_in_the_readers_language(cli: Line, book: Path) -> None:
    pack(book)
    assert "用量（吨）" in cli.ok("render", "water_bill", "--blank").out.replace("(", "（").replace(")", "）")
    english = cli.ok("render", "water_bill", "--blank", "--lang", "en").out
    assert "≥ 50 lux" in english and "吨" not in english


def test_a_place_to_sign_with_a_condition(cli: Line, book: Path) -> None:
    small = made(cli, book, "lines+={used: 10}")
    answer = cli("sign", small, "--as", "chief")
    assert answer.code == 1
    assert "这条记录不用签“主管”" in answer.err
    assert "主管" not in cli.ok("render", small).out
    big = str(cli.ok("add", "water_bill", "payer=李四", "lines+={used: 100}", "--format", "json").json["id"])
    assert "主管" in cli.ok("render", big).out
    cli.ok("sign", big, "--as", "chief")
    assert "主管" in cli.ok("render", "water_bill", "--blank").out


METERED = """\
form: meter
version: 1
prefix: MT
title: 抄表 / Meter
subject: [name]
fields:
  name: {zh: 名称, en: Name, type: text, required: true}
  used: {zh: 用量, en: Used, type: decimal}
states: {open: 未核 / Open, seen: 已核 / Seen}
final: [seen]
steps:
  enter: {zh: 登记, en: Enter, to: open}
  see: {zh: 核对, en: See, from: open, to: seen}
clocks:
  see: {zh: 核对, en: See, starts: at, stops: see, within: 1 hours, when: used > setting most}
"""


def test_the_condition_of_a_clock_may_name_a_setting(cli: Line, book: Path) -> None:
    folder = book / "templates" / "site"
    folder.mkdir()
    (folder / "meter.yaml").write_text(METERED, encoding="utf-8")
    (folder / "settings.yaml").write_text("settings:\n  most: 10\n", encoding="utf-8")
    for used in ("5", "20"):
        cli.ok("add", "meter", f"name=表{used}", f"used={used}", "--now", "2026-11-22 09:00")
    asked = ("overdue", "meter", "--now", "2026-11-22 12:00", "--format", "ids")
    assert cli.ok(*asked).lines == ["MT-20261122-A002"]
    with (book / "logbook.yaml").open("a", encoding="utf-8") as settings:
        settings.write("settings:\n  most: 2\n")
    assert cli.ok(*asked).lines == ["MT-20261122-A001", "MT-20261122-A002"]
